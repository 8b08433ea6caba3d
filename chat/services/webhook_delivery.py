"""Sending what subscribers are told, again and again over a day, and giving up on addresses that do not answer."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.services.notifications import notify
from chat import webhook_signing as signing
from chat.models import Webhook, WebhookDelivery
from chat.services import webhooks
from core import audit, outbound
from core.errors import FetchFailedError, UnsafeUrlError

log = structlog.get_logger(__name__)

Status = WebhookDelivery.Status
SECONDS = 10.0
# An answer is looked at, not used.
MOST_BYTES = 16_384
MOST_SHOWN = 500
AT_ONCE = 8
# How long one task sends before it lets other work of its queue go on.
TASK_SECONDS = 60.0
LEASE = timedelta(seconds=60)
# After the nth failure, in seconds: 27 hours in all, so that a receiver that is away for a day misses nothing.
PAUSES = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
# In a row, over all deliveries of a subscription; then nothing more is sent until somebody says so.
MOST_FAILURES = 50
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """`status` is 0 when there was no answer at all."""

    status: int
    seconds: float
    error: str = ""
    answer: str = ""

    @property
    def delivered(self) -> bool:
        return 200 <= self.status < 300


def deliver_due() -> int:
    """Sends what is due, each address one at a time and several at once, and returns how many arrived."""
    until, arrived = time.monotonic() + TASK_SECONDS, 0
    with ThreadPoolExecutor(AT_ONCE) as senders:
        while time.monotonic() < until and (claimed := _claim()):
            # Nobody but this thread touches the database: the senders only know what they send.
            letters = [_letter(one) for one in claimed]
            for delivery, outcome in zip(claimed, senders.map(_send, letters), strict=True):
                arrived += outcome.delivered
                _note(delivery, outcome)
    return arrived


@transaction.atomic
def _claim() -> list[WebhookDelivery]:
    """The next of several addresses, put off for a while so that nobody else takes them; who dies with one leaves it due again."""
    now = timezone.now()
    due = (
        WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("webhook__user")
        .filter(status=Status.WAITING, next_attempt_at__lte=now)
        .filter(webhook__ended_at=None, webhook__disabled_at=None)
        .order_by("next_attempt_at", "pk")
    )
    chosen: dict[Any, WebhookDelivery] = {}
    for delivery in due[: AT_ONCE * 8]:
        chosen.setdefault(delivery.webhook_id, delivery)
    claimed = list(chosen.values())[:AT_ONCE]
    WebhookDelivery.objects.filter(pk__in=[one.pk for one in claimed]).update(next_attempt_at=now + LEASE)
    return claimed


@dataclass(frozen=True)
class Letter:
    url: str
    headers: dict[str, str]
    body: bytes
    problem: str = ""


def _letter(delivery: WebhookDelivery) -> Letter:
    webhook, body = delivery.webhook, signing.body_of(delivery.payload)
    try:
        secret = webhooks.secret_of(webhook)
    except InvalidToken:
        return Letter(
            webhook.url, {}, b"", "The secret cannot be opened any more. End this subscription and make a new one."
        )
    return Letter(webhook.url, signing.headers(secret, message_id=str(delivery.pk), at=timezone.now(), body=body), body)


def _send(letter: Letter) -> Outcome:
    if letter.problem:
        return Outcome(0, 0, letter.problem)
    began = time.monotonic()
    try:
        answer = outbound.fetch(
            letter.url,
            method="POST",
            headers=letter.headers,
            content=letter.body,
            max_bytes=MOST_BYTES,
            seconds=SECONDS,
        )
    except (UnsafeUrlError, FetchFailedError) as error:
        return Outcome(0, time.monotonic() - began, error.message)
    except Exception as error:  # one receiver must not keep the others from being told
        log.exception("webhook.not_sent", error=type(error).__name__)
        return Outcome(0, time.monotonic() - began, "The request could not be made.")
    text = answer.content[:MOST_SHOWN].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return Outcome(answer.status, time.monotonic() - began, _words(answer.status), text)


def _words(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "The address leads elsewhere, and redirects are not followed."
    return "The address is gone." if status == GONE else "The address refused it."


@transaction.atomic
def _note(delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Writes the attempt down and decides what follows. The subscription's row is the lock."""
    webhook = Webhook.objects.select_for_update(no_key=True).select_related(None).get(pk=delivery.webhook_id)
    locked = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    now = timezone.now()
    locked.attempts = [
        *locked.attempts,
        {
            "at": now.isoformat(),
            "status": outcome.status,
            "seconds": round(outcome.seconds, 3),
            "error": outcome.error,
            "answer": outcome.answer,
        },
    ]
    if outcome.delivered:
        locked.status, locked.delivered_at, locked.next_attempt_at = Status.DELIVERED, now, None
        Webhook.objects.filter(pk=webhook.pk).exclude(failures=0).update(failures=0)
    elif webhook.ended_at or locked.status != Status.WAITING:
        locked.status, locked.next_attempt_at = Status.FAILED, None
    else:
        locked.next_attempt_at = _next(locked, now)
        locked.status = Status.WAITING if locked.next_attempt_at else Status.FAILED
    locked.save(update_fields=["attempts", "status", "delivered_at", "next_attempt_at"])
    if not outcome.delivered and not webhook.ended_at:
        _judge(webhook, outcome)


def _next(delivery: WebhookDelivery, now: datetime) -> datetime | None:
    """None: this was the last attempt."""
    tried = len(delivery.attempts)
    return now + timedelta(seconds=PAUSES[tried - 1]) if tried <= len(PAUSES) else None


def _judge(webhook: Webhook, outcome: Outcome) -> None:
    """410 is the receiver's way to end it; who fails too often is left alone until its owner says so."""
    if outcome.status == GONE:
        webhooks.end(webhook, actor=None, because="the address answered 410")
        _tell_owner(webhook, "ended", "says that it is gone. It is told nothing any more.")
        return
    Webhook.objects.filter(pk=webhook.pk).update(failures=F("failures") + 1)
    if webhook.failures + 1 >= MOST_FAILURES and webhook.disabled_at is None:
        Webhook.objects.filter(pk=webhook.pk).update(disabled_at=timezone.now())
        webhook.deliveries.filter(status=Status.WAITING).update(status=Status.FAILED, next_attempt_at=None)
        audit.record("chat.webhook.disable", webhook, actor=None, failures=webhook.failures + 1)
        _tell_owner(
            webhook, "disabled", f"failed {MOST_FAILURES} times in a row. Nothing is sent there until you resume it."
        )


def _tell_owner(webhook: Webhook, what: str, words: str) -> None:
    host = outbound.read(webhook.url).host
    notify(
        [webhook.user],
        kind=f"chat.webhook.{what}",
        text=f"The webhook at {host[:120]} {words}",
        url="/webhooks",
        subject=f"webhook:{webhook.pk}",
    )
