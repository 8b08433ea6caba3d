"""What programs hold after signing in: a short-lived access token and a refresh token that is replaced at each use.

The database knows hashes only. An access token names its sign-in and the refresh token it came with, and lives no longer
than these.
"""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import RefreshToken, User, UserSession
from accounts.services import challenges, second_factor, sign_in
from accounts.services.sign_in import Credential
from core import audit
from core.errors import NotSignedInError, SecondFactorRequiredError
from core.prepared import Prepared
from core.rest.request_info import info

ALGORITHM = "HS256"
# Whoever makes tokens is whoever reads them.
ISSUER = AUDIENCE = "reelwright"
ACCESS = "access"
CLAIMS = ["iss", "aud", "sub", "sid", "rid", "jti", "typ", "iat", "exp", "ver"]
REFUSED = "Invalid or expired token"
REFRESH_PREFIX = "rwr_"
# What reading a token may raise: a header nested a thousand deep is JSON, too.
UNREADABLE = (jwt.PyJWTError, RecursionError)


@dataclass(frozen=True)
class Pair:
    """The two tokens as their holder gets them. `expires_in` is the access token's life in seconds."""

    session: UserSession
    access_token: str
    refresh_token: str
    expires_in: int


def grant(user: User, *, methods: list[str]) -> Pair:
    """A pair for somebody who has given these proofs; SecondFactorRequiredError when they are too few for this person."""
    if not sign_in.lacks_second_factor(user, methods):
        return issue(user, methods=methods)
    if not sign_in.owns_second_factor(user):
        raise SecondFactorRequiredError(
            mfa={"setup_required": True, "setup_url": f"{settings.PUBLIC_URL}/setup-2fa-required"}
        )
    raise SecondFactorRequiredError(
        mfa={
            "challenge": challenges.open_challenge(user, methods=methods),
            "expires_in": challenges.SECONDS,
            "methods": second_factor.methods(user),
        }
    )


@transaction.atomic
def issue(user: User, *, methods: list[str]) -> Pair:
    """Signs a program in. The caller has checked every proof, the second factor included."""
    sign_in.hold_unchanged(user)
    methods = sign_in.in_words(methods)
    session = UserSession.objects.create(
        user=user,
        kind=UserSession.Kind.TOKEN,
        methods=methods,
        ip_address=info().address,
        user_agent=info().user_agent,
        expires_at=timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS),
    )
    audit.record("auth.login", user, actor=user, kind=session.kind, methods=methods, address=info().address)
    return new_pair(session, user)


def new_pair(session: UserSession, user: User) -> Pair:
    """Writes the newest pair of a sign-in, which is new or locked."""
    secret = REFRESH_PREFIX + secrets.token_urlsafe(32)
    refresh = RefreshToken.objects.create(session=session, token_hash=hash_of(secret))
    access = sign(user, session_id=session.pk, refresh_id=refresh.pk, methods=session.methods)
    session.access_token, session.refresh_token = hash_of(access), refresh.token_hash
    session.last_seen_at = timezone.now()
    session.expires_at = session.last_seen_at + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS)
    session.save(update_fields=["access_token", "refresh_token", "last_seen_at", "expires_at"])
    return Pair(session, access, secret, settings.ACCESS_TOKEN_SECONDS)


def sign(user: User, *, session_id: uuid.UUID, refresh_id: uuid.UUID, methods: list[str]) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user.pk),
        "sid": str(session_id),
        "rid": str(refresh_id),
        "jti": str(uuid.uuid4()),
        "typ": ACCESS,
        "iat": now,
        "exp": now + settings.ACCESS_TOKEN_SECONDS,
        "ver": user.token_version,
        "amr": methods,
        "mfa": "otp" in methods,
    }
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, algorithm=ALGORITHM)


# Reading.


def signed_in(*, sid: uuid.UUID, rid: uuid.UUID, sub: uuid.UUID) -> QuerySet[UserSession]:
    """The live sign-in that an access token names."""
    # A replaced refresh token takes the access token that came with it along.
    newest = RefreshToken.objects.filter(pk=rid, session=OuterRef("pk"), replaced_at=None)
    devices = TOTPDevice.objects.filter(user=OuterRef("user_id"), confirmed=True)
    found: QuerySet[UserSession] = (
        UserSession.objects.live()
        .filter(Exists(newest), pk=sid, user=sub, kind=UserSession.Kind.TOKEN)
        .annotate(second_factor=Exists(devices))
        .select_related("user")
        .order_by()
    )
    return found


SIGNED_IN = Prepared(signed_in, sid=uuid.UUID(int=1), rid=uuid.UUID(int=2), sub=uuid.UUID(int=3))


def authenticate(token: str) -> tuple[User, Credential]:
    """Whose access token this is, in one query; NotSignedInError when it opens nothing any more."""
    claims = claims_of(token)
    session = SIGNED_IN.first(**{name: uuid.UUID(claims[name]) for name in ("sid", "rid", "sub")})
    if session is None:
        raise NotSignedInError
    user: User = session.user
    user.second_factor = session.second_factor  # type: ignore[attr-defined]  # as `signing_in()` would
    if user.token_version != claims["ver"] or not allowed(session, user):
        raise NotSignedInError
    sign_in.note_program_seen(session)
    return user, Credential(session=session)


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token that we have signed, as an access token, and that has not run out."""
    for key in (settings.JWT_SIGNING_KEY, *settings.JWT_SIGNING_KEY_FALLBACKS):
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # When it was made says nothing that its end does not, and our machines' clocks differ.
                options={"require": CLAIMS, "verify_iat": False},
            )
        except jwt.InvalidSignatureError:
            continue
        except UNREADABLE as error:
            raise NotSignedInError from error
        if claims["typ"] != ACCESS:
            raise NotSignedInError
        return claims
    raise NotSignedInError


def allowed(session: UserSession, user: User) -> bool:
    return not sign_in.is_closed(user) and not sign_in.lacks_second_factor(user, session.methods)


def looks_like_access_token(token: str) -> bool:
    """By its form alone: three parts, as RFC 7519 has them."""
    return token.count(".") == 2


# Renewing.


def refresh(secret: str) -> Pair:
    """A fresh pair for a refresh token; the old pair ends with it.

    The token that was just replaced still gets a pair of its own for ten seconds, because two tabs may ask at once. Later its
    use means that somebody else holds a copy: the sign-in ends.
    """
    with transaction.atomic():
        pair = _refresh_locked(hash_of(secret))
    # Raised outside, so that the end of the sign-in is kept.
    if pair is None:
        raise NotSignedInError(REFUSED)
    return pair


def _refresh_locked(token_hash: str) -> Pair | None:
    # The session's lock lets two tabs come one after the other.
    session = (
        UserSession.objects.live()
        .select_for_update(of=("self",))
        .select_related("user")
        .filter(pk__in=RefreshToken.objects.filter(token_hash=token_hash).values("session"))
        .first()
    )
    if session is None or not allowed(session, session.user):
        return None
    mine = RefreshToken.objects.filter(token_hash=token_hash)
    if mine.filter(created_at__lte=Now() - timedelta(seconds=settings.REFRESH_TOKEN_SECONDS)).exists():
        return None
    if mine.filter(replaced_at=None).update(replaced_at=Now()):
        return new_pair(session, session.user)
    if mine.filter(replaced_at__gt=Now() - timedelta(seconds=settings.REFRESH_GRACE_SECONDS)).exists():
        return new_pair(session, session.user)
    sign_in.end(session, because="a replaced refresh token was used again")
    audit.record("auth.refresh_reused", session, actor=None, user_id=str(session.user_id), address=info().address)
    return None


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
