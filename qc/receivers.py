"""What reviews make of a job's moves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from core.errors import WrongStateError
from jobs.models import Job
from jobs.signals import completing, job_created, source_approved
from qc import workflows
from qc.models import LanguageReview

UNFINISHED = frozenset(
    {
        LanguageReview.State.ASSIGNED,
        LanguageReview.State.IN_PROGRESS,
        LanguageReview.State.SUBMITTED,
        LanguageReview.State.IN_REVIEW,
        LanguageReview.State.REJECTED,
    }
)


@receiver(job_created)
def open_reviews(*, job: Job, **_: Any) -> None:
    LanguageReview.objects.bulk_create(LanguageReview(output=output) for output in job.outputs.all())


@receiver(source_approved)
def approve_source_language(*, job: Job, actor: User, **_: Any) -> None:
    for review in LanguageReview.objects.filter(output__job=job, output__is_source=True).select_related("output"):
        workflows.approve_with_source(review, actor=actor)


@receiver(completing)
def refuse_while_languages_are_open(*, job: Job, **_: Any) -> None:
    """A language that nobody was asked to check (unassigned) does not hold the job up."""
    open_reviews = LanguageReview.objects.filter(output__job=job, state__in=UNFINISHED).order_by("output__language")
    if waiting := list(open_reviews.values_list("output__language", flat=True)):
        raise WrongStateError(f"Languages not approved: {', '.join(waiting)}")
