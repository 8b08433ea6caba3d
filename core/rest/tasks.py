"""The worker's door to the housekeeping of the API."""

from __future__ import annotations

from celery import shared_task

from core.rest import idempotency, usage
from core.rest.counters import StoreDownError


@shared_task(name="core.rest.tasks.keep_usage")
def keep_usage(**_: object) -> None:
    try:
        usage.keep()
    except StoreDownError:
        return  # the next tick tries again


@shared_task(name="core.rest.tasks.sweep")
def sweep(**_: object) -> None:
    idempotency.sweep()
    usage.sweep()
