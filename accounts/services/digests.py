"""The day's news in one letter, for those who want it so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Notification, User
from accounts.services.notifications import send_letter

MORNING_HOUR = 8
# What is older was on the page for long enough; who switches letters on again is not written a novel.
OLDEST = timedelta(days=7)


def last_morning(now: datetime) -> datetime:
    """The latest 08:00 UTC that has passed."""
    morning = now.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return morning if morning <= now else morning - timedelta(days=1)


def send_digests(now: datetime | None = None) -> int:
    """Writes to everybody with unread news from before the morning that no letter told of yet. Late is as good as on time."""
    morning = last_morning(now or timezone.now())
    waiting = Notification.objects.unread().filter(
        mailed_at=None,
        created_at__lt=morning,
        created_at__gte=morning - OLDEST,
        user__in=User.objects.active().filter(notification_mail=User.Letters.DAILY),
    )
    people = list(waiting.order_by("user").values_list("user", flat=True).distinct())
    return sum(_send(user_id, morning) for user_id in people)


@transaction.atomic
def _send(user_id: object, morning: datetime) -> bool:
    """Whoever locks the person first writes; another worker finds nothing left to tell."""
    user = User.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=user_id).first()
    if user is None or not user.is_active or user.notification_mail != User.Letters.DAILY:
        return False
    news = list(
        Notification.objects.visible_to(user)
        .unread()
        .filter(mailed_at=None, created_at__lt=morning, created_at__gte=morning - OLDEST)
        .order_by("created_at", "pk")
    )
    if news:
        send_letter(user, news)
    return bool(news)
