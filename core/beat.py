"""The tick of beat: written by beat itself whenever it has sent a task, so that a busy worker never makes it look dead."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import redis
from celery import signals
from django.conf import settings

KEY = "beat:tick"
STALE_SECONDS = 60.0
CONNECT_SECONDS = 1.0

# What was written before this process started may be from the last time the studio ran.
_started = time.time()


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=CONNECT_SECONDS, socket_connect_timeout=CONNECT_SECONDS
    )


def tick(**_: Any) -> None:
    _client().set(KEY, time.time())


def follow(**_: Any) -> None:
    """Called in beat's own process only."""
    signals.after_task_publish.connect(tick, weak=False)
    tick()


signals.beat_init.connect(follow)


def silence() -> float | None:
    """Seconds since the last tick, as far as this process can tell. None where no beat has ever run."""
    at = _client().get(KEY)
    if at is None:
        return None
    return max(0.0, time.time() - max(float(at), _started))


def complaint() -> str:
    """What is wrong with beat, or nothing. Where none has ever run, one is expected in production only."""
    silent = silence()
    if silent is None:
        missing = settings.PRODUCTION and time.time() - _started > STALE_SECONDS
        return "beat has never run" if missing else ""
    return f"beat has been silent for {silent:.0f} seconds" if silent > STALE_SECONDS else ""
