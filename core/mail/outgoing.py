"""Writing letters down, and sending those that are due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from smtplib import SMTPDataError, SMTPException, SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template import Context, Engine, loader
from django.utils import timezone

from core.mail.models import Letter
from core.runs import outbox

log = structlog.get_logger(__name__)

BATCH = 50
# After the nth failure, in seconds; the last one repeats until the letter is a day old.
PAUSES = (10, 30, 60, 300, 900, 3600)
GIVE_UP_AFTER = timedelta(days=1)
KEEP_TEXT_FOR = timedelta(days=7)
KEEP_FOR = timedelta(days=90)
# A mail server may take EMAIL_TIMEOUT for each of its replies, and a letter needs about a dozen. A lease that ended during
# them would let a second worker send the same letter.
LEASE = timedelta(seconds=15 * settings.EMAIL_TIMEOUT)


def write(*, to: str, template: str, context: Mapping[str, Any]) -> Letter:
    values = {"public_url": settings.PUBLIC_URL, **context}
    # Plain text knows no entities: O'Neill stays O'Neill, whatever the template says about escaping.
    plain = Engine.get_default().get_template(f"mail/{template}.txt")
    subject, _, text = plain.render(Context(values, autoescape=False)).strip().partition("\n")
    html = loader.render_to_string(f"mail/{template}.html", values)
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
        error = _send(letter)
        sent += error is None
        if error is not None and _server_is_away(error):
            # Each further letter would wait for the same time-out, and other work waits behind this one.
            break
    return sent


def send_again(letters: QuerySet[Letter]) -> int:
    """Makes these letters due now, those given up for the mail server's sake included, and returns how many."""
    due = letters.filter(sent_at=None).exclude(text="")
    count = due.update(next_attempt_at=timezone.now(), given_up_at=None)
    outbox.ring("core.mail.tasks.send", queue=settings.CELERY_TASK_DEFAULT_QUEUE)
    return count


def trim() -> int:
    """Forgets what given-up letters said, and deletes letters that nobody will ask about any more."""
    now = timezone.now()
    Letter.objects.filter(given_up_at__lt=now - KEEP_TEXT_FOR).update(text="", html="")
    finished = Letter.objects.exclude(sent_at=None, given_up_at=None)
    return finished.filter(created_at__lt=now - KEEP_FOR).delete()[0]


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


def _send(letter: Letter) -> Exception | None:
    """What went wrong, when something did; the letter says so too."""
    try:
        _message(letter).send()
    except Exception as error:  # noqa: BLE001  (a letter that cannot be written must not keep the others back)
        _note_failure(letter, error)
        return error
    Letter.objects.filter(pk=letter.pk).update(sent_at=timezone.now(), text="", html="", error="")
    return None


def _message(letter: Letter) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        to=[letter.to],
        headers={
            # The same on every attempt: a server that took the letter before the line broke can tell the second from a new one.
            "Message-ID": f"<{letter.pk}@{urlsplit(settings.PUBLIC_URL).hostname or 'reelwright'}>",
            # Programs that answer for people on holiday leave such letters alone (RFC 3834).
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(letter.html, "text/html")
    return message


def _note_failure(letter: Letter, error: Exception) -> None:
    now = timezone.now()
    reason = _reason(error)
    facts: dict[str, Any] = {
        "error": reason,
        "next_attempt_at": now + timedelta(seconds=PAUSES[min(letter.attempts, len(PAUSES)) - 1]),
    }
    if _is_final(error):
        facts |= {"given_up_at": now, "text": "", "html": ""}
    elif now - letter.created_at > GIVE_UP_AFTER:
        # The text stays a while: an admin who has mended the server may send it again.
        facts["given_up_at"] = now
    Letter.objects.filter(pk=letter.pk).update(**facts)
    log.warning("mail.not_sent", letter=str(letter.pk), attempts=letter.attempts, error=reason)


def _is_final(error: Exception) -> bool:
    """Whether this very letter will never be taken. A refused sender or sign-in is our set-up: an admin mends it within the day."""
    match error:
        case SMTPRecipientsRefused():
            return all(code >= 500 for code, _ in error.recipients.values())
        case SMTPDataError():
            return error.smtp_code >= 500
        case SMTPNotSupportedError():
            return True
    # Not the wire: no message can be made of it.
    return not isinstance(error, SMTPException | OSError)


def _server_is_away(error: Exception) -> bool:
    about_the_letter = isinstance(error, SMTPRecipientsRefused | SMTPDataError) or _is_final(error)
    return not about_the_letter


def _reason(error: Exception) -> str:
    """The server's own words where there are any."""
    if isinstance(error, SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return _words(code, words)
    if isinstance(error, SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    return str(error)[:300]


def _words(code: int, words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return " ".join(f"{code} {text}".replace("\0", "").split())[:300]
