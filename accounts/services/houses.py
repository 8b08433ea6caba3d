"""Organisations and who belongs to them."""

from __future__ import annotations

import secrets
import uuid
from itertools import chain, count

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.text import slugify

from accounts import policies
from accounts.models import ClientManager, Invitation, Membership, Organization, ProjectMember, TeamMember, User
from accounts.services import invitations, places
from accounts.services.people import end_sign_ins
from core import audit
from core.errors import ConflictError, DomainError, NotAllowedError, NotFoundError

ADMIN = User.Role.ADMIN
TAKEN = "Organization already exists"
LAST_ADMIN = "An organization keeps at least one admin."
LONGEST_SLUG = 80
# How often a slug made from a name is tried again when somebody else takes it at the same moment.
TRIES = 3


def create_organization(*, name: str, actor: User, slug: str = "") -> Organization:
    """Without a slug one is made from the name; that one never is why a name is refused."""
    for tried in range(TRIES):
        try:
            return _create(name=name.strip(), slug=slug.lower() or _free_slug(name, crowded=tried > 0), actor=actor)
        except IntegrityError as error:
            if slug or Organization.objects.filter(name__iexact=name.strip()).exists():
                raise ConflictError(TAKEN) from error
    raise ConflictError(TAKEN)


@transaction.atomic
def _create(*, name: str, slug: str, actor: User) -> Organization:
    organization = Organization.objects.create(name=name, slug=slug)
    audit.record("accounts.organization.create", organization, actor=actor, name=name)
    return organization


def _free_slug(name: str, *, crowded: bool) -> str:
    """`crowded`: somebody else is after the same one right now, so the next number would be theirs as well."""
    stem = slugify(name)[: LONGEST_SLUG - 10].strip("-") or "house"
    if crowded:
        return f"{stem}-{secrets.token_hex(3)}"
    taken = set(Organization.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for slug in chain([stem], (f"{stem}-{n}" for n in count(2))) if slug not in taken)


def update_organization(
    organization: Organization,
    *,
    actor: User,
    name: str | None = None,
    slug: str | None = None,
    is_active: bool | None = None,
) -> Organization:
    """What is None stays. Only the platform's admin closes a house or opens it again."""
    if is_active is not None and is_active != organization.is_active and not actor.is_platform_admin:
        raise NotAllowedError(reason="Only the platform's admin closes an organization.")
    wanted = {"name": name.strip() if name is not None else None, "slug": slug and slug.lower(), "is_active": is_active}
    changed = {key: value for key, value in wanted.items() if value not in (None, getattr(organization, key))}
    if not changed:
        return organization
    for key, value in changed.items():
        setattr(organization, key, value)
    try:
        with transaction.atomic():
            organization.save(update_fields=[*changed, "updated_at"])
            audit.record("accounts.organization.update", organization, actor=actor, changed=changed)
    except IntegrityError as error:
        raise ConflictError(TAKEN) from error
    return organization


# Who belongs to a house.


@transaction.atomic
def add_member(
    organization: Organization, *, role: str, actor: User, user_id: uuid.UUID | None = None, email: str = ""
) -> Membership | Invitation:
    """A person whom the actor may see joins at once; any other address is invited, whether somebody has it or not."""
    policies.require(actor, "accounts.member.add", organization)
    if user_id is None and not email:
        raise DomainError("user_id or email is required")
    known = User.objects.visible_to(actor).active()
    if user_id is not None:
        person = known.filter(pk=user_id).first()
        if person is None:
            raise NotFoundError("User not found")
    else:
        person = known.filter(email__iexact=email.strip()).first()
        if person is None:
            return invitations.invite(email=email, role=role, organization=organization, invited_by=actor)
    if person.pk == actor.pk:
        raise NotAllowedError(reason=policies.NOT_ONESELF)
    membership, new = places.join_house(person, organization, role=role, actor=actor)
    if not new:
        raise ConflictError("User is already a member")
    return membership


@transaction.atomic
def change_member_role(membership: Membership, *, role: str, actor: User) -> Membership:
    """Ends the person's sign-ins: what they are signed in with was given to somebody with another role."""
    policies.require(actor, "accounts.member.update", membership)
    membership = _lock(membership)
    before = membership.effective_role
    if role == membership.role:
        return membership
    if role != ADMIN:
        _keep_an_admin(membership)
    membership.role = role
    membership.save(update_fields=["role", "updated_at"])
    if role != User.Role.PROJECT_MANAGER:
        # Who manages a client is a project manager; anything else would leave a manager nobody can see to be one.
        ClientManager.objects.filter(user=membership.user, client__organization=membership.organization_id).delete()
    if role != ADMIN:
        invitations.drop_sent(membership.user, membership.organization)
    audit.record(
        "accounts.member.change_role",
        membership.organization,
        actor=actor,
        before=before,
        after=role,
        person=str(membership.user_id),
    )
    end_sign_ins(membership.user, because="role changed", actor=actor)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, actor: User) -> None:
    """Takes the person out of the house and out of everything there: its clients' management, teams and projects."""
    policies.require(actor, "accounts.member.remove", membership)
    membership = _lock(membership)
    _keep_an_admin(membership)
    user, organization = membership.user, membership.organization
    there = {"user": user}
    ClientManager.objects.filter(**there, client__organization=organization).delete()
    TeamMember.objects.filter(**there, team__client__organization=organization).delete()
    ProjectMember.objects.filter(**there, project__client__organization=organization).delete()
    invitations.drop_sent(user, organization)
    before = membership.effective_role
    membership.delete()
    audit.record("accounts.member.remove", organization, actor=actor, before=before, person=str(user.pk))
    end_sign_ins(user, because="removed from an organization", actor=actor)


def _lock(membership: Membership) -> Membership:
    """The place as it is now, with its house locked, so that two changes cannot each count on the other's admin."""
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    found = Membership.objects.select_related("user", "organization").filter(pk=membership.pk).first()
    if found is None:
        raise NotFoundError("User not found")
    return found


def _keep_an_admin(leaving: Membership) -> None:
    """Refuses when nobody else would be left who can sign in and rules the house."""
    admins = Membership.objects.filter(
        Q(role=ADMIN) | Q(role="", user__role=ADMIN),
        organization=leaving.organization_id,
        user__is_active=True,
        user__deleted_at=None,
    )
    if leaving in admins and not admins.exclude(pk=leaving.pk).exists():
        raise ConflictError(LAST_ADMIN)
