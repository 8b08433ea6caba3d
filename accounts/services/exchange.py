"""Tokens for people whom another server has signed in: it vouches for their address by a signed assertion.

An address alone proves nothing and never yields a token.
"""

from __future__ import annotations

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import challenges, issuer_keys, sign_in, tokens
from core import audit
from core.errors import NotSignedInError

# By the kind of key, never by what a token asks for: a secret could be confused with the text of a public key.
ALGORITHMS = {RSAPublicKey: "RS256", EllipticCurvePublicKey: "ES256", Ed25519PublicKey: "EdDSA"}
OLDEST_SECONDS = 60
# Our clock and the issuer's may differ by so much.
LEEWAY_SECONDS = 10
METHODS = ["ext"]


def person_of(assertion: str, *, email: str) -> User:
    """The person with this address, vouched for; made when there is none. NotSignedInError says nothing about why not."""
    try:
        claims = verified_claims(assertion)
        proved_for(claims, email=email)
        user = found_or_made(email)
    except (NotSignedInError, *tokens.UNREADABLE) as error:
        sign_in.note_failure(None, "exchange")
        raise NotSignedInError from error
    if sign_in.why_shut_out(user):
        sign_in.note_failure(user, sign_in.why_shut_out(user))
        raise NotSignedInError
    return user


def verified_claims(assertion: str) -> dict[str, Any]:
    issuer = str(jwt.decode(assertion, options={"verify_signature": False}).get("iss"))
    known = settings.EXCHANGE_ISSUERS.get(issuer)
    if not known:
        raise NotSignedInError
    key = key_of(known, assertion)
    claims: dict[str, Any] = jwt.decode(
        assertion,
        key,
        algorithms=[name for kind, name in ALGORITHMS.items() if isinstance(key, kind)],
        audience=settings.EXCHANGE_AUDIENCE,
        issuer=issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["iss", "aud", "iat", "exp", "jti", "email"]},
    )
    return claims


def key_of(known: str, assertion: str) -> Any:
    """The configured key itself, or the one of the issuer's published set that the assertion names."""
    if known.startswith("-----BEGIN"):
        # One line in an environment file.
        return load_pem_public_key(known.replace("\\n", "\n").encode())
    found = issuer_keys.key_at(known, str(jwt.get_unverified_header(assertion).get("kid", "")))
    if found is None:
        raise NotSignedInError
    return found.key


def proved_for(claims: dict[str, Any], *, email: str) -> None:
    """This address, verified, said just now, and said for the first time."""
    fresh = time.time() - int(claims["iat"]) <= OLDEST_SECONDS
    same = str(claims["email"]).strip().lower() == email
    if not (fresh and same and claims.get("email_verified") is True):
        raise NotSignedInError
    name = f"{claims['iss']} {claims['jti']}"
    if not challenges.claim_once("assertion", name, seconds=OLDEST_SECONDS + 2 * LEEWAY_SECONDS):
        raise NotSignedInError


def found_or_made(email: str) -> User:
    user: User | None = User.objects.signing_in().filter(email=email).first()
    if user is not None:
        return user
    try:
        with transaction.atomic():
            made: User = User.objects.create_user(email, role=User.Role.CLIENT, email_verified_at=timezone.now())
            audit.record("accounts.user.create", made, actor=made, role=made.role, by="exchange")
            return made
    except IntegrityError:
        # Two assertions for a new person at once.
        first: User = User.objects.signing_in().get(email=email)
        return first
