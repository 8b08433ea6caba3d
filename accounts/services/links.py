"""Mailed links: 256 random bits, kept as their SHA-256, good for one use."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import OneTimeLink, User
from core.errors import NotFoundError

Purpose = OneTimeLink.Purpose

PLACES = {
    Purpose.VERIFY_EMAIL: ("/verify-email", timedelta(hours=24)),
    Purpose.RESET_PASSWORD: ("/password-reset/confirm", timedelta(hours=1)),
}


class DeadLinkError(NotFoundError):
    code = "dead_link"
    default_message = "This link does not work any more. It may have been used already, or be too old."


def issue(user: User, purpose: str, *, password: str = "") -> str:
    """The address to mail; its secret is kept nowhere else. `password` is a hash."""
    path, lifetime = PLACES[Purpose(purpose)]
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        user=user,
        purpose=purpose,
        email=user.email,
        password=password,
        token_hash=_hash(token),
        expires_at=timezone.now() + lifetime,
    )
    return f"{settings.PUBLIC_URL}{path}?token={token}"


def find(token: str, purpose: str) -> OneTimeLink:
    """The link as long as it can still be used."""
    link = (
        OneTimeLink.objects.select_related("user")
        .filter(token_hash=_hash(token), purpose=purpose, used_at=None, expires_at__gt=Now())
        .filter(user__is_active=True, user__deleted_at=None)
        .first()
    )
    # An address that has been changed since is not what the letter proved.
    if link is None or link.email.lower() != link.user.email.lower():
        raise DeadLinkError
    return link


def claim(token: str, purpose: str) -> OneTimeLink:
    """The link, used up: of several who try at once, one gets it."""
    link = find(token, purpose)
    if not OneTimeLink.objects.filter(pk=link.pk, used_at=None).update(used_at=Now()):
        raise DeadLinkError
    return link


def void(user: User, purpose: str) -> None:
    OneTimeLink.objects.filter(user=user, purpose=purpose, used_at=None).update(used_at=Now())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
