"""The bell: what a transaction decided is sent to the broker after its commit, at least once."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis import RedisError

from core.runs.models import OutboxMessage

log = structlog.get_logger(__name__)

BATCH = 100
# After a failure this process leaves the broker alone for so long: requests must not wait for its time-out one after the other.
QUIET_SECONDS = 5.0

_quiet_until = 0.0


def ring(task: str, *, queue: str, **kwargs: Any) -> None:
    """Notes a message in the caller's transaction and sends it right after the commit. A broker that is down costs nothing."""
    OutboxMessage.objects.create(task=task, queue=queue, kwargs=kwargs)
    transaction.on_commit(flush_unless_down, robust=True)


def flush_unless_down() -> None:
    if time.monotonic() >= _quiet_until:
        flush()


def flush() -> int:
    """Sends what is not sent, oldest first, and returns how many. Two flushes at once share the work, never double it."""
    sent = 0
    while True:
        waiting, delivered = _flush_batch()
        sent += delivered
        if delivered < waiting or waiting < BATCH:
            return sent


@transaction.atomic
def _flush_batch() -> tuple[int, int]:
    global _quiet_until  # noqa: PLW0603  (what this process knows of the broker)
    messages = list(OutboxMessage.objects.select_for_update(skip_locked=True).filter(sent_at=None)[:BATCH])
    delivered = []
    try:
        for message in messages:
            current_app.send_task(message.task, kwargs=message.kwargs, queue=message.queue, retry=False)
            delivered.append(message.pk)
    except (OperationalError, RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("outbox.broker_unreachable", waiting=len(messages) - len(delivered), error=str(error))
    OutboxMessage.objects.filter(pk__in=delivered).update(sent_at=Now())
    return len(messages), len(delivered)
