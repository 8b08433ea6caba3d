"""Writing letters down, and sending those that are due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import loader
from django.utils import timezone

from core.mail.models import Letter
from core.runs import outbox

log = structlog.get_logger(__name__)

BATCH = 50
# After the nth failure, in seconds; the last one repeats until the letter is a day old.
PAUSES = (10, 30, 60, 300, 900, 3600)
GIVE_UP_AFTER = timedelta(days=1)
# Longer than a slow mail server may take (EMAIL_TIMEOUT).
LEASE = timedelta(minutes=2)


def write(*, to: str, template: str, context: Mapping[str, Any]) -> Letter:
    context = {"public_url": settings.PUBLIC_URL, **context}
    subject, _, text = loader.render_to_string(f"mail/{template}.txt", context).strip().partition("\n")
    html = loader.render_to_string(f"mail/{template}.html", context)
    letter = Letter.objects.create(
        to=to,
        template=template,
        # A line break in somebody's name must not become a header.
        subject=" ".join(subject.split())[:200],
        text=text.strip(),
        html=html,
        next_attempt_at=timezone.now(),
    )
    outbox.ring("core.mail.tasks.send", queue=settings.CELERY_TASK_DEFAULT_QUEUE)
    return letter


def send_due() -> int:
    """Sends what is due, oldest first, and returns how many went out. Two workers at once never send the same letter."""
    sent = 0
    for _ in range(BATCH):
        letter = _claim()
        if letter is None:
            break
        sent += _send(letter)
    return sent


@transaction.atomic
def _claim() -> Letter | None:
    """The next letter, put off for a while so that nobody else takes it; whoever dies with it leaves it due again."""
    letter = (
        Letter.objects.select_for_update(skip_locked=True)
        .filter(sent_at=None, given_up_at=None, next_attempt_at__lte=timezone.now())
        .order_by("next_attempt_at", "id")
        .first()
    )
    if letter is not None:
        letter.attempts += 1
        letter.next_attempt_at = timezone.now() + LEASE
        letter.save(update_fields=["attempts", "next_attempt_at"])
    return letter


def _send(letter: Letter) -> bool:
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        to=[letter.to],
        # The same on every attempt: a server that took the letter before the line broke can tell the second from a new one.
        headers={"Message-ID": f"<{letter.pk}@reelwright>"},
    )
    message.attach_alternative(letter.html, "text/html")
    try:
        message.send()
    except (SMTPException, OSError) as error:
        _note_failure(letter, error)
        return False
    letter.sent_at = timezone.now()
    letter.text = letter.html = letter.error = ""
    letter.save(update_fields=["sent_at", "text", "html", "error"])
    return True


def _note_failure(letter: Letter, error: Exception) -> None:
    now = timezone.now()
    letter.error = str(error)[:300]
    letter.next_attempt_at = now + timedelta(seconds=PAUSES[min(letter.attempts, len(PAUSES)) - 1])
    if now - letter.created_at > GIVE_UP_AFTER:
        letter.given_up_at = now
    letter.save(update_fields=["error", "next_attempt_at", "given_up_at"])
    log.warning("mail.not_sent", letter=str(letter.pk), attempts=letter.attempts, error=letter.error)
