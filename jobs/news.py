"""Whom a job's own progress is told to: what stopped, and what waits for a person. Moves that people make tell by themselves."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse

from accounts import queries
from accounts.models import User
from accounts.services.notifications import notify
from jobs.models import Job

WAITING = {
    Job.Status.PENDING_QC: "“{}” waits for the approval of its source.",
    Job.Status.PENDING_FINAL_REVIEW: "“{}” waits for its final review.",
}


def stopped(job: Job) -> None:
    """The studio could not go on by itself."""
    _tell(job, "failed", f"“{job}” stopped: {job.error}", [job.created_by], urgent=True)


def stage_reached(job: Job) -> None:
    """Tells those who are to decide, once the job waits for them."""
    sentence = WAITING.get(Job.Status(job.status))
    if sentence and job.organization_id is not None:
        deciders = reviewers_of(job) if job.status == Job.Status.PENDING_QC else managers_of(job)
        _tell(job, "waits", sentence.format(job), deciders)


def managers_of(job: Job) -> QuerySet[User]:
    return queries.in_charge(client_id=job.client_id, organization_id=job.organization_id)


def reviewers_of(job: Job) -> QuerySet[User]:
    """The source's reviewer; where none is named those of the client's teams, else the house's."""
    named: QuerySet[User] = User.objects.active().filter(
        language_reviews__output__job=job, language_reviews__output__is_source=True
    )
    if named.exists():
        return named.order_by("pk")
    reviewers: QuerySet[User] = queries.doing(User.Role.REVIEWER, job.organization_id)
    if job.client_id is not None:
        return reviewers.filter(team_memberships__team__client=job.client_id).distinct()
    return reviewers


def _tell(job: Job, kind: str, text: str, people: Iterable[User], *, urgent: bool = False) -> None:
    notify(
        people,
        kind=f"job.{kind}",
        text=text,
        url=reverse("jobs:detail", args=[job.pk]),
        subject=f"job:{job.pk}",
        urgent=urgent,
    )
