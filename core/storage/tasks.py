"""Housekeeping of the store."""

from __future__ import annotations

from celery import shared_task

from core.storage import removal, uploads


@shared_task
def sweep_uploads(**_: object) -> None:
    uploads.sweep()


@shared_task
def sweep_removals(**_: object) -> None:
    removal.sweep()
