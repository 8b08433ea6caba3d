"""Conversations over JSON, as platform.yaml has them."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import colors, policies
from accounts.models import Project, User
from chat.api.base import WRITE, ConversationView
from chat.models import Conversation, Message
from chat.policies import OWNER
from chat.queries import conversations as reads
from chat.services import conversations, titles
from core.errors import DomainError
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives

DONE = {"success": "bool"}
STANDING = {"starred": "bool", "role": "string"}
PLAIN = {
    "id": "uuid",
    "title": "string",
    "project_id": "nullable uuid",
    "created_at": "datetime",
    "updated_at": "datetime",
}
ROW = {
    **PLAIN,
    "video_id": "nullable uuid",
    "project": {"$nullable": True, "id": "uuid", "name": "string", "color": "string"},
    "message_count": "int",
    "people_count": "int",
    **STANDING,
}
MESSAGE = {
    "id": "uuid",
    "parent_id": "nullable uuid",
    "role": "string",
    "author": {"$nullable": True, "id": "uuid", "name": "string"},
    "content": "string",
    "status": "string",
    "model": "nullable string",
    "tokens_used": "nullable int",
    "created_at": "datetime",
}


class TitleInput(Input):
    title = TextField(max_length=255, required=False, allow_blank=True, allow_null=True)


class NewInput(TitleInput):
    # An id that cannot be one is one that nothing has.
    project_id = TextField(max_length=100, required=False, allow_blank=True, allow_null=True)


class StarInput(Input):
    starred = serializers.JSONField(required=False, allow_null=True)


class ProjectChoiceInput(Input):
    project_id = TextField(max_length=100, required=False, allow_null=True)


def id_in(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def plain(conversation: Conversation, project: Project | None) -> dict[str, Any]:
    return {
        "id": conversation.pk,
        "title": conversation.title,
        "project_id": project.pk if project else None,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
    }


def row(conversation: Any, project: Project | None, user: User) -> dict[str, Any]:
    """Of a conversation with its figures. Who may not see its project is not told of it."""
    return {
        **plain(conversation, project),
        "video_id": conversation.video_id,
        "project": {"id": project.pk, "name": project.name, "color": colors.hex_of(project)} if project else None,
        "message_count": conversation.message_count,
        "people_count": conversation.people_count,
        "starred": conversation.starred,
        "role": OWNER if conversation.owner_id == user.pk else conversation.role,
    }


def message_output(message: Message) -> dict[str, Any]:
    """`model` is what really ran."""
    answer = message.role == Message.Role.ASSISTANT
    author = message.author
    return {
        "id": message.pk,
        "parent_id": message.parent_id,
        "role": message.role,
        "author": {"id": author.pk, "name": author.get_full_name()} if author else None,
        "content": message.content,
        "status": message.status,
        "model": (message.engine or message.model or None) if answer else None,
        "tokens_used": message.input_tokens + message.output_tokens if answer else None,
        "created_at": message.created_at,
    }


class Conversations(ConversationView):
    takes = NewInput
    body_names_things = True
    gives = Gives(get={"conversations": [ROW]}, post={**DONE, "conversation": PLAIN})

    def get(self, _request: Request) -> Response:
        """One's own and those one takes part in, newest first."""
        rows: list[Any] = list(reads.listed(self.caller))
        projects = reads.projects_of(self.caller, rows)
        return Response({"conversations": [row(one, projects.get(one.project_id), self.caller) for one in rows]})

    def post(self, request: Request) -> Response:
        """Empty, of nobody else. A project needs the right to change it."""
        body = NewInput.parse(request.data)
        project = self.find_project(id_in(body["project_id"])) if body.get("project_id") else None
        made = conversations.begin(self.caller, title=body.get("title") or "", project=project)
        return Response({"success": True, "conversation": plain(made, project)})


class ConversationDetail(ConversationView):
    takes = TitleInput
    gives = Gives(get={"conversation": {**PLAIN, **STANDING}, "messages": [MESSAGE]}, put=DONE, delete=DONE)

    def get(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        """The messages of the branch that is shown, oldest first. Whoever was invited has accepted with the first look."""
        found = self.find(conversation_id)
        conversations.opened(found, self.caller)
        figures = reads.with_figures(Conversation.objects.filter(pk=found.pk), self.caller).get()
        seen = reads.projects_of(self.caller, [found]).get(found.project_id) if found.project_id else None
        told = row(figures, seen, self.caller)
        return Response(
            {
                "conversation": {**plain(found, seen), "starred": told["starred"], "role": told["role"]},
                "messages": [message_output(message) for message in reads.branch(found)],
            }
        )

    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        found = self.find(conversation_id, WRITE)
        title = (TitleInput.parse(request.data).get("title") or "").strip()
        if not title:
            raise DomainError("Title is required")
        conversations.rename(found, title, actor=self.caller)
        return Response({"success": True})

    def delete(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        found = self.find(conversation_id, "chat.conversation.delete")
        conversations.delete(found, actor=self.caller)
        return Response({"success": True})


class StarConversation(ConversationView):
    takes = StarInput
    gives = Gives(put={**DONE, "starred": "bool"})

    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """For the caller alone."""
        found = self.find(conversation_id, "chat.conversation.star")
        starred = StarInput.parse(request.data).get("starred")
        if not isinstance(starred, bool):
            raise DomainError("starred is required")
        conversations.star(found, user=self.caller, starred=starred)
        return Response({"success": True, "starred": starred})


class AssignProject(ConversationView):
    takes = ProjectChoiceInput
    gives = Gives(put=DONE)

    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Into a project that the caller may change; null takes it out. The project's people read it from then on."""
        found = self.find(conversation_id, WRITE)
        body = ProjectChoiceInput.parse(request.data)
        if "project_id" not in body:
            raise DomainError("project_id is required")
        wanted = body["project_id"]
        project = None if wanted is None else self.find_project(id_in(wanted))
        if project is not None:
            policies.require(self.caller, "accounts.project.update", project)
        conversations.move(found, project, actor=self.caller)
        return Response({"success": True})


class GenerateTitle(ConversationView):
    gives = Gives(post={**DONE, "title": "string"})
    throttle_group = "processing"

    def post(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        """By the conversation's engine, from its first message."""
        found = self.find(conversation_id, WRITE)
        return Response({"success": True, "title": titles.generate(found, actor=self.caller)})
