"""The doors of the workers. Ids in; running one twice is harmless."""

from __future__ import annotations

from celery import shared_task

from core.runs import sweep as reaper
from core.runs import worker


@shared_task
def run_step(*, step_id: str, **_: object) -> None:
    worker.perform(step_id)


@shared_task(expires=60)
def sweep(**_: object) -> None:
    reaper.sweep()
