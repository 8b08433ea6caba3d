"""People: made, changed, closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import policies
from accounts.models import Membership, Organization, User, UserSession
from core import audit, mail
from core.errors import ConflictError, NotAllowedError, NotFoundError

ADMIN, PROJECT_MANAGER = User.Role.ADMIN, User.Role.PROJECT_MANAGER
TAKEN = "Email already registered"
LAST_ADMIN = "Cannot remove the last admin"
NOT_DELETED = "Cannot delete this user"
# What an admin changes of somebody, and what the trail calls it. The others are one `update`.
VERBS = {"role": "change_role", "tier": "change_tier", "email": "change_email"}


@transaction.atomic
def ensure_person(*, email: str, name: str, role: str, password: str, organization: Organization | None = None) -> User:
    """The person with this address, made when there is none, with this role and password. Asking twice changes nothing.

    Admins may enter the Django admin.
    """
    user: User | None = User.objects.filter(email__iexact=email).first()
    admin = role == User.Role.ADMIN
    if user is None:
        user = User.objects.create_user(email, password, name=name, role=role, is_staff=admin, is_superuser=admin)
        audit.record("accounts.user.create", user, actor=None, role=role)
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password", "updated_at"])
        audit.record("accounts.user.set_password", user, actor=None)
    if organization is not None:
        Membership.objects.get_or_create(organization=organization, user=user)
    return user


@transaction.atomic
def end_sign_ins(user: User, *, because: str, actor: User | None, keep: UserSession | None = None) -> int:
    """Ends every session and token of a person at once and returns how many sign-ins that were. `keep` is spared.

    Raising `token_version` refuses what is outstanding; whoever keeps a sign-in writes the new version into it.
    """
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    ended = UserSession.objects.filter(user=user, is_revoked=False)
    if keep is not None:
        ended = ended.exclude(pk=keep.pk)
    keys = [key for key in ended.values_list("session_key", flat=True) if key]
    Session.objects.filter(pk__in=keys).delete()
    count = ended.update(is_revoked=True, revoked_at=Now(), revoked_because=because)
    audit.record("accounts.sign_ins.end", user, actor=actor, reason=because, count=count)
    return count


@transaction.atomic
def update_user(user: User, *, actor: User | None, changes: Mapping[str, Any]) -> User:
    """Changes `email`, `name`, `role`, `is_active` and `tier`, as far as they are given. No actor: the studio itself.

    Another role or activity ends the person's sign-ins at once. The platform keeps an admin, and nobody changes their own role.
    """
    locked = _lock(user)
    wanted = dict(changes)
    if "email" in wanted:
        wanted["email"] = wanted["email"].strip().lower()
    before = {name: getattr(locked, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if value != before[name]}
    if not changed:
        return locked
    rights = changed.keys() & {"role", "is_active"}
    if rights:
        if _is_admin(locked) and (changed.get("role", ADMIN) != ADMIN or not changed.get("is_active", True)):
            _keep_an_admin(locked)
        if actor is not None and actor.pk == locked.pk:
            raise NotAllowedError(reason=policies.NOT_ONESELF)
    for name, value in changed.items():
        setattr(locked, name, value)
    locked.is_staff = locked.is_superuser = locked.role == ADMIN
    try:
        with transaction.atomic():
            locked.save(update_fields=[*changed, "is_staff", "is_superuser", "updated_at"])
    except IntegrityError as error:
        raise ConflictError(TAKEN) from error
    _note(locked, actor=actor, before=before, changed=changed)
    if changed.get("role", PROJECT_MANAGER) != PROJECT_MANAGER:
        # Who manages a client is a project manager; where a house says so still, the person stays one.
        there = locked.memberships.filter(role=PROJECT_MANAGER).order_by().values("organization")
        locked.management.exclude(client__organization__in=there).delete()
    if rights:
        end_sign_ins(locked, because="role changed" if "role" in rights else "account closed or opened", actor=actor)
    _tell(locked, before=before, changed=changed)
    return locked


def _lock(user: User) -> User:
    """The person as they are now, and with them all admins: two that are demoted at once must not count on each other.

    The weaker of the row locks, so that people can sign in meanwhile; always in one order.
    """
    rows = User.objects.select_for_update(no_key=True).filter(Q(pk=user.pk) | Q(role=ADMIN), deleted_at=None)
    found: User | None = next((row for row in rows.order_by("pk") if row.pk == user.pk), None)
    if found is None:
        raise NotFoundError("User not found")
    return found


def _is_admin(user: User) -> bool:
    return user.role == ADMIN and user.is_active


def _keep_an_admin(leaving: User) -> None:
    """Refuses when nobody else would be left who can sign in and rules the platform."""
    others = User.objects.active().filter(role=ADMIN).exclude(email_verified_at=None).exclude(pk=leaving.pk)
    if not others.exists():
        raise ConflictError(LAST_ADMIN)


def _note(user: User, *, actor: User | None, before: dict[str, Any], changed: dict[str, Any]) -> None:
    for name in changed.keys() & VERBS.keys():
        action = f"accounts.user.{VERBS[name]}"
        if name == "email":
            audit.record(action, user, actor=actor, changed={name: [before[name], changed[name]]})
        else:
            audit.record(action, user, actor=actor, before=before[name], after=changed[name])
    if "is_active" in changed:
        verb = "activate" if changed["is_active"] else "deactivate"
        audit.record(f"accounts.user.{verb}", user, actor=actor)
    if "name" in changed:
        audit.record("accounts.user.update", user, actor=actor, changed={"name": [before["name"], changed["name"]]})


def _tell(user: User, *, before: dict[str, Any], changed: dict[str, Any]) -> None:
    """What somebody must know of their own account. A new address is told to the old one as well."""
    if "email" in changed:
        what = f"The address of your account is now {changed['email']}."
        for address in (before["email"], changed["email"]):
            _write_letter(user, what, to=address)
    if "role" in changed:
        _write_letter(
            user, f"Your role in the studio is now {user.get_role_display().lower()}. Sign in again to go on."
        )
    if "is_active" in changed:
        state = "open again" if changed["is_active"] else "closed for now"
        _write_letter(user, f"Your account is {state}.")


def _write_letter(user: User, what: str, *, to: str = "") -> None:
    mail.post(to=to or user.email, template="account_changed", name=user.get_full_name(), what=what)


@transaction.atomic
def delete_user(user: User, *, actor: User) -> None:
    """Closes an account for good: nobody signs in with it, its address is free, and what the person made stays under their name."""
    locked = _lock(user)
    if locked.pk == actor.pk:
        raise ConflictError(NOT_DELETED)
    if _is_admin(locked):
        try:
            _keep_an_admin(locked)
        except ConflictError as error:
            raise ConflictError(NOT_DELETED) from error
    email = locked.email
    _write_letter(locked, "Your account has been deleted. What you made in the studio stays there.")
    end_sign_ins(locked, because="account deleted", actor=actor)
    _take_from(locked)
    locked.refresh_from_db()
    locked.email = f"{locked.pk}@deleted.invalid"
    locked.password = make_password(None)
    locked.is_active = locked.is_staff = locked.is_superuser = False
    locked.deleted_at = timezone.now()
    locked.save(
        update_fields=["email", "password", "is_active", "is_staff", "is_superuser", "deleted_at", "updated_at"]
    )
    audit.record("accounts.user.delete", locked, actor=actor, email=email, role=locked.role)


def _take_from(user: User) -> None:
    """Places, credentials and promises."""
    user.memberships.all().delete()
    user.management.all().delete()
    user.team_memberships.all().delete()
    user.project_memberships.all().delete()
    user.api_keys.filter(revoked_at=None).update(revoked_at=Now())
    user.one_time_links.filter(used_at=None).update(used_at=Now())
    user.recovery_codes.all().delete()
    user.external_identities.all().delete()
    TOTPDevice.objects.filter(user=user).delete()
    user.invitations_sent.filter(accepted_at=None, revoked_at=None).update(revoked_at=Now(), updated_at=Now())
