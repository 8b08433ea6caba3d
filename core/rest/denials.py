"""Refusals in the audit trail: who was told that they may not, and where."""

from __future__ import annotations

import hashlib

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from rest_framework.request import Request

from core import audit
from core.rest.dialects import Failure
from core.rest.request_info import info, route_of

log = structlog.get_logger(__name__)

SECONDS = 60
# The caller may do it and is asked for the password first.
NO_REFUSALS = frozenset({"reauthentication_required"})


def note(request: HttpRequest | Request, failure: Failure) -> None:
    """One row per person, route and minute, so that somebody who tries everything does not fill the trail. Never fails the answer."""
    if failure.status != 403 or failure.code in NO_REFUSALS:
        return
    try:
        _note(request, failure)
    except Exception as error:  # noqa: BLE001  (the caller is answered whatever the trail's store says)
        log.warning("denial.not_noted", error=repr(error))


def _note(request: HttpRequest | Request, failure: Failure) -> None:
    user = getattr(request, "user", None)
    actor = user if isinstance(user, AbstractBaseUser) and user.pk else None
    route = route_of(request) or ""
    if not _is_first(f"{actor.pk if actor else info().address} {request.method} {route}"):
        return
    with transaction.atomic():
        audit.record(
            "access.denied",
            None,
            actor=actor,
            route=route,
            method=request.method,
            wanted=failure.wanted,
            reason=str(failure.extra.get("reason", "")) or failure.message,
        )


def _is_first(what: str) -> bool:
    """Of this minute. Without the cache every refusal counts."""
    key = f"denied:{hashlib.sha256(what.encode()).hexdigest()}"
    try:
        return bool(cache.add(key, 1, SECONDS))
    except Exception as error:  # noqa: BLE001  (whatever the cache's driver raises)
        log.warning("denial.not_counted", error=repr(error))
        return True
