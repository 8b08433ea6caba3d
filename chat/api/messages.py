"""The thread of a conversation over JSON: what is said, and what may be done with a question and its answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from ai import catalogue, routing
from chat.api.base import WRITE, ConversationView
from chat.models import Attachment, Conversation, Message
from chat.queries import thread as threads
from chat.queries.shapes import message_shape
from chat.services import answers, branches
from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives

MOST_ATTACHMENTS = 20
HEAD: answers.Head = "head"

PERSON = {"$nullable": True, "id": "uuid", "name": "string"}
ATTACHMENT = {
    "id": "uuid",
    "asset_id": "uuid",
    "original_filename": "string",
    "kind": "string",
    "mime_type": "string",
    "file_size": "int",
    "url": "url",
}
MESSAGE = {
    "id": "uuid",
    "conversation_id": "uuid",
    "parent_id": "nullable uuid",
    "number": "int",
    "role": "string",
    "author": PERSON,
    "content": "string",
    "status": "string",
    "intent": "string",
    "model": "nullable string",
    "engine": "nullable string",
    "composed": "bool",
    "input_tokens": "int",
    "output_tokens": "int",
    "tokens_used": "nullable int",
    "cost": "float",
    "seconds": "nullable float",
    "sources": ["object"],
    "citations": ["object"],
    "rejected": ["object"],
    "error": "nullable string",
    "run_id": "nullable uuid",
    "attachments": [ATTACHMENT],
    "created_at": "datetime",
    "finished_at": "nullable datetime",
}
ASKED = {"message": MESSAGE, "answer": MESSAGE}
THREAD = {
    "conversation": {
        "id": "uuid",
        "title": "string",
        "head": "nullable uuid",
        "model": "nullable string",
        "repeats_clips": "bool",
    },
    "messages": [{**MESSAGE, "siblings": "list<uuid>"}],
    "clips": ["object"],
    "records": ["object"],
    "waiting_attachments": [ATTACHMENT],
    "older": "nullable uuid",
    "seq": "int",
}


class MessageInput(Input):
    """Without `parent_id` it goes on where the conversation stands; null begins it anew beside what is there."""

    content = TextField(trim_whitespace=False, allow_blank=True, allow_null=True, default="")
    parent_id = IdField(required=False, allow_null=True)
    model = TextField(max_length=120, required=False, allow_blank=True, allow_null=True, default="")
    intent = serializers.ChoiceField(Message.Intent.choices, required=False, allow_blank=True, default="")
    attachment_ids = serializers.ListField(child=IdField(), max_length=MOST_ATTACHMENTS, required=False, default=list)
    repeats_clips = serializers.BooleanField(required=False, allow_null=True, default=None)


class RetryInput(Input):
    model = TextField(max_length=120, required=False, allow_blank=True, allow_null=True, default="")


class EditInput(RetryInput):
    content = TextField(trim_whitespace=False, allow_blank=True, allow_null=True, default="")


class ThreadQuery(Input):
    last = IdField(required=False)
    before = IdField(required=False)
    limit = serializers.IntegerField(min_value=1, required=False, default=threads.PAGE)


class Messages(ConversationView):
    takes = MessageInput
    gives = Gives(post=ASKED)
    body_names_things = True

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = self.find(conversation_id, WRITE)
        body = MessageInput.parse(request.data)
        question, answer = answers.ask(
            conversation,
            author=self.caller,
            content=body["content"] or "",
            parent=self.parent(conversation, body),
            model=body["model"] or "",
            intent=body["intent"],
            attachments=self.waiting(conversation, body["attachment_ids"]),
            repeats_clips=body["repeats_clips"],
            endpoint=f"/api/conversations/{conversation.pk}/messages",
        )
        return Response(asked(question, answer), status=status.HTTP_202_ACCEPTED)

    def parent(self, conversation: Conversation, body: dict[str, Any]) -> Message | answers.Head | None:
        if "parent_id" not in body:
            return HEAD
        if body["parent_id"] is None:
            return None
        found = conversation.messages.filter(pk=body["parent_id"]).first()
        if found is None:
            raise NotFoundError("Message not found")
        return found

    def waiting(self, conversation: Conversation, ids: Iterable[uuid.UUID]) -> list[Attachment]:
        wanted = set(ids)
        found = list(
            conversation.attachments.filter(pk__in=wanted, message=None, uploaded_by=self.caller).order_by("pk")
        )
        if len(found) != len(wanted):
            raise NotFoundError("Attachment not found")
        return found


class Thread(ConversationView):
    """One branch, the newest messages of it; `before` an older one for more, `last` any message for the branch through it."""

    query = ("last", "before", "limit")
    gives = Gives(get=THREAD)

    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = self.find(conversation_id)
        query = ThreadQuery.parse(request.query_params)
        last, before = query.get("last"), query.get("before")
        for named in (last, before):
            if named is not None and not conversation.messages.filter(pk=named).exists():
                raise NotFoundError("Message not found")
        found = threads.thread(conversation, self.caller, last=last, before=before, limit=query["limit"])
        return Response(found.body(self.caller))


class MessageView(ConversationView):
    """Of a message, found as its conversation is."""

    def message(self, message_id: uuid.UUID) -> Message:
        found = (
            Message.objects.visible_to(self.caller)
            .select_related("conversation", "parent", "run", "author")
            .filter(pk=message_id)
            .first()
        )
        if found is None:
            raise NotFoundError("Message not found")
        policies.require(self.caller, WRITE, found.conversation)
        return found


class Stop(MessageView):
    gives = Gives(post={"message": MESSAGE})

    def post(self, _request: Request, message_id: uuid.UUID) -> Response:
        return Response({"message": message_shape(answers.stop(self.message(message_id), actor=self.caller))})


class Retry(MessageView):
    takes = RetryInput
    gives = Gives(post={"answer": MESSAGE})

    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        message = self.message(message_id)
        body = RetryInput.parse(request.data)
        answer = answers.retry(message, actor=self.caller, model=body["model"] or "")
        return Response({"answer": message_shape(answer)}, status=status.HTTP_202_ACCEPTED)


class Edit(MessageView):
    takes = EditInput
    gives = Gives(post=ASKED)

    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        message = self.message(message_id)
        body = EditInput.parse(request.data)
        question, answer = answers.edit(message, body["content"] or "", actor=self.caller, model=body["model"] or "")
        return Response(asked(question, answer), status=status.HTTP_202_ACCEPTED)


class Show(MessageView):
    """Shows the branch through this message to all."""

    gives = Gives(post=THREAD)

    def post(self, _request: Request, message_id: uuid.UUID) -> Response:
        message = self.message(message_id)
        conversation = branches.show(message.conversation, message, actor=self.caller)
        return Response(threads.thread(conversation, self.caller).body(self.caller))


class Models(ConversationView):
    """The names that may be asked for. One that is not served here is answered by the studio's own choice, which the answer names."""

    gives = Gives(
        get={
            "models": [{"name": "string", "provider": "string", "available": "bool"}],
            "default": "nullable string",
        }
    )

    def get(self, _request: Request) -> Response:
        own = routing.routes("chat")
        return Response(
            {
                "models": [
                    {
                        "name": named.name,
                        "provider": named.provider,
                        "available": bool(named.model) and routing.is_configured(named.provider),
                    }
                    for named in catalogue.names("chat")
                ],
                "default": str(own[0].engine) if own else None,
            }
        )


def asked(question: Message, answer: Message) -> dict[str, Any]:
    return {"message": message_shape(question), "answer": message_shape(answer)}
