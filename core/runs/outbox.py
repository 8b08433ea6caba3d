"""The bell: what a transaction decided is sent to the broker after its commit, at least once."""

from __future__ import annotations

from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from core.runs.models import OutboxMessage

log = structlog.get_logger(__name__)


def ring(task: str, *, queue: str, **kwargs: Any) -> None:
    """Notes a message in the caller's transaction and sends it right after the commit. A broker that is down costs nothing."""
    OutboxMessage.objects.create(task=task, queue=queue, kwargs=kwargs)
    transaction.on_commit(flush)


def flush() -> int:
    """Sends what is not sent, oldest first, and returns how many. Two flushes at once share the work, never double it."""
    sent = 0
    while True:
        with transaction.atomic():
            waiting = OutboxMessage.objects.select_for_update(skip_locked=True).filter(sent_at=None)[:100]
            messages = list(waiting)
            delivered = []
            try:
                for message in messages:
                    current_app.send_task(message.task, kwargs=message.kwargs, queue=message.queue, retry=False)
                    delivered.append(message.pk)
            except (OperationalError, ConnectionError, TimeoutError) as error:
                log.warning("outbox.broker_unreachable", waiting=len(messages) - len(delivered), error=str(error))
            OutboxMessage.objects.filter(pk__in=delivered).update(sent_at=Now())
        sent += len(delivered)
        if not messages or len(delivered) < len(messages) or len(messages) < 100:
            return sent
