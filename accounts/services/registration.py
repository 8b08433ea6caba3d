"""Coming in by oneself: a registration, the letter that proves the address, and what the letter's link does."""

from __future__ import annotations

import hashlib
import uuid

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import OneTimeLink, User
from accounts.services import links, passwords
from core import audit, mail
from core.errors import InvalidFieldError
from core.rest import throttles
from core.rest.request_info import info

VERIFY = OneTimeLink.Purpose.VERIFY_EMAIL


def register(*, name: str, email: str, password: str) -> uuid.UUID:
    """Registers somebody who has yet to prove the address; a known address gets a letter instead.

    Nothing tells the two apart for the caller: the id returned is the new person's, or nobody's.
    """
    name, email = name.strip(), email.strip().lower()
    _check(name=name, email=email, password=password)
    # Hashing is what takes the time, so it is done whether it is needed or not.
    hashed = make_password(password)
    with transaction.atomic():
        user = _find_or_create(name=name, email=email, hashed=hashed)
        if user.email_verified_at is not None or not user.is_active or user.deleted_at is not None:
            _tell_owner(user)
            return uuid.uuid4()
        _send_link(user, hashed=hashed)
        return user.pk


def resend(user: User) -> None:
    """The letter once more, for somebody who signs in with the right password before the address is proved."""
    if user.email_verified_at is None and user.is_active and user.deleted_at is None:
        _send_link(user, hashed=user.password)


@transaction.atomic
def verify(token: str) -> User:
    """Proves the address that the link was mailed to, once. Nobody is signed in by that."""
    link = links.claim(token, VERIFY)
    user: User = User.objects.select_for_update().get(pk=link.user_id)
    if user.email_verified_at is None:
        user.email_verified_at = timezone.now()
        user.password = link.password or user.password
        user.save(update_fields=["email_verified_at", "password", "updated_at"])
        links.void(user, VERIFY)
        audit.record("accounts.user.verify_email", user, actor=user)
    return user


def _check(*, name: str, email: str, password: str) -> None:
    if not name or len(name) > 150:
        raise InvalidFieldError("Give a name of up to 150 characters.", field="name")
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidFieldError("Enter an e-mail address like name@example.com.", field="email") from error
    if len(email) > 254:
        raise InvalidFieldError("This address is too long.", field="email")
    passwords.check_new(password, user=User(email=email, name=name))


def _find_or_create(*, name: str, email: str, hashed: str) -> User:
    known: User | None = User.objects.select_for_update().filter(email__iexact=email).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            user: User = User.objects.create(email=email, name=name, password=hashed, email_verified_at=None)
    except IntegrityError:
        # Somebody registered the address at this very moment.
        winner: User = User.objects.select_for_update().get(email__iexact=email)
        return winner
    audit.record("accounts.user.register", user, actor=None)
    return user


def _send_link(user: User, *, hashed: str) -> None:
    if _may_write_to(user.email):
        url = links.issue(user, VERIFY, password=hashed)
        mail.post(to=user.email, template="verify_email", name=user.get_full_name(), url=url)


def _tell_owner(user: User) -> None:
    if _may_write_to(user.email):
        mail.post(to=user.email, template="address_known", name=user.get_full_name(), address=info().address or "")


def _may_write_to(email: str) -> bool:
    """A few letters an hour, so that nobody's mailbox is filled through us."""
    key = hashlib.sha256(email.lower().encode()).hexdigest()
    return not throttles.hit("letters", f"register:{key}").exceeded
