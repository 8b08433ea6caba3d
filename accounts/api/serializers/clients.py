"""The shapes of accessible.yaml for clients, their managers, teams and projects."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Client, ClientManager, Project, Team, TeamMember
from core.rest.inputs import IdField, Input, StrictInput, TextField

CLIENT = {
    "id": "uuid",
    "org_id": "nullable uuid",
    "name": "string",
    "contact_email": "nullable string",
    "notes": "nullable string",
    "created_at": "datetime",
    "updated_at": "datetime",
}
MANAGER = {"user_id": "uuid", "email": "string", "name": "nullable string", "assigned_at": "datetime"}
TEAM = {
    "id": "uuid",
    "client_id": "uuid",
    "name": "string",
    "members": [{"user_id": "uuid", "email": "string", "name": "nullable string", "role": "string"}],
    "created_at": "datetime",
    "updated_at": "datetime",
}
PROJECT = {
    "id": "uuid",
    "client_id": "uuid",
    "name": "string",
    "description": "nullable string",
    "status": "string",
    "job_count": "int",
    "created_at": "datetime",
    "updated_at": "datetime",
}


class ClientInput(Input):
    name = TextField(max_length=200)
    org_id = IdField(required=False, allow_null=True, default=None)
    contact_email = serializers.EmailField(max_length=254, required=False, allow_null=True, allow_blank=True)
    notes = TextField(max_length=10_000, required=False, allow_null=True, allow_blank=True)


class ClientChange(Input):
    name = TextField(max_length=200, required=False)
    contact_email = serializers.EmailField(max_length=254, required=False, allow_null=True, allow_blank=True)
    notes = TextField(max_length=10_000, required=False, allow_null=True, allow_blank=True)


class ClientListQuery(Input):
    org_id = IdField(required=False, default=None)


class PersonInput(StrictInput):
    user_id = IdField()


class TeamInput(Input):
    name = TextField(max_length=200)


class TeamChange(Input):
    name = TextField(max_length=200, required=False)


class ProjectInput(Input):
    name = TextField(max_length=255)
    description = TextField(max_length=10_000, required=False, allow_null=True, allow_blank=True)


class ProjectChange(Input):
    name = TextField(max_length=255, required=False)
    description = TextField(max_length=10_000, required=False, allow_null=True, allow_blank=True)
    status = serializers.ChoiceField([Project.Status.ACTIVE, Project.Status.ARCHIVED], required=False)


def text_fields(body: dict[str, Any], *names: str) -> dict[str, str]:
    """What was given of these; null empties a text."""
    return {name: body[name] or "" for name in names if name in body}


def client_output(client: Client, *, inside: bool) -> dict[str, Any]:
    """`inside` False: for those who only work for the client, or are the client; the house's notes are not theirs."""
    return {
        "id": client.pk,
        "org_id": client.organization_id,
        "name": client.name,
        "contact_email": (client.contact_email or None) if inside else None,
        "notes": (client.notes or None) if inside else None,
        "created_at": client.created_at,
        "updated_at": client.updated_at,
    }


def manager_output(management: ClientManager, *, address: bool) -> dict[str, Any]:
    return {
        "user_id": management.user_id,
        "email": management.user.email if address else "",
        "name": management.user.name or None,
        "assigned_at": management.assigned_at,
    }


def team_output(team: Team, *, address: bool) -> dict[str, Any]:
    """`team` comes from `queries.teams_with_roles`."""
    return {
        "id": team.pk,
        "client_id": team.client_id,
        "name": team.name,
        "members": [team_member_output(member, address=address) for member in team.memberships.all()],
        "created_at": team.created_at,
        "updated_at": team.updated_at,
    }


def team_member_output(member: TeamMember, *, address: bool) -> dict[str, Any]:
    return {
        "user_id": member.user_id,
        "email": member.user.email if address else "",
        "name": member.user.name or None,
        "role": getattr(member, "role_there", None) or member.user.role,
    }


def project_output(project: Project) -> dict[str, Any]:
    """`project` comes from `queries.client_projects`."""
    return {
        "id": project.pk,
        "client_id": project.client_id,
        "name": project.name,
        "description": project.description or None,
        "status": project.status,
        "job_count": getattr(project, "job_count", None) or 0,
        "created_at": project.created_at,
        "updated_at": project.updated_at,
    }


def project_of_any_client_output(project: Project) -> dict[str, Any]:
    return {**project_output(project), "client_name": project.client.name if project.client else ""}
