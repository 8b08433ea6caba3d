"""Invitations: a secret mailed to an address, good for one place, once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts import policies
from accounts.models import Invitation, Organization, Project, User
from accounts.services import passwords, places
from core import audit, mail
from core.errors import ConflictError, DomainError, InvalidFieldError, NotFoundError, NotSignedInError
from core.rest import throttles

LIFETIME = timedelta(days=7)
LONGEST_NAME = 150
# How often a place is tried again when somebody else is invited to it at the same moment.
TRIES = 3

UNKNOWN = "Invitation not found"
EXPIRED = "Invitation has expired"
ACCEPTED = "Invitation already accepted"


# Sending.


def invite(
    *,
    email: str,
    invited_by: User,
    name: str = "",
    role: str = User.Role.CLIENT,
    organization: Organization | None = None,
    project: Project | None = None,
    project_role: str = "",
) -> Invitation:
    """Mails an invitation to the studio, to an organisation or to a project. It replaces an open one to the same place."""
    email, name = email.strip().lower(), name.strip(" ")
    _require_right_to_invite(invited_by, organization=organization, project=project)
    _check_name(name)
    if organization is None and project is None:
        known = User.objects.filter(email__iexact=email).first()
        if known is not None and not waits(known):
            raise ConflictError("Email already registered")
    throttles.check("invitations", str(invited_by.pk))
    place: dict[str, Any] = {"organization": organization, "project": project}
    promise = {"name": name, "role": role, "project_role": project_role, "invited_by": invited_by}
    for _ in range(TRIES):
        try:
            return _write(email=email, place=place, promise=promise)
        except IntegrityError:
            # The same address was invited to the same place at this very moment; ours is the newer one.
            continue
    raise ConflictError("Somebody else invited this person at the same moment.")


def _require_right_to_invite(user: User, *, organization: Organization | None, project: Project | None) -> None:
    if project is not None:
        policies.require(user, "accounts.project.share", project)
    else:
        policies.require(user, "accounts.invitation.send", organization)


def _check_name(name: str) -> None:
    if name and name.splitlines() != [name]:
        raise DomainError("A name has no line breaks.")
    if len(name) > LONGEST_NAME:
        raise InvalidFieldError(f"Give a name of up to {LONGEST_NAME} characters.", field="name")


@transaction.atomic
def _write(*, email: str, place: dict[str, Any], promise: dict[str, Any]) -> Invitation:
    Invitation.objects.filter(email__iexact=email, accepted_at=None, revoked_at=None, **place).update(
        revoked_at=Now(), updated_at=Now()
    )
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email, token_hash=_hash(token), expires_at=timezone.now() + LIFETIME, **place, **promise
    )
    audit.record(
        "accounts.invitation.send",
        invitation,
        actor=invitation.invited_by,
        email=email,
        role=invitation.project_role or invitation.role,
        organization=str(invitation.organization_id or ""),
        project=str(invitation.project_id or ""),
    )
    mail.post(
        to=email,
        template="invitation",
        name=invitation.name,
        inviter=promise["invited_by"].get_full_name(),
        place=place_of(invitation),
        url=f"{settings.PUBLIC_URL}/invitations/accept?token={token}",
        expires_at=invitation.expires_at,
    )
    return invitation


def place_of(invitation: Invitation) -> str:
    """Where it leads, by its name; empty for the studio itself."""
    return str(invitation.organization or invitation.project or "")


def send_again(invitation: Invitation, *, actor: User) -> Invitation:
    """The same promise in a new letter, with a new link; the old one is then unknown. An expired one begins anew."""
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise ConflictError("This invitation is no longer open.")
    return invite(
        email=invitation.email,
        invited_by=actor,
        name=invitation.name,
        role=invitation.role,
        organization=invitation.organization,
        project=invitation.project,
        project_role=invitation.project_role,
    )


@transaction.atomic
def revoke(invitation: Invitation, *, actor: User) -> None:
    """Takes an open invitation back; its link is then unknown."""
    taken_back = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if not taken_back.update(revoked_at=Now(), updated_at=Now()):
        raise ConflictError("This invitation is no longer open.")
    audit.record("accounts.invitation.revoke", invitation, actor=actor, email=invitation.email)


# Answering.


def preview(token: str) -> Invitation:
    """The open invitation behind a link's secret."""
    return _judge(_behind(token).first())


def _behind(token: str) -> QuerySet[Invitation]:
    # A house that was closed and a project that was deleted take nobody in.
    closed = Q(organization__is_active=False) | Q(project__deleted_at__isnull=False)
    return (
        Invitation.objects.select_related("organization", "project", "invited_by")
        .annotate(is_over=Q(expires_at__lte=Now()))
        .filter(token_hash=_hash(token))
        .exclude(closed)
    )


