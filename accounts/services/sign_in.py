"""Coming in and going out: the one way behind pages, token routes and the Django admin."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import ApiKey, User, UserSession
from accounts.services import challenges, registration, second_factor
from core import audit
from core.errors import NotSignedInError, ReauthenticationRequiredError, TooManyRequestsError
from core.rest import throttles
from core.rest.limits import network_key
from core.rest.request_info import info

NextStep = Literal["done", "second_factor", "setup"]

REFUSED = "Invalid email or password"
WRONG_CODE = "That code is not right."
SIGN_IN_AGAIN = "Too many wrong codes. Sign in again in a while."
LONGEST_PASSWORD = 4096
# In the words of RFC 8176. A recovery code is a one-time password as well.
WORDS = {"totp": "otp", "recovery_code": "otp"}
SECONDS_BETWEEN_LOOKS = 300
RECENT_SECONDS = 300
# Whoever gets as far as guessing codes knows the password, so counting by account locks nobody out who is innocent.
WRONG_CODES_OF_AN_ACCOUNT = 10
WRONG_CODES_SECONDS = 900

# Keys of a browser's session.
PENDING, PENDING_CHALLENGE = "pending_2fa_user_id", "pending_2fa_challenge"
SETUP, SETUP_SINCE = "pending_2fa_setup_user_id", "pending_2fa_setup_since"
SIGN_IN, METHODS, SEEN_AT, PROVED_AT = "sign_in_id", "methods", "seen_at", "proved_at"


@dataclass(frozen=True)
class Credential:
    """What a program came with, as `request.auth`: the sign-in of its token, or its API key. Browsers have none."""

    session: UserSession | None = None
    key: ApiKey | None = None


# The first proof.


def check_password(*, email: str, password: str, address: str | None = None) -> User:
    """The person with this address and password.

    Unknown, inactive, unverified and wrong look alike and cost alike. Failures are counted by account and caller's address
    together: nobody can lock somebody else out from afar.
    """
    email = email.strip().lower().replace("\0", "")
    key = hashlib.sha256(f"{email}|{network_key(address or info().address or '')}".encode()).hexdigest()
    # Counted before the look, so that parallel guesses count one by one; the right password clears the count.
    throttles.check("sign_in_failures", key, fail_closed=True)
    user: User | None = User.objects.signing_in().filter(email=email).first()
    reason = why_refused(user, password)
    if user is None or reason:
        note_failure(user, reason)
        if user is not None and reason == "unverified":
            # Only who knows the password gets this far, and only the mailbox learns of it.
            registration.resend(user)
        raise NotSignedInError(REFUSED)
    throttles.forget("sign_in_failures", key)
    return user


def why_refused(user: User | None, password: str) -> str:
    """Empty when the password is right and the person may sign in."""
    known = password[:LONGEST_PASSWORD]
    if user is None:
        # The same work as for somebody known.
        make_password(known)
        return "unknown"
    if not user.check_password(known) or len(password) > LONGEST_PASSWORD:
        return "password"
    return why_shut_out(user)


def why_shut_out(user: User) -> str:
    if is_closed(user):
        return "inactive"
    return "" if user.email_verified_at else "unverified"


def is_closed(user: User) -> bool:
    return not user.is_active or user.deleted_at is not None


def note_failure(user: User | None, reason: str) -> None:
    audit.record("auth.login_failed", user, actor=None, reason=reason, address=info().address)


# The second proof.


def next_step(user: User) -> NextStep:
    """What is missing after the first proof."""
    if owns_second_factor(user):
        return "second_factor"
    return "setup" if settings.MFA_POLICY == "required" else "done"


def owns_second_factor(user: User) -> bool:
    """Free of charge for people who came through `signing_in()`."""
    known: bool | None = getattr(user, "second_factor", None)
    return second_factor.has_second_factor(user) if known is None else known


def lacks_second_factor(user: User, methods: list[str]) -> bool:
    """Whether a sign-in by these methods alone is too little for this person by now."""
    return "otp" not in methods and next_step(user) != "done"


def prove_challenge(token: str, code: str) -> tuple[User, list[str]]:
    """The person of this challenge and the methods they have proved, given the right code; the challenge is used up then.

    Five wrong codes void it.
    """
    challenge = challenges.find_challenge(token)
    if challenge is None:
        raise NotSignedInError(REFUSED)
    user = challenge.user
    throttles.demand(
        throttles.hit(
            "wrong_codes",
            str(user.pk),
            limit=WRONG_CODES_OF_AN_ACCOUNT,
            seconds=WRONG_CODES_SECONDS,
            fail_closed=True,
        ),
        message=SIGN_IN_AGAIN,
    )
    tries = challenges.count_try(token)
    if tries is None:
        raise NotSignedInError(REFUSED)
    if tries > challenges.WRONG_CODES:
        raise TooManyRequestsError(SIGN_IN_AGAIN, retry_after=RECENT_SECONDS)
    method = second_factor.verify(user, code)
    if method is None:
        note_failure(user, "second_factor")
        if tries == challenges.WRONG_CODES:
            raise TooManyRequestsError(SIGN_IN_AGAIN, retry_after=RECENT_SECONDS)
        raise NotSignedInError(WRONG_CODE)
    if not challenges.use_up(token):
        raise NotSignedInError(REFUSED)
    throttles.forget("wrong_codes", str(user.pk))
    return user, in_words([*challenge.methods, method])


def in_words(methods: list[str]) -> list[str]:
    """In the words of RFC 8176, each once; two different proofs are `mfa`."""
    words = list(dict.fromkeys(WORDS.get(method, method) for method in methods))
    return [*words, "mfa"] if len(words) > 1 and "mfa" not in words else words


def hold_for_second_factor(request: HttpRequest, user: User, *, methods: list[str] | None = None) -> None:
    """The browser has given the first proof. It is not signed in: its session knows who is waited for, nothing else."""
    _end_session_before(request)
    request.session.flush()
    request.session[PENDING] = str(user.pk)
    request.session[PENDING_CHALLENGE] = challenges.open_challenge(user, methods=methods or ["pwd"])


def held(request: HttpRequest) -> User | None:
    """Whose code this browser owes. None after ten minutes, or after five wrong codes."""
    token = request.session.get(PENDING_CHALLENGE)
    challenge = challenges.find_challenge(token) if token else None
    if challenge is None or challenge.is_void:
        return None
    return challenge.user


def prove_held(request: HttpRequest, code: str) -> tuple[User, list[str]]:
    """As `prove_challenge`, for the person this browser was held for. Call `open_browser_session` with what it returns."""
    try:
        return prove_challenge(request.session.get(PENDING_CHALLENGE, ""), code)
    except TooManyRequestsError:
        release(request)
        raise


def hold_for_setup(request: HttpRequest, user: User) -> None:
    """The policy wants a second factor and the person has none yet: only its set-up is open to this browser."""
    _end_session_before(request)
    request.session.flush()
    request.session[SETUP] = str(user.pk)
    request.session[SETUP_SINCE] = time.time()


def held_for_setup(request: HttpRequest) -> User | None:
    since = request.session.get(SETUP_SINCE, 0)
    if not since or time.time() - since > challenges.SECONDS:
        return None
    user = User.objects.signing_in().active().filter(pk=request.session.get(SETUP)).first()
    # Somebody set one up meanwhile: then its code is asked for.
    return None if user is None or owns_second_factor(user) else user


def release(request: HttpRequest) -> None:
    """Forgets whom this browser was held for."""
    for key in (PENDING, PENDING_CHALLENGE, SETUP, SETUP_SINCE):
        request.session.pop(key, None)


def hold_unchanged(user: User) -> None:
    """Locks the person and refuses when all their sign-ins ended since they were looked up: a proof given before is void then.

    Whoever ends them waits for this transaction, and so ends what it begins.
    """
    unchanged = User.objects.active().filter(pk=user.pk, token_version=user.token_version)
    if not unchanged.select_for_update(no_key=True).exists():
        raise NotSignedInError(REFUSED)


# Browsers.


@transaction.atomic
def open_browser_session(request: HttpRequest, user: User, *, methods: list[str]) -> UserSession:
    """Signs the browser in under a new session key, so that one known before is worth nothing after."""
    hold_unchanged(user)
    methods = in_words(methods)
    _end_session_before(request)
    request.session.flush()
    auth.login(request, user)
    now = time.time()
    ends = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session.set_expiry(ends)
    row = UserSession.objects.create(
        user=user,
        kind=UserSession.Kind.BROWSER,
        session_key=request.session.session_key or "",
        methods=methods,
        ip_address=info().address,
        user_agent=info().user_agent,
        expires_at=ends,
    )
    request.session.update(
        {
            "user_id": str(user.pk),
            "user_name": user.get_full_name(),
            "user_email": user.email,
            SIGN_IN: str(row.pk),
            METHODS: methods,
            SEEN_AT: now,
            PROVED_AT: now,
        }
    )
    audit.record("auth.login", user, actor=user, kind=row.kind, methods=methods, address=info().address)
    return row


def _end_session_before(request: HttpRequest) -> None:
    """Signing in anew ends what this browser was signed in as."""
    before = request.session.get(SIGN_IN)
    if before:
        UserSession.objects.filter(pk=before, is_revoked=False).update(
            is_revoked=True, revoked_at=Now(), revoked_because="signed in again"
        )


def close_browser_session(request: HttpRequest) -> None:
    """Signs the browser out and empties its session."""
    row = current(request)
    user = request.user
    if isinstance(user, User):
        audit.record("auth.logout", user, actor=user, kind=UserSession.Kind.BROWSER)
    if row is not None:
        end(row, because="signed out")
    auth.logout(request)


@transaction.atomic
def sign_out(request: Any) -> None:
    """Ends whatever sign-in a request to the API belongs to."""
    credential = request.auth
    if not isinstance(credential, Credential):
        close_browser_session(request._request)  # noqa: SLF001  (the session hangs on Django's own request)
    elif credential.session is not None:
        end(credential.session, because="signed out")
        audit.record("auth.logout", request.user, actor=request.user, kind=UserSession.Kind.TOKEN)


def current(request: HttpRequest) -> UserSession | None:
    """The sign-in that this request belongs to."""
    credential = getattr(request, "auth", None)
    if isinstance(credential, Credential):
        return credential.session
    pk = request.session.get(SIGN_IN)
    return UserSession.objects.filter(pk=pk).first() if pk else None


def keep_browser_session(request: HttpRequest, user: User, *, methods: list[str] | None = None) -> None:
    """Carries this browser over a change that ends the person's other sign-ins. `methods` are proofs it has just given."""
    auth.update_session_auth_hash(request, user)
    proved = in_words([*request.session.get(METHODS, []), *(methods or [])])
    request.session[METHODS] = proved
    row = current(request)
    if row is not None:
        # The new key, for the session was renewed.
        UserSession.objects.filter(pk=row.pk).update(
            session_key=request.session.session_key or "", methods=proved, last_seen_at=Now()
        )


