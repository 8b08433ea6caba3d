"""Periodic work on the ledger."""

from __future__ import annotations

from celery import shared_task

from ai import ledger


@shared_task
def close_lost_calls(**_: object) -> None:
    """Calls whose process died would stay open for ever when nobody repeats their work, and hold their share of a budget."""
    ledger.close_lost()
