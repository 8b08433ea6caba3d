"""Housekeeping of the event log."""

from __future__ import annotations

from celery import shared_task

from core.live import events


@shared_task
def trim(**_: object) -> None:
    events.trim()
