"""The workers' door to conversations and to those who are told over HTTP."""

from __future__ import annotations

import uuid

from celery import shared_task

from chat.services import exports, webhook_delivery, webhooks


@shared_task
def tell_webhooks(*, event: str, thing: str, subject: str, **_: object) -> None:
    webhooks.tell(event, uuid.UUID(thing), subject=subject)


@shared_task
def deliver_webhooks(**_: object) -> None:
    webhook_delivery.deliver_due()


@shared_task
def purge_exports(**_: object) -> None:
    exports.purge()
