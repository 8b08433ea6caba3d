"""What reviews make of a job's moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from core.errors import NotAllowedError, WrongStateError
from jobs.models import Job
from jobs.signals import closing_job, completing, job_created, outputs_changed, returned_to_qc, source_approved
from qc import queries, workflows
from qc.models import LanguageReview
from qc.review_policies import OWN_WORK
from qc.services import sharing

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
    for review in queries.detailed(LanguageReview.objects.filter(output__job=job, output__is_source=True)):
        if review.submitted_by_id == actor.pk and review.state != LanguageReview.State.APPROVED:
            raise NotAllowedError(reason=OWN_WORK)
        workflows.approve_with_source(review, actor=actor)


@receiver(returned_to_qc)
def reopen_languages(*, job: Job, languages: Sequence[str], actor: User, **_: Any) -> None:
    approved = LanguageReview.objects.filter(
        output__job=job, output__language__in=languages, state=LanguageReview.State.APPROVED
    )
    for review in queries.detailed(approved).order_by("output__language", "pk"):
        workflows.return_to_qc(review, actor=actor)


@receiver(outputs_changed)
def open_and_close_reviews(*, job: Job, added: Sequence[str], removed: Sequence[str], **_: Any) -> None:
    """A language that somebody works on, or that is done, does not go. The others take their reviews along."""
    begun = LanguageReview.objects.filter(output__job=job, output__language__in=removed)
    begun = begun.exclude(state__in=[LanguageReview.State.UNASSIGNED, LanguageReview.State.ASSIGNED])
    if held := list(begun.order_by("output__language").values_list("output__language", flat=True)):
        raise WrongStateError(f"Work has begun on: {', '.join(held)}")
    new = job.outputs.filter(language__in=added, review=None)
    LanguageReview.objects.bulk_create((LanguageReview(output=output) for output in new), ignore_conflicts=True)


@receiver(completing)
def refuse_while_languages_are_open(*, job: Job, **_: Any) -> None:
    """A language that nobody was asked to check (unassigned) does not hold the job up."""
    open_reviews = LanguageReview.objects.filter(output__job=job, state__in=UNFINISHED).order_by("output__language")
    if waiting := list(open_reviews.values_list("output__language", flat=True)):
        raise WrongStateError(f"Languages not approved: {', '.join(waiting)}")


@receiver(closing_job)
def revoke_its_links(*, job: Job, **_: Any) -> None:
    sharing.revoke_all(job)
