"""Projects over JSON, as platform.yaml has them: the projects of accounts with their conversations."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import colors, policies
from accounts.models import Project
from accounts.services import foreign_reads, projects
from chat.api.base import ConversationView
from chat.api.conversations import DONE
from chat.queries import conversations as reads
from core.errors import DomainError
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives

UPDATE, ARCHIVE, DELETE = (f"accounts.project.{verb}" for verb in ("update", "archive", "delete"))
NAMELESS = "Project name is required"
PROJECT = {
    "id": "uuid",
    "name": "string",
    "description": "nullable string",
    "color": "string",
    "is_archived": "bool",
    "created_at": "datetime",
    "updated_at": "datetime",
}
TALK = {"id": "uuid", "title": "string", "created_at": "datetime", "updated_at": "datetime", "message_count": "int"}


class ColorField(TextField):
    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            return colors.read(text) if text else ""
        except ValueError as error:
            raise serializers.ValidationError("A colour is written as #3B82F6, or mark-1 to mark-8.") from error


class OwnProjectInput(Input):
    name = TextField(max_length=255, required=False, allow_blank=True, allow_null=True)
    description = TextField(max_length=5000, required=False, allow_blank=True, allow_null=True)
    color = ColorField(max_length=20, required=False, allow_blank=True, allow_null=True)
    is_archived = serializers.BooleanField(required=False)


class ListQuery(Input):
    include_archived = serializers.BooleanField(required=False, default=False)


class DeleteQuery(Input):
    permanent = serializers.BooleanField(required=False, default=False)


def output(project: Project) -> dict[str, Any]:
    return {
        "id": project.pk,
        "name": project.name,
        "description": project.description or None,
        "color": colors.hex_of(project),
        "is_archived": project.status == Project.Status.ARCHIVED,
        "created_at": project.created_at,
        "updated_at": project.updated_at,
    }


class Projects(ConversationView):
    takes = OwnProjectInput
    query = (ListQuery,)
    gives = Gives(get={"projects": [{**PROJECT, "conversation_count": "int"}]}, post={**DONE, "project": PROJECT})

    def get(self, request: Request) -> Response:
        """One's own and those one works on."""
        archived = ListQuery.parse(request.query_params)["include_archived"]
        rows: Any = reads.projects(self.caller, archived=archived)
        return Response({"projects": [{**output(one), "conversation_count": one.conversation_count} for one in rows]})

    def post(self, request: Request) -> Response:
        """Of the caller. `color` is #RRGGBB, or mark-1 to mark-8 for a colour that follows the theme."""
        body = OwnProjectInput.parse(request.data)
        made = projects.create_project(
            owner=self.caller,
            name=name_in(body),
            description=body.get("description") or "",
            color=body.get("color") or colors.DEFAULT,
        )
        return Response({"success": True, "project": {**output(made), "conversation_count": 0}})


class ProjectDetail(ConversationView):
    takes = OwnProjectInput
    query = (DeleteQuery,)
    query_methods = frozenset({"DELETE"})
    gives = Gives(get={"project": PROJECT, "conversations": [TALK]}, put=DONE, delete=DONE)

    def get(self, _request: Request, project_id: uuid.UUID) -> Response:
        project = self.find_project(project_id)
        foreign_reads.note(self.caller, project)
        rows: Any = reads.in_project(project, self.caller)
        told = [{name: getattr(one, "pk" if name == "id" else name) for name in TALK} for one in rows]
        return Response({"project": output(project), "conversations": told})

    def put(self, request: Request, project_id: uuid.UUID) -> Response:
        """What is left out stays. `is_archived` archives and restores."""
        project = self.find_project(project_id)
        policies.require(self.caller, UPDATE, project)
        body = OwnProjectInput.parse(request.data)
        wanted: dict[str, str] = {key: body[key] or "" for key in ("description", "color") if key in body}
        if "name" in body:
            wanted["name"] = name_in(body)
        away = body.get("is_archived")
        moves = away is not None and away != (project.status == Project.Status.ARCHIVED)
        if moves:
            policies.require(self.caller, ARCHIVE, project)
        projects.update_project(project, actor=self.caller, **wanted)
        if moves:
            (projects.archive if away else projects.restore)(project, actor=self.caller)
        return Response({"success": True})

    def delete(self, request: Request, project_id: uuid.UUID) -> Response:
        """Archives it, which is no loss; `permanent=true` deletes it. Its conversations stay with those who had them."""
        project = self.find_project(project_id)
        policies.require(self.caller, ARCHIVE, project)
        if DeleteQuery.parse(request.query_params)["permanent"]:
            policies.require(self.caller, DELETE, project)
            projects.delete_project(project, actor=self.caller)
        elif project.status != Project.Status.ARCHIVED:
            projects.archive(project, actor=self.caller)
        return Response({"success": True})


def name_in(body: dict[str, Any]) -> str:
    name = (body.get("name") or "").strip()
    if not name:
        raise DomainError(NAMELESS)
    return str(name)
