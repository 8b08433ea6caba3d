"""Telling people of what happened while they did something else: on their page at once, by mail as they wish."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Notification, User
from core import mail

Letters = User.Letters


@transaction.atomic
def notify(
    people: Iterable[User | None], *, kind: str, text: str, url: str = "", subject: str = "", urgent: bool = False
) -> list[Notification]:
    """Tells each of these people once. Unread news of the same kind and subject is replaced, so that nobody reads ten times of one thing.

    Call it in the transaction that makes the change. `url` is a path of the studio, `subject` what it is about (`job:<id>`). Who
    wants letters as things happen gets one; urgent news go by mail to everybody who wants any.
    """
    told = {person.pk: person for person in people if person is not None and person.is_active}
    if subject:
        unread = Notification.objects.unread().filter(user__in=told, kind=kind, subject=subject)
        unread.update(read_at=timezone.now())
    # Always in the same order, so that two changes that tell the same people do not wait for each other in a circle.
    made = [
        Notification(user=told[pk], kind=kind, text=text[:300], url=url, subject=subject, urgent=urgent)
        for pk in sorted(told)
    ]
    # The same thing told twice at once: the constraint lets one of them through, and that is enough.
    Notification.objects.bulk_create(made, ignore_conflicts=True)
    kept = set(Notification.objects.filter(pk__in=[news.pk for news in made]).values_list("pk", flat=True))
    written = [news for news in made if news.pk in kept]
    for news in written:
        events.news(news)
        if _goes_by_mail(news):
            send_letter(news.user, [news])
    return written


def _goes_by_mail(news: Notification) -> bool:
    wish = news.user.notification_mail
    return wish == Letters.AT_ONCE or (news.urgent and wish != Letters.NEVER)


def send_letter(user: User, news: list[Notification]) -> None:
    """One letter that tells of all of these, in the caller's transaction, and notes that it did."""
    now = timezone.now()
    mail.post(
        to=user.email,
        template="news",
        name=user.get_full_name(),
        news=[{"text": one.text, "url": f"{settings.PUBLIC_URL}{one.url or '/notifications'}"} for one in news],
    )
    Notification.objects.filter(pk__in=[one.pk for one in news]).update(mailed_at=now)
    for one in news:
        one.mailed_at = now


@transaction.atomic
def mark_read(user: User, *, ids: Iterable[uuid.UUID] | None = None) -> int:
    """These of one's news, or all of them when `ids` is None; how many were unread until now."""
    unread = Notification.objects.visible_to(user).unread()
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    count = unread.update(read_at=timezone.now())
    if count:
        events.read(user.pk)
    return count
