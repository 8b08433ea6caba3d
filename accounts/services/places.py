"""Taking a place: in a house, in a project. What invitations promise and what admins give directly ends here."""

from __future__ import annotations

from accounts.models import Membership, Organization, Project, ProjectMember, User
from core import audit


def join_house(user: User, organization: Organization, *, role: str, actor: User | None) -> tuple[Membership, bool]:
    """The person's place there, and whether it is new. One that exists keeps its role."""
    membership, new = Membership.objects.get_or_create(organization=organization, user=user, defaults={"role": role})
    if new:
        audit.record("accounts.member.add", organization, actor=actor, after=role, person=str(user.pk))
    return membership, new


def join_project(user: User, project: Project, *, role: str, actor: User | None) -> tuple[ProjectMember, bool]:
    """As `join_house`. The owner needs no place."""
    member, new = ProjectMember.objects.get_or_create(project=project, user=user, defaults={"role": role})
    if new:
        audit.record("accounts.collaborator.add", project, actor=actor, after=role, person=str(user.pk))
    return member, new