def still_counts(session: SessionBase, user: User) -> bool:
    """Whether a browser's session is good enough now: not left alone for too long, and proved as this person must."""
    return not was_left_alone(session) and not lacks_second_factor(user, session.get(METHODS, []))


def was_left_alone(session: SessionBase) -> bool:
    seen_at: float = session.get(SEEN_AT) or 0
    return seen_at > 0 and time.time() - seen_at > settings.SESSION_IDLE_SECONDS


def end_left_alone(session: SessionBase) -> None:
    """Also in the list of where the person is signed in."""
    UserSession.objects.filter(pk=session[SIGN_IN], is_revoked=False).update(
        is_revoked=True, revoked_at=Now(), revoked_because="left alone"
    )
    session.flush()


def note_seen(session: SessionBase) -> None:
    """Writes down that the browser is still there, at most every five minutes."""
    seen_at = session.get(SEEN_AT)
    if seen_at and time.time() - seen_at > SECONDS_BETWEEN_LOOKS:
        session[SEEN_AT] = time.time()
        UserSession.objects.filter(pk=session[SIGN_IN]).update(last_seen_at=Now(), ip_address=info().address)


def note_program_seen(session: UserSession) -> None:
    """As `note_seen`, for a sign-in that is at hand."""
    if timezone.now() - session.last_seen_at > timedelta(seconds=SECONDS_BETWEEN_LOOKS):
        UserSession.objects.filter(pk=session.pk).update(last_seen_at=Now(), ip_address=info().address)


