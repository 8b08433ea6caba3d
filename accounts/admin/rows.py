"""Which service writes which row. A form has already changed the row it was given, so each change begins with a fresh one."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from django.db.models import Model

from accounts.models import (
    Client,
    ClientManager,
    Membership,
    Organization,
    Project,
    ProjectMember,
    Team,
    TeamMember,
    User,
)
from accounts.services import clients, houses, newcomers, people, places, projects
from core.errors import WrongStateError


@singledispatch
def add(row: Any, *, actor: User) -> Model:  # noqa: ARG001  (what the functions below take)
    raise TypeError(f"{type(row).__name__} is not made here")


@singledispatch
def change(row: Any, *, fields: set[str], actor: User) -> None:  # noqa: ARG001  (as above)
    raise TypeError(f"{type(row).__name__} is not changed here")


@singledispatch
def remove(row: Any, *, actor: User) -> None:  # noqa: ARG001  (as above)
    raise TypeError(f"{type(row).__name__} is not removed here")


def wanted(row: Model, fields: set[str], *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names if name in fields}


def stays_where_it_is(fields: set[str], *place: str) -> None:
    """Nobody is moved: leaving ends what hung on the old place, and joining is checked anew."""
    if fields & set(place):
        raise WrongStateError("Remove this row and add another one: a place is not handed on.")


# People.


@add.register
def _(row: User, *, actor: User) -> Model:
    return newcomers.create_user(email=row.email, name=row.name, role=row.role, actor=actor)


@change.register
def _(row: User, *, fields: set[str], actor: User) -> None:
    changes = wanted(row, fields, "email", "name", "role", "tier", "is_active")
    people.update_user(User.objects.get(pk=row.pk), actor=actor, changes=changes)


@remove.register
def _(row: User, *, actor: User) -> None:
    people.delete_user(row, actor=actor)


# Houses.


@add.register
def _(row: Organization, *, actor: User) -> Model:
    return houses.create_organization(name=row.name, slug=row.slug, actor=actor)


@change.register
def _(row: Organization, *, fields: set[str], actor: User) -> None:
    changes = wanted(row, fields, "name", "slug", "is_active")
    houses.update_organization(Organization.objects.get(pk=row.pk), actor=actor, **changes)


@add.register
def _(row: Membership, *, actor: User) -> Model:
    made = houses.add_member(row.organization, role=row.role, user_id=row.user_id, actor=actor)
    assert isinstance(made, Membership)  # noqa: S101  (only an address is ever invited)
    return made


@change.register
def _(row: Membership, *, fields: set[str], actor: User) -> None:
    stays_where_it_is(fields, "organization", "user")
    if "role" in fields:
        houses.change_member_role(Membership.objects.get(pk=row.pk), role=row.role, actor=actor)


@remove.register
def _(row: Membership, *, actor: User) -> None:
    houses.remove_member(row, actor=actor)


# Clients.


@add.register
def _(row: Client, *, actor: User) -> Model:
    return clients.create_client(
        name=row.name,
        organization=row.organization,
        contact_email=row.contact_email,
        notes=row.notes,
        actor=actor,
    )


@change.register
def _(row: Client, *, fields: set[str], actor: User) -> None:
    changes = wanted(row, fields, "name", "contact_email", "notes")
    clients.update_client(Client.objects.get(pk=row.pk), actor=actor, **changes)


@remove.register
def _(row: Client, *, actor: User) -> None:
    clients.delete_client(row, actor=actor)


@add.register
def _(row: ClientManager, *, actor: User) -> Model:
    return clients.assign_manager(row.client, user_id=row.user_id, actor=actor)


@remove.register
def _(row: ClientManager, *, actor: User) -> None:
    clients.remove_manager(row.client, user_id=row.user_id, actor=actor)


@add.register
def _(row: Team, *, actor: User) -> Model:
    return clients.create_team(row.client, name=row.name, actor=actor)


@change.register
def _(row: Team, *, fields: set[str], actor: User) -> None:
    clients.update_team(Team.objects.get(pk=row.pk), actor=actor, **wanted(row, fields, "name"))


@remove.register
def _(row: Team, *, actor: User) -> None:
    clients.delete_team(row, actor=actor)


@add.register
def _(row: TeamMember, *, actor: User) -> Model:
    return clients.add_team_member(row.team, user_id=row.user_id, actor=actor)


@remove.register
def _(row: TeamMember, *, actor: User) -> None:
    clients.remove_team_member(row.team, user_id=row.user_id, actor=actor)


# Projects.


@add.register
def _(row: Project, *, actor: User) -> Model:  # noqa: ARG001  (a project is made in its owner's name)
    return projects.create_project(
        owner=row.owner, client=row.client, name=row.name, description=row.description, color=row.color
    )


@change.register
def _(row: Project, *, fields: set[str], actor: User) -> None:
    changes = wanted(row, fields, "name", "description", "color", "status")
    projects.update_project(Project.objects.get(pk=row.pk), actor=actor, **changes)


@remove.register
def _(row: Project, *, actor: User) -> None:
    projects.delete_project(row, actor=actor)


@add.register
def _(row: ProjectMember, *, actor: User) -> Model:
    made, _new = places.join_project(row.user, row.project, role=row.role, actor=actor)
    return made


@change.register
def _(row: ProjectMember, *, fields: set[str], actor: User) -> None:
    stays_where_it_is(fields, "project", "user")
    if "role" in fields:
        projects.change_collaborator_role(row.project, user_id=row.user_id, role=row.role, actor=actor)


@remove.register
def _(row: ProjectMember, *, actor: User) -> None:
    projects.remove_collaborator(row.project, user_id=row.user_id, actor=actor)
