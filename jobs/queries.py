"""Reads of jobs. Every list costs the same number of queries for one row or a hundred."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core.runs.models import Step
from jobs.models import Job, LanguageOutput

SORTS = ("created_at", "updated_at", "title", "status", "due_at", "priority")
# Where no date is kept any more.
OVER = Job.READ_ONLY | {Job.Status.REJECTED}
WEEK = timedelta(days=7)


def _outputs() -> QuerySet[LanguageOutput]:
    return LanguageOutput.objects.select_related(
        "review",
        "captions",
        "description",
        "description_audio",
        "accessible_video",
        "accessible_captions",
        "standard_video",
    )


def detailed(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Everything that one job's answer or page shows."""
    return jobs.select_related(
        "source", "run", "created_by", "organization", "client", "project", "approved_source_by"
    ).prefetch_related(Prefetch("outputs", queryset=_outputs()))


def board(
    user: User,
    *,
    statuses: Iterable[str] = (),
    search: str = "",
    organization_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    project_id: uuid.UUID | None = None,
    plan: str = "",
    sort: str = "-created_at",
) -> QuerySet[Job]:
    """The list of jobs as `user` sees it. `sort` is one of SORTS, with a minus for descending; `plan` one of the keys of `planned`."""
    jobs = Job.objects.visible_to(user).select_related("run", "created_by").prefetch_related("outputs")
    if wanted := list(statuses):
        jobs = jobs.filter(status__in=wanted)
    if search:
        jobs = jobs.filter(Q(title__icontains=search) | Q(filename__icontains=search))
    places = {"organization_id": organization_id, "client_id": client_id, "project_id": project_id}
    jobs = jobs.filter(**{name: place for name, place in places.items() if place is not None})
    if wanted_plan := planned().get(plan):
        jobs = jobs.filter(wanted_plan)
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    order = F(name).desc(nulls_last=True) if descending else F(name).asc(nulls_last=True)
    return jobs.order_by(order, "-id" if descending else "id")


def planned() -> dict[str, Q]:
    """Open jobs by what is planned for them."""
    now, still_open = timezone.now(), ~Q(status__in=OVER)
    return {
        "week": still_open & Q(due_at__gte=now, due_at__lt=now + WEEK),
        "late": still_open & Q(due_at__lt=now),
        "urgent": still_open & Q(priority=Job.Priority.URGENT),
    }


def plan_counts(user: User) -> dict[str, int]:
    """How many jobs the user sees of each of `planned`, for the filter chips."""
    counts: dict[str, int] = (
        Job.objects.visible_to(user)
        .order_by()
        .aggregate(**{name: Count("pk", filter=plan, distinct=True) for name, plan in planned().items()})
    )
    return counts


def status_counts(user: User) -> dict[str, int]:
    """How many jobs the user sees in each status, for the filter chips."""
    rows = Job.objects.visible_to(user).order_by().values("status").annotate(jobs=Count("pk", distinct=True))
    return {row["status"]: row["jobs"] for row in rows}


def steps(job: Job) -> list[Step]:
    """The run's steps in order, for the job's log."""
    return [] if job.run_id is None else list(Step.objects.filter(run_id=job.run_id))


def current_step(job: Job) -> Step | None:
    """What is being worked on now."""
    return next((step for step in steps(job) if step.status == Step.Status.RUNNING), None)
