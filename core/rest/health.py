"""Is the process alive, and can it work: what load balancers, the supervisor and the pipeline's clients ask."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import redis
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from core import beat
from core.storage import store

log = structlog.get_logger(__name__)

SECONDS_PER_CHECK = 1.0
SECONDS_KEPT = 2.0
LEAST_FREE_BYTES = 64 * 2**20


class NotReadyError(Exception):
    """A check that was carried out and found something missing."""


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReadyError("there are migrations to apply")


def broker() -> None:
    broker_client().ping()


@cache
def broker_client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=SECONDS_PER_CHECK, socket_connect_timeout=SECONDS_PER_CHECK
    )


def storage() -> None:
    store().check()


def disk() -> None:
    free = shutil.disk_usage(settings.HOME).free
    if free < LEAST_FREE_BYTES:
        raise NotReadyError(f"only {free // 2**20} MiB of disk are free")


def beating() -> None:
    if complaint := beat.complaint():
        raise NotReadyError(complaint)


CHECKS: Mapping[str, Callable[[], None]] = {
    "database": database,
    "migrations": migrations,
    "redis": broker,
    "storage": storage,
    "disk": disk,
    "beat": beating,
}


@dataclass
class Readiness:
    """The last answers. Probes come from many sides; none may become a load of its own."""

    results: dict[str, str] = field(default_factory=dict)
    taken_at: float = float("-inf")

    async def ask(self) -> dict[str, str]:
        if time.monotonic() - self.taken_at > SECONDS_KEPT:
            answers = await asyncio.gather(*(passed(name, check) for name, check in CHECKS.items()))
            self.results = dict(zip(CHECKS, answers, strict=True))
            self.taken_at = time.monotonic()
        return self.results


readiness = Readiness()


async def passed(name: str, check: Callable[[], None]) -> str:
    try:
        async with asyncio.timeout(SECONDS_PER_CHECK):
            await sync_to_async(closing_connection(check), thread_sensitive=False)()
    except NotReadyError as error:
        return str(error)
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001  (whatever a driver raises means: not ready; the log says what)
        log.warning("readiness.failed", check=name, error=repr(error))
        return "cannot be reached"
    return "ok"


def closing_connection(check: Callable[[], None]) -> Callable[[], None]:
    """These threads belong to no request, so nobody else closes what they opened."""

    def run() -> None:
        try:
            check()
        finally:
            connection.close()

    return run


@require_safe
async def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  (the framework's signature)
    """Alive. Touches nothing, so that a broken dependency does not restart a sound process."""
    return JsonResponse({"status": "ok"})


@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  (the framework's signature)
    checks = await readiness.ask()
    ready = all(answer == "ok" for answer in checks.values())
    return JsonResponse({"status": "ready" if ready else "not_ready", "checks": checks}, status=200 if ready else 503)


@require_safe
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  (the framework's signature)
    """The pipeline document's detailed health: the database is really asked."""
    try:
        database()
        connected = True
    except DatabaseError:
        connected = False
    try:
        broker()
        websocket = "ready"
    except redis.RedisError:
        websocket = "unavailable"
    body = {
        "status": "healthy" if connected else "unhealthy",
        "database": "connected" if connected else "disconnected",
        "services": {"orchestrator": "ready" if connected else "unavailable", "websocket": websocket},
    }
    return JsonResponse(body, status=200 if connected else 503)


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """Browsers go to their work, programs get the pipeline document's health."""
    response: HttpResponse
    if "text/html" in request.headers.get("Accept", ""):
        response = HttpResponseRedirect(
            settings.LOGIN_REDIRECT_URL if request.user.is_authenticated else settings.LOGIN_URL
        )
    else:
        # The three values are literal in the pipeline document.
        response = JsonResponse({"status": "healthy", "service": "Gauntlet Pipeline Orchestrator", "version": "1.0.0"})
    patch_vary_headers(response, ("Accept", "Cookie"))
    return response
