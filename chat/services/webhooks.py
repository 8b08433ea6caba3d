"""Who wants to be told over HTTP, and writing down what they are told. Sending it is `webhook_delivery`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Project, User
from chat import webhook_signing as signing
from chat.models import Message, Webhook, WebhookDelivery
from core import audit, outbound
from core.errors import ConflictError, FetchFailedError, InvalidFieldError, UnsafeUrlError, WrongStateError
from core.runs import outbox
from core.sealing import cipher
from media_library.models import Asset

MOST_WEBHOOKS = 20
PURPOSE = "webhook secrets"
TELL, DELIVER = "chat.tasks.tell_webhooks", "chat.tasks.deliver_webhooks"
E = Webhook.Event
Status = WebhookDelivery.Status


def subscribe(user: User, *, events: Sequence[str], url: str) -> tuple[Webhook, str]:
    """The subscription, and its secret, which nobody can show again."""
    if not events or not set(events) <= set(E.values):
        raise InvalidFieldError(f"Choose from {', '.join(E.values)}.", field="events")
    try:
        # Whether the address may be reached at all; it is judged again whenever something is sent there.
        target = outbound.judge(url.strip())
    except (UnsafeUrlError, FetchFailedError) as error:
        raise InvalidFieldError(error.message, field="url") from error
    secret = signing.new_secret()
    with transaction.atomic():
        # The lock lets parallel requests count one by one.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        mine = Webhook.objects.visible_to(user)
        if mine.count() >= MOST_WEBHOOKS:
            raise ConflictError(f"There are {MOST_WEBHOOKS} subscriptions already. End one that is not used.")
        if mine.filter(url=target.url, events__overlap=list(events)).exists():
            raise ConflictError("This address is told of this already.")
        webhook = Webhook.objects.create(
            user=user,
            events=sorted(set(events)),
            url=target.url,
            secret=cipher(PURPOSE).encrypt(secret.encode()).decode(),
        )
        audit.record("chat.webhook.subscribe", webhook, actor=user, host=target.host, events=webhook.events)
    return webhook, secret


def secret_of(webhook: Webhook) -> str:
    """For signing. InvalidToken when the studio's secret was changed and the older one is no fallback."""
    return cipher(PURPOSE).decrypt(webhook.secret.encode()).decode()


@transaction.atomic
def end(webhook: Webhook, *, actor: User | None, because: str = "") -> bool:
    """Nothing is sent any more, what waits included. False when it was over already."""
    if not Webhook.objects.filter(pk=webhook.pk, ended_at=None).update(ended_at=Now()):
        return False
    webhook.deliveries.filter(status=Status.WAITING).update(status=Status.FAILED, next_attempt_at=None)
    audit.record("chat.webhook.end", webhook, actor=actor, because=because)
    return True


@transaction.atomic
def resume(webhook: Webhook, *, actor: User) -> None:
    """Sends again to an address that failed too often."""
    if not Webhook.objects.filter(pk=webhook.pk, ended_at=None, disabled_at__isnull=False).update(
        disabled_at=None, failures=0
    ):
        raise WrongStateError("This subscription is not switched off.")
    audit.record("chat.webhook.resume", webhook, actor=actor)


@transaction.atomic
def redeliver(delivery: WebhookDelivery, *, actor: User) -> WebhookDelivery:
    """Once more, at once, with the same message id. Refused while it is on its way, and when its address is switched off."""
    # In the order in which a delivery locks them too.
    webhook = Webhook.objects.select_for_update(no_key=True).get(pk=delivery.webhook_id)
    locked = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if webhook.ended_at or webhook.disabled_at:
        raise WrongStateError("This subscription is switched off.")
    if locked.status == Status.WAITING:
        raise WrongStateError("This is on its way already.")
    locked.status, locked.next_attempt_at, locked.delivered_at = Status.WAITING, timezone.now(), None
    locked.save(update_fields=["status", "next_attempt_at", "delivered_at"])
    audit.record("chat.webhook_delivery.redeliver", locked, actor=actor, webhook=str(webhook.pk))
    outbox.ring(DELIVER, queue=settings.CELERY_TASK_DEFAULT_QUEUE)
    return locked


def announce(event: str, thing: uuid.UUID, *, subject: str) -> None:
    """Call in the transaction that makes it true. Who is told is found out afterwards, by a worker."""
    if Webhook.objects.filter(events__contains=[event], ended_at=None, disabled_at=None).exists():
        outbox.ring(TELL, queue=settings.CELERY_TASK_DEFAULT_QUEUE, event=event, thing=str(thing), subject=subject)


@transaction.atomic
def tell(event: str, thing: uuid.UUID, *, subject: str) -> int:
    """Writes one delivery for each subscriber who may see the thing; told twice, it is written once. Returns how many are new."""
    subscribed = Webhook.objects.filter(
        events__contains=[event], ended_at=None, disabled_at=None, user__is_active=True
    ).select_related("user")
    told, seen = [], {}
    for webhook in subscribed.order_by("pk"):
        if webhook.user_id not in seen:
            seen[webhook.user_id] = ABOUT[event](webhook.user, thing)
        if (data := seen[webhook.user_id]) is not None:
            told.append(_delivery(webhook, event, subject, data))
    before = WebhookDelivery.objects.filter(event=event, subject=subject).count()
    WebhookDelivery.objects.bulk_create(told, ignore_conflicts=True)
    if told:
        outbox.ring(DELIVER, queue=settings.CELERY_TASK_DEFAULT_QUEUE)
    return WebhookDelivery.objects.filter(event=event, subject=subject).count() - before


def _delivery(webhook: Webhook, event: str, subject: str, data: dict[str, Any]) -> WebhookDelivery:
    made, now = WebhookDelivery(webhook=webhook, event=event, subject=subject), timezone.now()
    made.next_attempt_at = now
    made.payload = {
        "type": event,
        "event": event,
        "id": str(made.pk),
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": data,
    }
    return made


def _project(user: User, thing: uuid.UUID) -> dict[str, Any] | None:
    project = Project.objects.visible_to(user).filter(pk=thing).first()
    if project is None:
        return None
    where = f"{settings.PUBLIC_URL}/projects/{project.pk}"
    return {"projectId": str(project.pk), "title": project.name, "status": project.status, "url": where}


def _media(user: User, thing: uuid.UUID) -> dict[str, Any] | None:
    asset = Asset.objects.visible_to(user).filter(pk=thing).first()
    if asset is None:
        return None
    return {
        "mediaId": str(asset.pk),
        "projectId": str(asset.project_id) if asset.project_id else None,
        "filename": asset.filename,
        "mimeType": asset.content_type,
        "status": asset.status,
        "problem": asset.problem or None,
        "url": f"{settings.PUBLIC_URL}/library/{asset.pk}",
    }


def _answer(user: User, thing: uuid.UUID) -> dict[str, Any] | None:
    """What was answered is read with one's own credentials: a subscription may outlive a right."""
    message = Message.objects.visible_to(user).select_related("conversation").filter(pk=thing).first()
    if message is None:
        return None
    talk = message.conversation
    return {
        "messageId": str(message.pk),
        "conversationId": str(talk.pk),
        "projectId": str(talk.project_id) if talk.project_id else None,
        "model": message.engine,
        "processingTime": round((message.seconds or 0) * 1000),
        "url": f"{settings.PUBLIC_URL}/chat/{talk.pk}",
    }


ABOUT: dict[str, Callable[[User, uuid.UUID], dict[str, Any] | None]] = {
    E.PROJECT_COMPLETED: _project,
    E.MEDIA_PROCESSED: _media,
    E.AI_RESPONSE_READY: _answer,
}
