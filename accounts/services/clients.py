"""Clients of a house: their managers, and the teams that work for them."""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import queries, signals
from accounts.models import Client, ClientManager, Organization, Project, Team, TeamMember, User
from core import audit
from core.errors import ConflictError, DomainError, NotFoundError

Named = TypeVar("Named", bound=Client | Team)

NO_PERSON = "User not found"


def create_client(
    *, name: str, actor: User, organization: Organization | None = None, contact_email: str = "", notes: str = ""
) -> Client:
    try:
        with transaction.atomic():
            client = Client.objects.create(
                organization=organization, name=name.strip(), contact_email=contact_email, notes=notes
            )
            audit.record("accounts.client.create", client, actor=actor, name=client.name)
    except IntegrityError as error:
        raise ConflictError("Client already exists") from error
    return client


def update_client(client: Client, *, actor: User, **wanted: str) -> Client:
    """`wanted` are name, contact_email and notes; what is missing stays."""
    return _change(client, wanted, actor=actor, action="accounts.client.update", taken="Client already exists")


@transaction.atomic
def delete_client(client: Client, *, actor: User) -> None:
    """Nobody sees it any more, nor its teams and projects. Who works for it can refuse (`signals.closing_client`)."""
    # Who is making new work for the client holds its row: we wait, and then see that work.
    locked = Client.objects.select_for_update().filter(pk=client.pk, deleted_at=None).first()
    if locked is None:
        raise NotFoundError("Client not found")
    signals.closing_client.send(sender=Client, client=locked, actor=actor)
    now = timezone.now()
    locked.deleted_at = now
    locked.save(update_fields=["deleted_at", "updated_at"])
    projects = Project.objects.live().filter(client=locked).update(deleted_at=now, updated_at=now)
    audit.record("accounts.client.delete", locked, actor=actor, name=locked.name, projects=projects)


# Managers.


@transaction.atomic
def assign_manager(client: Client, *, user_id: uuid.UUID, actor: User) -> ClientManager:
    user = _person_for(client, user_id, actor=actor)
    if role_for(user, client) != User.Role.PROJECT_MANAGER:
        raise DomainError("User is not a project manager")
    management, new = ClientManager.objects.get_or_create(client=client, user=user)
    if not new:
        raise ConflictError("Project manager already assigned")
    audit.record("accounts.client.assign_manager", client, actor=actor, person=str(user.pk))
    return management


@transaction.atomic
def remove_manager(client: Client, *, user_id: uuid.UUID, actor: User) -> None:
    gone, _ = ClientManager.objects.filter(client=client, user=user_id).delete()
    if not gone:
        raise NotFoundError(NO_PERSON)
    audit.record("accounts.client.remove_manager", client, actor=actor, person=str(user_id))


def role_for(user: User, client: Client) -> str:
    """What the person does in the client's house."""
    return user.role_in(client.organization_id)


def _person_for(client: Client, user_id: uuid.UUID, *, actor: User) -> User:
    person = queries.people_for(client, actor).filter(pk=user_id).first()
    if person is None:
        raise NotFoundError(NO_PERSON)
    return person


# Teams.


def create_team(client: Client, *, name: str, actor: User) -> Team:
    try:
        with transaction.atomic():
            team = Team.objects.create(client=client, name=name.strip())
            audit.record("accounts.team.create", team, actor=actor, name=team.name)
    except IntegrityError as error:
        raise ConflictError("Team already exists") from error
    return team


def update_team(team: Team, *, actor: User, **wanted: str) -> Team:
    """`wanted` is the name."""
    return _change(team, wanted, actor=actor, action="accounts.team.update", taken="Team already exists")


@transaction.atomic
def delete_team(team: Team, *, actor: User) -> None:
    audit.record("accounts.team.delete", team, actor=actor, name=team.name, client=str(team.client_id))
    team.delete()


@transaction.atomic
def add_team_member(team: Team, *, user_id: uuid.UUID, actor: User) -> TeamMember:
    user = _person_for(team.client, user_id, actor=actor)
    place, new = TeamMember.objects.get_or_create(team=team, user=user)
    if not new:
        raise ConflictError("User is already a team member")
    audit.record("accounts.team.add_member", team, actor=actor, person=str(user.pk))
    return place


@transaction.atomic
def remove_team_member(team: Team, *, user_id: uuid.UUID, actor: User) -> None:
    gone, _ = TeamMember.objects.filter(team=team, user=user_id).delete()
    if not gone:
        raise NotFoundError(NO_PERSON)
    audit.record("accounts.team.remove_member", team, actor=actor, person=str(user_id))


def _change(row: Named, wanted: dict[str, str], *, actor: User, action: str, taken: str) -> Named:
    changed = {key: value.strip() for key, value in wanted.items() if value.strip() != getattr(row, key)}
    if not changed:
        return row
    for key, value in changed.items():
        setattr(row, key, value)
    try:
        with transaction.atomic():
            row.save(update_fields=[*changed, "updated_at"])
            audit.record(action, row, actor=actor, changed=sorted(changed))
    except IntegrityError as error:
        raise ConflictError(taken) from error
    return row
