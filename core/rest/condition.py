"""How the studio's parts are, asked for real: the back-office's detailed health."""

from __future__ import annotations

import time
import tomllib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerInTimeError
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import redis
import structlog
from celery import current_app
from django.conf import settings
from django.core.cache import cache as cache_of_answers
from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from core import beat
from core.rest import health
from core.runs import pipelines
from core.runs.models import Run, Step
from core.storage import store

log = structlog.get_logger(__name__)

HEALTHY, DEGRADED, UNHEALTHY, DISABLED = "healthy", "degraded", "unhealthy", "disabled"
# Workers answer a broadcast; how many will is not known, so it takes this long always.
WORKER_SECONDS = 0.7
STORAGE_SECONDS = 5.0
CREW, SEEN = "condition:crew", "workers-seen"
ASKED_AGAIN_AFTER, HOUR = 2, 3600
WORDS = b"written and read again"


def detailed() -> dict[str, Any]:
    parts = {
        "database": asked(health.database),
        "redis": asked(health.broker),
        "queues": queues(),
        "storage": asked(storage_in_time),
        "beat": beat_part(),
    }
    return {"status": overall(parts), **parts, "version": version(), "checked_at": timezone.now()}


def overall(parts: dict[str, dict[str, Any]]) -> str:
    """Without database, Redis or storage nothing works; without workers or beat, what is there can still be used."""
    if any(parts[name]["status"] == UNHEALTHY for name in ("database", "redis", "storage")):
        return UNHEALTHY
    return DEGRADED if any(part["status"] == UNHEALTHY for part in parts.values()) else HEALTHY


def asked(check: Callable[[], None]) -> dict[str, Any]:
    began = time.monotonic()
    try:
        check()
    except health.NotReadyError as error:
        return {"status": UNHEALTHY, "latency_ms": None, "detail": str(error)}
    except Exception as error:  # noqa: BLE001  (whatever a driver raises; the log says what)
        log.warning("condition.part_failed", check=check.__name__, error=repr(error))
        return {"status": UNHEALTHY, "latency_ms": None, "detail": "cannot be reached"}
    return {"status": HEALTHY, "latency_ms": round((time.monotonic() - began) * 1000, 2), "detail": None}


def queues() -> dict[str, Any]:
    """What waits in the broker by queue, who would take it, and what is under way."""
    names = sorted({settings.CELERY_TASK_DEFAULT_QUEUE, *pipelines.queues()})
    oldest = Run.objects.filter(status=Run.Status.RUNNING).aggregate(since=Min("created_at"))["since"]
    leases = Step.objects.filter(status=Step.Status.RUNNING, lease_expires_at__gt=Now()).count()
    part: dict[str, Any] = {
        "status": HEALTHY,
        "depths": dict.fromkeys(names, 0),
        "workers": 0,
        "running_steps": leases,
        "oldest_run_seconds": round((timezone.now() - oldest).total_seconds()) if oldest else None,
        "detail": None,
    }
    try:
        part["depths"] = {name: depth(name) for name in names}
        part["workers"] = workers()
    except Exception as error:  # noqa: BLE001  (as above)
        log.warning("condition.part_failed", check="queues", error=repr(error))
        return {**part, "status": UNHEALTHY, "detail": "the broker cannot be reached"}
    if not part["workers"]:
        part |= {"status": UNHEALTHY, "detail": "no worker answers"}
    return part


def stations() -> dict[str, Any]:
    """For whoever keeps the work going: by queue what waits in the broker, what is being done and what waits for its time."""
    names = sorted({settings.CELERY_TASK_DEFAULT_QUEUE, *pipelines.queues()})
    doing = Count("pk", filter=Q(status=Step.Status.RUNNING, lease_expires_at__gt=Now()))
    later = Count("pk", filter=Q(status=Step.Status.WAITING, run_after__isnull=False))
    steps = Step.objects.filter(status__in=[Step.Status.RUNNING, Step.Status.WAITING]).order_by().values("queue")
    counted = {row["queue"]: (row["active"], row["scheduled"]) for row in steps.annotate(active=doing, scheduled=later)}
    depths, online, known = dict.fromkeys(names, 0), 0, 0
    try:
        depths = {name: depth(name) for name in names}
        online, known = crew()
    except Exception as error:  # noqa: BLE001  (whatever a driver raises; what the database knows is still told)
        log.warning("condition.part_failed", check="stations", error=repr(error))
    return {
        "queues": [
            {
                "name": name,
                "depth": depths[name],
                "active": counted.get(name, (0, 0))[0],
                "scheduled": counted.get(name, (0, 0))[1],
            }
            for name in names
        ],
        "workers": {"total": known, "online": online},
        "generated_at": timezone.now(),
    }


def crew() -> tuple[int, int]:
    """How many workers answer now, and how many did within the last hour. Asked at most every other second, for everybody."""
    found: tuple[int, int] | None = cache_of_answers.get(CREW)
    if found is None:
        there = [name for answer in current_app.control.ping(timeout=WORKER_SECONDS) or [] for name in answer]
        now = time.time()
        seen = broker()
        if there:
            seen.zadd(SEEN, dict.fromkeys(there, now))
        seen.zremrangebyscore(SEEN, 0, now - HOUR)
        found = len(there), int(seen.zcard(SEEN))
        cache_of_answers.set(CREW, found, ASKED_AGAIN_AFTER)
    return found


@cache
def broker() -> redis.Redis:
    return redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=health.SECONDS_PER_CHECK,
        socket_connect_timeout=health.SECONDS_PER_CHECK,
    )


def depth(queue: str) -> int:
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    return int(broker().llen(f"{prefix}{queue}"))


def workers() -> int:
    return len(current_app.control.ping(timeout=WORKER_SECONDS) or [])


def storage_in_time() -> None:
    # A store that hangs would hold the request for minutes; what it was asked for goes on without us.
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="condition")
    try:
        pool.submit(storage).result(STORAGE_SECONDS)
    except NoAnswerInTimeError as error:
        raise health.NotReadyError("no answer in time") from error
    finally:
        pool.shutdown(wait=False)


def storage() -> None:
    """Writes a few bytes, reads them and takes them away again."""
    key = f"health/{uuid.uuid4()}"
    with NamedTemporaryFile() as file:
        file.write(WORDS)
        file.flush()
        store().put(key, Path(file.name), content_type="text/plain")
    try:
        with store().local(key) as path:
            read = path.read_bytes()
    finally:
        store().delete(key)
    if read != WORDS:
        raise health.NotReadyError("what was written is not what is read")


def beat_part() -> dict[str, Any]:
    try:
        silent, complaint = beat.silence(), beat.complaint()
    except redis.RedisError:
        return {"status": UNHEALTHY, "detail": "cannot be reached"}
    if complaint:
        return {"status": UNHEALTHY, "detail": complaint}
    return {"status": DISABLED if silent is None else HEALTHY, "detail": None}


@cache
def version() -> str:
    return str(tomllib.loads((Path(settings.ROOT) / "pyproject.toml").read_text())["project"]["version"])
