"""Telling people of what happened while they did something else."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import Notification, User


@transaction.atomic
def notify(
    people: Iterable[User | None], *, kind: str, text: str, url: str = "", subject: str = "", urgent: bool = False
) -> list[Notification]:
    """Tells each of these people once. Unread news of the same kind and subject is replaced, so that nobody reads ten times of one thing.

    Call it in the transaction that makes the change. `url` is a path of the studio, `subject` what it is about (`job:<id>`).
    """
    told = {person.pk: person for person in people if person is not None and person.is_active}
    if subject:
        unread = Notification.objects.unread().filter(user__in=told, kind=kind, subject=subject)
        unread.update(read_at=timezone.now())
    return Notification.objects.bulk_create(
        Notification(user=person, kind=kind, text=text[:300], url=url, subject=subject, urgent=urgent)
        for person in told.values()
    )
