"""Sign-in with an id token of Microsoft's identity platform.

People are found by issuer and subject. An address in a token is what a tenant's admin typed: it leads to an account here only
where Microsoft says that the tenant owns the address.
"""

from __future__ import annotations

import secrets
from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import ExternalIdentity, User
from accounts.services import issuer_keys, sign_in, tokens
from core import audit
from core.errors import NotSignedInError, UnavailableError

REFUSED = "Invalid Microsoft token"
NOT_CONFIGURED = "Microsoft sign-in is not configured"
LEEWAY_SECONDS = 60
TRUE = (True, 1, "1", "true", "True")
METHODS = ["ext"]


def is_configured() -> bool:
    return bool(settings.MICROSOFT_CLIENT_ID and settings.MICROSOFT_TENANTS)


def person_of(id_token: str, *, nonce: str = "") -> User:
    """The person this token speaks for, made when nobody has the address. Their second factor is still to be asked for."""
    if not is_configured():
        raise UnavailableError(NOT_CONFIGURED, retry_after=3600)
    try:
        claims = verified_claims(id_token, nonce=nonce)
        return found_or_made(claims)
    except NotSignedInError as error:
        sign_in.note_failure(None, "microsoft")
        raise NotSignedInError(REFUSED) from error


def verified_claims(id_token: str, *, nonce: str) -> dict[str, Any]:
    """The claims of a token signed for this application, by Microsoft, for one of our tenants, now."""
    try:
        header = jwt.get_unverified_header(id_token)
        key = issuer_keys.key_at(settings.MICROSOFT_JWKS_URL, str(header.get("kid", "")))
        if key is None or key.key_type != "RSA":
            raise NotSignedInError
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key,
            algorithms=["RS256"],
            audience=settings.MICROSOFT_CLIENT_ID,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "iat", "sub", "tid"]},
        )
    except tokens.UNREADABLE as error:
        raise NotSignedInError from error
    tenant = str(claims["tid"])
    if tenant not in settings.MICROSOFT_TENANTS or claims["iss"] != settings.MICROSOFT_ISSUER.format(tenant=tenant):
        raise NotSignedInError
    if nonce and not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NotSignedInError
    return claims


def found_or_made(claims: dict[str, Any]) -> User:
    user = linked(claims)
    if user is None:
        try:
            user = link(claims)
        except IntegrityError:
            # The same token came twice at once; the other was first.
            user = linked(claims)
    if user is None or sign_in.is_closed(user):
        raise NotSignedInError
    return user


def linked(claims: dict[str, Any]) -> User | None:
    of = ExternalIdentity.objects.filter(issuer=claims["iss"], subject=claims["sub"])
    found: User | None = User.objects.signing_in().filter(pk__in=of.values("user")).first()
    return found


@transaction.atomic
def link(claims: dict[str, Any]) -> User:
    """Ties this identity to the person with its address, or to a new person."""
    email = address_of(claims)
    owned = claims.get("xms_edov") in TRUE or claims.get("email_verified") in TRUE
    user: User | None = User.objects.filter(email=email).first()
    if user is None:
        # Whether the address is theirs decides what it opens later, such as invitations to it; the identity itself is proved.
        user = User.objects.create_user(
            email,
            name=str(claims.get("name", ""))[:150].replace("\0", ""),
            role=User.Role.CLIENT,
            email_verified_at=timezone.now() if owned else None,
        )
        audit.record("accounts.user.create", user, actor=user, role=user.role, by="microsoft")
    elif not owned or sign_in.why_shut_out(user):
        raise NotSignedInError
    ExternalIdentity.objects.create(user=user, issuer=claims["iss"], subject=claims["sub"])
    audit.record("accounts.external_identity.link", user, actor=user, issuer=claims["iss"])
    return user


def address_of(claims: dict[str, Any]) -> str:
    email = str(claims.get("email") or claims.get("preferred_username") or "").strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise NotSignedInError from error
    if len(email) > 254:
        raise NotSignedInError
    return email
