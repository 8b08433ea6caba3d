"""The workers' door to what is done about people regularly."""

from __future__ import annotations

import structlog
from celery import shared_task

from accounts.services import digests, housekeeping

log = structlog.get_logger(__name__)


@shared_task(expires=3600)
def forget_expired(**_: object) -> None:
    log.info("accounts.forgotten", **housekeeping.forget_expired())


@shared_task(expires=600)
def send_digests(**_: object) -> None:
    if sent := digests.send_digests():
        log.info("accounts.digests_sent", letters=sent)
