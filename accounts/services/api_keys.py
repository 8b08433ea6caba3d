"""Keys of programs: named, scoped, shown once."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import ApiKey, User
from accounts.services import sign_in
from accounts.services.sign_in import Credential
from core import audit
from core.errors import InvalidFieldError, NotAllowedError, NotSignedInError
from core.prepared import Prepared

PREFIX = "rwk_"
MOST_KEYS = 50
SECONDS_BETWEEN_NOTES = 60
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Who gets in, and as what, is decided by people who have proved themselves, not by a program's key.
FOR_PEOPLE_ONLY = re.compile(
    r"/api/(v1/)?(auth|account|admin/users|invitations)(/|$)|/(members|pm|participants|invite|collaborators)(/|$)"
)
NOT_BY_KEY = "An API key cannot sign in or change credentials, people or roles. Sign in to do this."


@transaction.atomic
def create(user: User, *, name: str, scopes: list[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """The key, and its secret, which nobody can show again."""
    name = name.strip()
    if not name or len(name) > 100:
        raise InvalidFieldError("Give the key a name of at most 100 characters.", field="name")
    if not scopes or not set(scopes) <= set(ApiKey.Scope.values):
        raise InvalidFieldError(f"Choose from {', '.join(ApiKey.Scope.values)}.", field="scopes")
    if ApiKey.Scope.ADMIN in scopes and not user.has_role(User.Role.ADMIN):
        raise InvalidFieldError("Only admins can have keys for administration.", field="scopes")
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidFieldError("The end lies in the past.", field="expires_at")
    # The lock lets parallel requests count one by one.
    User.objects.select_for_update().get(pk=user.pk)
    if ApiKey.objects.filter(user=user).live().count() >= MOST_KEYS:
        raise InvalidFieldError(f"There are {MOST_KEYS} keys already. Revoke one that is not used.", field="name")
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=secret[:12],
        token_hash=hash_of(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    audit.record("accounts.api_key.create", key, actor=user, name=name, scopes=key.scopes)
    return key, secret


@transaction.atomic
def revoke(key: ApiKey, *, actor: User) -> bool:
    """False when it was revoked already."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now())
    if revoked:
        audit.record("accounts.api_key.revoke", key, actor=actor, name=key.name)
    return bool(revoked)


def with_hash(digest: str) -> QuerySet[ApiKey]:
    devices = TOTPDevice.objects.filter(user=OuterRef("user_id"), confirmed=True)
    found: QuerySet[ApiKey] = ApiKey.objects.live().filter(token_hash=digest).select_related("user")
    return found.annotate(second_factor=Exists(devices)).order_by()


WITH_HASH = Prepared(with_hash, digest="its hash")


def authenticate(secret: str, *, method: str, path: str) -> tuple[User, Credential]:
    """Whose key this is, in one query. NotAllowedError when its scopes do not reach as far as this request."""
    key = WITH_HASH.first(digest=hash_of(secret))
    if key is None:
        raise NotSignedInError
    key.user.second_factor = key.second_factor  # type: ignore[attr-defined]  # as `signing_in()` would
    if sign_in.is_closed(key.user) or not _policy_met(key.user):
        raise NotSignedInError
    require_scope(key, method=method, path=path)
    note_used(key)
    return key.user, Credential(key=key)


def _policy_met(user: User) -> bool:
    """A key was made by somebody who had proved enough then. Where the policy wants a second factor, they must still have one."""
    return sign_in.next_step(user) != "setup"


def require_scope(key: ApiKey, *, method: str, path: str) -> None:
    if method not in READING and FOR_PEOPLE_ONLY.search(path):
        raise NotAllowedError(NOT_BY_KEY)
    wanted = {ApiKey.Scope.READ if method in READING else ApiKey.Scope.WRITE}
    if path.startswith("/api/v1/admin"):
        wanted.add(ApiKey.Scope.ADMIN)
    missing = wanted - set(key.scopes)
    # Who may write may read.
    if missing == {ApiKey.Scope.READ} and ApiKey.Scope.WRITE in key.scopes:
        return
    if missing:
        raise NotAllowedError(f"This API key lacks the scope {', '.join(sorted(missing))}.")


def note_used(key: ApiKey) -> None:
    """At most once a minute."""
    before = timezone.now() - timedelta(seconds=SECONDS_BETWEEN_NOTES)
    if key.last_used_at is None or key.last_used_at < before:
        ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=before), pk=key.pk).update(last_used_at=Now())


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
