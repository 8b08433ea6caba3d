"""What people say of themselves, and whom other issuers say they are."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from accounts.models import ExternalIdentity, User
from core import audit, mail
from core.errors import ConflictError, InvalidFieldError
from core.rest.request_info import info

HTTPS_ONLY = URLValidator(schemes=["https"])


@transaction.atomic
def change_profile(user: User, *, name: str, avatar_url: str, notification_mail: str = "", actor: User) -> None:
    """`avatar_url` is kept and handed on, never fetched. Without a word on letters they come as before."""
    name, avatar_url = name.strip(), avatar_url.strip()
    if not name or len(name) > 150:
        raise InvalidFieldError("Give a name of up to 150 characters.", field="name")
    if avatar_url:
        _check_picture(avatar_url)
    letters = notification_mail or user.notification_mail
    if letters not in User.Letters.values:
        raise InvalidFieldError("Choose how often.", field="notification_mail")
    user.name, user.avatar_url, user.notification_mail = name, avatar_url, letters
    user.save(update_fields=["name", "avatar_url", "notification_mail", "updated_at"])
    audit.record("accounts.user.update", user, actor=actor)


def _check_picture(address: str) -> None:
    try:
        HTTPS_ONLY(address)
    except ValidationError as error:
        raise InvalidFieldError("Give an address that begins with https://.", field="avatar_url") from error
    if len(address) > 500 or "@" in urlsplit(address).netloc:
        raise InvalidFieldError("Give a public address of up to 500 characters.", field="avatar_url")


@transaction.atomic
def link_identity(user: User, *, issuer: str, subject: str) -> ExternalIdentity:
    """From now on that issuer's account signs this person in. The person has just proved both of them."""
    identity, made = ExternalIdentity.objects.get_or_create(issuer=issuer, subject=subject, defaults={"user": user})
    if identity.user_id != user.pk:
        raise ConflictError("That account belongs to somebody else here.")
    if made:
        audit.record("accounts.external_identity.link", user, actor=user, issuer=issuer)
        what = "A company account was linked to yours. It signs you in from now on."
        mail.post(
            to=user.email,
            template="second_factor_changed",
            name=user.get_full_name(),
            what=what,
            address=info().address or "",
        )
    return identity


@transaction.atomic
def forget_identity(identity: ExternalIdentity, *, actor: User) -> bool:
    """The person can no longer come in through that issuer. False when that was so already."""
    gone, _ = ExternalIdentity.objects.filter(pk=identity.pk).delete()
    if gone:
        audit.record("accounts.external_identity.forget", identity, actor=actor, issuer=identity.issuer)
    return bool(gone)
