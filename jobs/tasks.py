"""The workers' door to what is done about jobs regularly."""

from __future__ import annotations

import structlog
from celery import shared_task

from jobs.services import deadlines, deliveries

log = structlog.get_logger(__name__)


@shared_task(expires=600)
def remind_of_deadlines(**_: object) -> None:
    if told := deadlines.remind():
        log.info("jobs.deadlines_told", news=told)


@shared_task
def purge_deliveries(**_: object) -> None:
    deliveries.purge()
