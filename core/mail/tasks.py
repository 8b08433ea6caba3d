"""The workers' door to the mail."""

from __future__ import annotations

from celery import shared_task

from core.mail import outgoing


@shared_task(name="core.mail.tasks.send")
def send(**_: object) -> None:
    outgoing.send_due()


@shared_task(name="core.mail.tasks.trim")
def trim(**_: object) -> None:
    outgoing.trim()
