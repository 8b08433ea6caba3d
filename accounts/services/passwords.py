"""Passwords: chosen, changed, forgotten."""

from __future__ import annotations

import hashlib
import uuid

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import OneTimeLink, User, UserSession
from accounts.services import links
from accounts.services.people import end_sign_ins
from core import audit, mail
from core.errors import InvalidFieldError
from core.rest import throttles
from core.rest.request_info import info

RESET = OneTimeLink.Purpose.RESET_PASSWORD
# Longer ones only cost time to hash.
LONGEST = 4096


def check_new(password: str, *, user: User | None, field: str = "password") -> None:
    """Whether this may become somebody's password; says beside the field what is wrong with it."""
    if len(password) > LONGEST:
        raise InvalidFieldError(f"Use at most {LONGEST} characters.", field=field)
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise InvalidFieldError(" ".join(error.messages), field=field) from error


@transaction.atomic
def set_password(
    user: User, password: str, *, actor: User | None, keep: UserSession | None = None, field: str = "password"
) -> None:
    """Puts a new password in force, ends all sign-ins but `keep`, and tells the person."""
    check_new(password, user=user, field=field)
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    links.void(user, RESET)
    audit.record("accounts.user.set_password", user, actor=actor)
    mail.post(to=user.email, template="password_changed", name=user.get_full_name(), address=info().address or "")
    end_sign_ins(user, because="password changed", actor=actor, keep=keep)


def change_password(user: User, *, current: str, new: str, keep: UserSession | None) -> None:
    """The person's own change. Knowing the present password is what proves it is them."""
    if len(current) > LONGEST or not user.check_password(current):
        # A signed-in browser left alone is no place to guess a password.
        throttles.check("password_change", str(user.pk))
        raise InvalidFieldError("This is not your present password.", field="current")
    set_password(user, new, actor=user, keep=keep, field="new")


@transaction.atomic
def request_reset(email: str) -> None:
    """Mails a link to the person with this address. For anybody else it does the same work and leaves nothing behind."""
    email = email.strip().lower()
    user = User.objects.active().filter(email__iexact=email).first()
    window = throttles.hit("letters", f"reset:{hashlib.sha256(email.encode()).hexdigest()}")
    if user is not None and not window.exceeded:
        send_reset(user, actor=None)
        return
    # Measured by how long it takes, a letter that is written and taken back looks like one that is sent.
    with transaction.atomic():
        send_reset(User.objects.create(email=f"{uuid.uuid4().hex}@nobody.invalid"), actor=None)
        transaction.set_rollback(True)


@transaction.atomic
def send_reset(user: User, *, actor: User | None) -> None:
    """Mails a reset link: asked for by the person, or by an admin for them."""
    url = links.issue(user, RESET)
    audit.record("accounts.password_reset.send", user, actor=actor)
    mail.post(to=user.email, template="password_reset", name=user.get_full_name(), url=url)


def person_of_reset(token: str) -> User:
    """Whose password the link may set, as long as it can still be used."""
    return links.find(token, RESET).user


@transaction.atomic
def reset(token: str, password: str) -> User:
    """Uses the link up and sets the password. A password that is refused leaves the link as it was."""
    user = person_of_reset(token)
    check_new(password, user=user)
    links.claim(token, RESET)
    if user.email_verified_at is None:
        # The letter arrived, which is all that the other kind of link proves.
        user.email_verified_at = timezone.now()
        user.save(update_fields=["email_verified_at", "updated_at"])
    set_password(user, password, actor=user)
    return user