# Ends, and proofs asked for again.


@transaction.atomic
def revoke(session: UserSession, *, because: str, actor: User | None) -> bool:
    """Ends one sign-in at once. False when it had ended already."""
    ended = end(session, because=because)
    if ended:
        audit.record("accounts.sign_in.revoke", session, actor=actor, reason=because, kind=session.kind)
    return ended


def end(session: UserSession, *, because: str) -> bool:
    ended = UserSession.objects.filter(pk=session.pk, is_revoked=False).update(
        is_revoked=True, revoked_at=Now(), revoked_because=because
    )
    if session.session_key:
        Session.objects.filter(pk=session.session_key).delete()
    return bool(ended)


def reauthenticated(request: HttpRequest, user: User) -> None:
    """The person in front of this browser has just proved again who they are."""
    request.session[PROVED_AT] = time.time()
    audit.record("auth.reauthenticated", user, actor=user)


def require_recent_sign_in(request: Any) -> None:
    """For what may not be done from a browser that was left open: the last proof is five minutes old at most."""
    credential = getattr(request, "auth", None)
    if isinstance(credential, Credential):
        proved_at = credential.session.created_at.timestamp() if credential.session else 0
    else:
        proved_at = request.session.get(PROVED_AT, 0)
    if time.time() - proved_at > RECENT_SECONDS:
        raise ReauthenticationRequiredError
