"""The same request sent twice is carried out once: who repeats an Idempotency-Key gets the first answer again."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import DomainError
from core.rest.limits import caller_key
from core.rest.models import IdempotentAnswer
from core.sealing import cipher

log = structlog.get_logger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
PURPOSE = "idempotent answers"
ACCEPTED_KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("Location", "ETag", "Content-Language", "Content-Disposition", "Preference-Applied")
# Not what the request led to but that it was not let in at this moment.
PASSING = frozenset({401, 408, 425, 429})
LARGEST_BODY = 2**20
SECONDS_TO_WAIT = 1


class UnusableKeyError(DomainError):
    default_message = f"{HEADER} must be 1 to 255 visible ASCII characters."


class KeyUsedOtherwiseError(DomainError):
    status_code = 422
    code = "idempotency_key_reused"
    default_message = f"This {HEADER} was used for another request."


class StillRunningError(DomainError):
    status_code = 409
    code = "still_running"
    default_message = f"The first request with this {HEADER} is still being carried out."
    retry_after = SECONDS_TO_WAIT


class Claim:
    """The right to carry out a request. Ends in exactly one of `keep` and `release`; a crash in between ends with the lease."""

    def __init__(self, row: IdempotentAnswer) -> None:
        self.rows = IdempotentAnswer.objects.filter(pk=row.pk, claim=row.claim)

    def keep(self, response: HttpResponseBase) -> None:
        """Remembers the answer, unless it is none that may be given again."""
        if not is_kept(response):
            self.release()
            return
        assert isinstance(response, HttpResponse)  # noqa: S101  (is_kept)
        try:
            self.rows.update(
                state=IdempotentAnswer.State.DONE,
                status=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
                body=cipher(PURPOSE).encrypt(response.content),
                expires_at=timezone.now() + timedelta(seconds=settings.IDEMPOTENCY_SECONDS),
            )
        except DatabaseError:
            # The work is done and its answer true; only a repetition has to wait for the lease.
            log.exception("idempotency.not_kept")

    def release(self) -> None:
        """The key is free again: nothing came of the request, or nothing that may be repeated."""
        self.rows.delete()


def is_kept(response: HttpResponseBase) -> bool:
    return (
        isinstance(response, HttpResponse)
        and response.status_code < 500
        and response.status_code not in PASSING
        # A cookie may be a credential.
        and not response.cookies
        and len(response.content) <= LARGEST_BODY
    )


def guarded(request: Request, handler: Callable[..., HttpResponseBase]) -> tuple[Claim | None, Callable[..., Any]]:
    """The handler to call, and the claim to settle when it has answered. Without the header: the handler itself."""
    key = request.headers.get(HEADER)
    if key is None:
        return None, handler
    if not ACCEPTED_KEY.fullmatch(key):
        raise UnusableKeyError
    found = claim_or_answer(
        scope=caller_key(request, request.user),
        method=str(request.method),
        path=request.path[:500],
        key=key,
        fingerprint=fingerprint(request),
    )
    if isinstance(found, Claim):
        return found, handler
    return None, lambda *_, **__: found


def claim_or_answer(*, scope: str, method: str, path: str, key: str, fingerprint: str) -> Claim | HttpResponse:
    """The right to go on, or the answer of the first request."""
    now = timezone.now()
    fresh = {
        "fingerprint": fingerprint,
        "state": IdempotentAnswer.State.RUNNING,
        "claim": uuid.uuid4(),
        "claimed_until": now + timedelta(seconds=settings.IDEMPOTENCY_LEASE_SECONDS),
        "expires_at": now + timedelta(seconds=settings.IDEMPOTENCY_SECONDS),
        "status": None,
    }
    place = {"scope": scope, "method": method, "path": path, "key": key}
    try:
        # A transaction of its own: others have to see the claim while the work goes on.
        with transaction.atomic():
            return Claim(IdempotentAnswer.objects.create(**place, **fresh))
    except IntegrityError:
        pass
    dead = Q(state=IdempotentAnswer.State.RUNNING, claimed_until__lt=now) | Q(expires_at__lt=now)
    # One statement judges and takes over, so that of two who find a dead claim one gets it.
    taken = IdempotentAnswer.objects.filter(dead, **place).update(**fresh)
    row = IdempotentAnswer.objects.filter(**place).first()
    if row is None:
        # Released between the two statements.
        raise StillRunningError
    if taken and row.claim == fresh["claim"]:
        return Claim(row)
    if row.fingerprint != fingerprint:
        raise KeyUsedOtherwiseError
    if row.state == IdempotentAnswer.State.RUNNING:
        raise StillRunningError
    return replayed(row)


def replayed(row: IdempotentAnswer) -> HttpResponse:
    try:
        content = cipher(PURPOSE).decrypt(bytes(row.body))
    except InvalidToken as error:
        # The key it was encrypted with has been retired: the answer is gone, but carrying out again is not safe.
        raise KeyUsedOtherwiseError("The answer to this request is no longer kept.") from error
    response = HttpResponse(content, status=row.status, headers=row.headers)
    # 204 has none, and the framework would add its own.
    if row.content_type:
        response.headers["Content-Type"] = row.content_type
    else:
        del response.headers["Content-Type"]
    response.headers[REPLAYED] = "true"
    return response


def fingerprint(request: Request) -> str:
    """What makes two requests the same one: query and body; of a form its fields and the bytes of its files."""
    digest = hashlib.sha256()
    digest.update(request.META.get("QUERY_STRING", "").encode() + b"\0")
    if not (request.content_type or "").startswith("multipart/"):
        digest.update(request._request.body)  # noqa: SLF001  (read before the parser, which then reads the same bytes)
        return digest.hexdigest()
    fields: Any = request.data
    for name in sorted(fields):
        for value in fields.getlist(name):
            digest.update(f"{name}\0".encode())
            if hasattr(value, "chunks"):
                digest.update(f"{value.name}\0{value.size}\0".encode())
                for chunk in value.chunks():
                    digest.update(chunk)
                value.seek(0)
            else:
                digest.update(f"{value}\0".encode())
    return digest.hexdigest()


def sweep(*, at_most: int = 10_000) -> int:
    """Deletes what has expired, and claims that nobody came back for."""
    old = IdempotentAnswer.objects.filter(expires_at__lt=timezone.now()).order_by("expires_at", "pk")[:at_most]
    return IdempotentAnswer.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]


def when_final(response: HttpResponseBase, act: Callable[[HttpResponseBase], None]) -> None:
    """Now, as soon as the body exists, or when the work that the answer waits for is done (core.rest.waiting)."""
    wait = getattr(response, "waits_for", None)
    if wait is not None:
        wait.then.append(act)
    elif isinstance(response, Response):
        response.add_post_render_callback(act)
    else:
        act(response)
