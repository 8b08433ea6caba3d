"""Reminding people of what is due within a day, and of what is late: once each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notification, User
from accounts.services.notifications import notify
from core import languages
from jobs import news
from jobs.models import Job, LanguageOutput

AHEAD = timedelta(days=1)
# What has been late for longer was told before, or came in late already.
BEHIND = timedelta(days=7)
OVER = Job.READ_ONLY | {Job.Status.REJECTED}
WITH_THE_LINGUIST = frozenset({"assigned", "in_progress", "rejected"})
WITH_THE_REVIEWER = frozenset({"submitted", "in_review"})


def remind(now: datetime | None = None) -> int:
    """Tells project managers of their jobs, and whoever holds a language of that language. Returns how many news that were."""
    now = now or timezone.now()
    return sum(_remind_managers(pk, now) for pk in list(_jobs(now).values_list("pk", flat=True))) + sum(
        _remind_holder(pk, now) for pk in list(_languages(now).values_list("pk", flat=True))
    )


def _near(now: datetime) -> dict[str, datetime]:
    return {"due__gt": now - BEHIND, "due__lte": now + AHEAD}


def _jobs(now: datetime) -> QuerySet[Job]:
    open_jobs = Job.objects.filter(deleted_at=None).exclude(status__in=OVER)
    return open_jobs.annotate(due=F("due_at")).filter(**_near(now)).order_by("pk")


def _languages(now: datetime) -> QuerySet[LanguageOutput]:
    """Those that somebody holds. A language may have a date of its own, else its job's counts."""
    held = Q(review__state__in=WITH_THE_LINGUIST, review__linguist__isnull=False) | Q(
        review__state__in=WITH_THE_REVIEWER, review__reviewer__isnull=False
    )
    open_outputs = LanguageOutput.objects.filter(held, job__deleted_at=None).exclude(job__status__in=OVER)
    return open_outputs.annotate(due=Coalesce("review__due_at", "job__due_at")).filter(**_near(now)).order_by("pk")


@transaction.atomic
def _remind_managers(pk: Any, now: datetime) -> int:
    # Another worker that reminds of the same job at the same time does it whole.
    job = _jobs(now).select_for_update(skip_locked=True, of=("self",), no_key=True).filter(pk=pk).first()
    if job is None or job.due_at is None or job.organization_id is None:
        return 0
    people = news.managers_of(job)
    return _tell(people, f"“{job}”", job.due_at, now, url=reverse("jobs:detail", args=[job.pk]), about=f"job:{job.pk}")


@transaction.atomic
def _remind_holder(pk: Any, now: datetime) -> int:
    rows = _languages(now).select_for_update(skip_locked=True, of=("self",), no_key=True)
    output = rows.select_related("job", "review__linguist", "review__reviewer").filter(pk=pk).first()
    if output is None:
        return 0
    job: Any = output.job
    review: Any = output.review
    holder = review.linguist if review.state in WITH_THE_LINGUIST else review.reviewer
    what = f"{languages.name(output.language)} of “{output.job}”"
    url = reverse("jobs:track", args=[output.job_id, output.language, "captions"])
    return _tell([holder], what, review.due_at or job.due_at, now, url=url, about=f"language:{output.pk}")


def _tell(people: Iterable[User], what: str, due: datetime, now: datetime, *, url: str, about: str) -> int:
    """The date is part of the subject: put off, it is reminded of anew."""
    late = due <= now
    kind, subject = f"due.{'late' if late else 'soon'}", f"{about}:{due:%Y%m%dT%H%M}"
    told = Notification.objects.filter(kind=kind, subject=subject).values_list("user", flat=True)
    known = set(told)
    when = f"{due:%d %b %Y, %H:%M} UTC"
    text = f"{what} was due on {when}." if late else f"{what} is due on {when}."
    fresh = [person for person in people if person.pk not in known]
    return len(notify(fresh, kind=kind, text=text, url=url, subject=subject, urgent=late))
