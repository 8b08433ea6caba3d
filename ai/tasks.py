"""Periodic work on the ledger."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from ai import ledger


@shared_task
def close_lost_calls(**_: object) -> None:
    """Calls whose process died would stay open for ever when nobody repeats their work, and hold their share of a budget."""
    ledger.close_lost()


@shared_task
def forget_contents(**_: object) -> None:
    """What people wrote to models is not kept for ever; what it cost is."""
    ledger.forget_contents(timedelta(days=settings.AI_LOG_DAYS))