def _judge(invitation: Invitation | None) -> Invitation:
    if invitation is None:
        raise NotFoundError(UNKNOWN)
    if invitation.accepted_at is not None:
        raise ConflictError(ACCEPTED)
    if invitation.revoked_at is not None:
        raise NotFoundError(UNKNOWN)
    if invitation.is_over:  # type: ignore[attr-defined]  # by the database's clock, see above
        raise DomainError(EXPIRED)
    return invitation


def account_of(invitation: Invitation) -> User | None:
    """Who has the address it was sent to and must prove to be that person. Nobody yet, where an account still waits for its person."""
    account = User.objects.filter(email__iexact=invitation.email).first()
    return None if account is None or waits(account) else account


def waits(user: User) -> bool:
    """An admin has made the account and nobody has ever had a way into it: neither password nor proved address."""
    return user.email_verified_at is None and not user.has_usable_password()


def masked(email: str) -> str:
    """Enough for the guest to recognise their own address, too little for anybody else."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}•••@{domain}"


@transaction.atomic
def accept(token: str, *, guest: User | None, name: str = "", password: str = "") -> User:
    """Takes the place that the invitation promises and returns who has it now.

    `guest` has proved to be that person, by a live sign-in or by password and second factor. Nobody: an account is made, and the
    letter has proved its address. Address, role and place come from the invitation alone. What the sign-in policy still wants of
    the person (a second factor) does not hold the place back: the account exists then, and the caller asks for the rest.
    """
    # Of several who accept at once the lock lets one through; the others see what that one has left.
    invitation = _judge(_behind(token).select_for_update(of=("self",)).first())
    account = account_of(invitation)
    if guest is not None and (account is None or account.pk != guest.pk):
        # For whoever is somebody else it does not exist; the page, which is opened from the letter, says so in more words.
        raise NotFoundError(UNKNOWN)
    if account is not None and guest is None:
        raise NotSignedInError("Invalid email or password")
    if account is None:
        account = _new_account(invitation, name=name, password=password)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), account
    invitation.save(update_fields=["accepted_at", "accepted_by", "updated_at"])
    audit.record("accounts.invitation.accept", invitation, actor=account, email=invitation.email)
    _take_place(invitation, account)
    return account


def _new_account(invitation: Invitation, *, name: str, password: str) -> User:
    if not password:
        raise DomainError("Password is required")
    name = name.strip(" ") or invitation.name
    _check_name(name)
    passwords.check_new(password, user=User(email=invitation.email, name=name))
    waiting = User.objects.select_for_update(no_key=True).filter(email__iexact=invitation.email).first()
    if waiting is not None and waits(waiting):
        return _move_in(waiting, name=name, password=password)
    role = role_of_account(invitation)
    admin = role == User.Role.ADMIN
    try:
        with transaction.atomic():
            user: User = User.objects.create_user(
                invitation.email, password, name=name, role=role, is_staff=admin, is_superuser=admin
            )
    except IntegrityError as error:
        # The address was registered at this very moment.
        raise ConflictError("Email already registered") from error
    audit.record("accounts.user.create", user, actor=invitation.invited_by, role=role)
    return user


def _move_in(user: User, *, name: str, password: str) -> User:
    user.name = name or user.name
    user.set_password(password)
    user.email_verified_at = timezone.now()
    user.save(update_fields=["name", "password", "email_verified_at", "updated_at"])
    audit.record("accounts.user.set_password", user, actor=user)
    return user


def role_of_account(invitation: Invitation) -> str:
    """A house's admin is admin of that house, never of the platform; a project's guest is a client elsewhere."""
    if invitation.project_id or (invitation.organization_id and invitation.role == User.Role.ADMIN):
        return User.Role.CLIENT
    return invitation.role


def _take_place(invitation: Invitation, user: User) -> None:
    if invitation.organization is not None:
        places.join_house(user, invitation.organization, role=invitation.role, actor=user)
    if invitation.project is not None and invitation.project.owner_id != user.pk:
        places.join_project(user, invitation.project, role=invitation.project_role, actor=user)


def drop_sent(user: User, organization: Organization) -> int:
    """Voids what somebody who no longer rules a house has promised in its name."""
    sent = Invitation.objects.filter(invited_by=user, organization=organization, accepted_at=None, revoked_at=None)
    return sent.update(revoked_at=Now(), updated_at=Now())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
