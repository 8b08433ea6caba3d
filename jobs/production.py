"""What production looks at to keep the work going. Each answer costs the same however many jobs there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Avg, CharField, Count, F, IntegerField, Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce, TruncDay

from accounts.models import User
from ai import queries as ledger
from ai.models import Call
from core.models import AuditEvent
from core.runs.models import Step
from jobs.models import Job

LABEL = "jobs.job"


def failures(user: User, *, failed_step: str = "") -> QuerySet[Job]:
    """Failed jobs, the newest failure first, each with `failed_at` and how often the step that failed was tried (`attempts`)."""
    jobs = Job.objects.produced_by(user).filter(status=Job.Status.FAILED)
    if failed_step:
        jobs = jobs.filter(failed_step=failed_step)
    failed = AuditEvent.objects.filter(
        subject_type=LABEL, subject_id=Cast(OuterRef("pk"), CharField()), action="jobs.job.step_failed"
    )
    tried = Step.objects.filter(run=OuterRef("run"), status=Step.Status.FAILED).order_by().values("run")
    return (
        jobs.select_related("run", "created_by", "client", "organization")
        .prefetch_related("outputs")
        .annotate(
            failed_at=Coalesce(Subquery(failed.order_by("-at").values("at")[:1]), F("updated_at")),
            attempts=Coalesce(
                Subquery(tried.annotate(most=Max("attempt")).values("most"), output_field=IntegerField()), 0
            ),
        )
        .order_by("-failed_at", "-id")
    )


@dataclass(frozen=True)
class Day:
    """What was completed on one day (UTC)."""

    start: datetime
    jobs: int = 0
    minutes: float = 0.0


def throughput(user: User, days: Sequence[datetime]) -> list[Day]:
    """Completed jobs and the minutes of film in them, for each of `days`, which are the first moments of days."""
    done = Job.objects.produced_by(user).filter(status=Job.Status.COMPLETED, completed_at__gte=days[0])
    rows = (
        done.order_by()
        .annotate(day=TruncDay("completed_at", tzinfo=UTC))
        .values("day")
        .annotate(jobs=Count("pk"), seconds=Coalesce(Sum("source__duration"), 0.0))
    )
    found = {row["day"]: Day(row["day"], row["jobs"], row["seconds"] / 60) for row in rows}
    return [found.get(day, Day(day)) for day in days]


@dataclass(frozen=True)
class Stay:
    """How long jobs that left a state had been in it."""

    status: str
    jobs: int
    mean: timedelta
    longest: timedelta


def stays(user: User, since: datetime) -> list[Stay]:
    """For each state that jobs left since then, in the order of work. The trail knows when they came to it."""
    own = Job.objects.produced_by(user).annotate(text=Cast("pk", CharField())).values("text")
    moves = AuditEvent.objects.filter(subject_type=LABEL)
    came = moves.filter(subject_id=OuterRef("subject_id"), after=OuterRef("before"), at__lt=OuterRef("at"))
    left = moves.filter(at__gte=since, subject_id__in=own).exclude(before="").exclude(before=F("after"))
    rows = (
        left.order_by()
        .annotate(took=F("at") - Subquery(came.order_by("-at").values("at")[:1]))
        .exclude(took=None)
        .values("before")
        .annotate(jobs=Count("pk"), mean=Avg("took"), longest=Max("took"))
    )
    order = list(Job.Status.values)
    found = [Stay(row["before"], row["jobs"], row["mean"], row["longest"]) for row in rows if row["before"] in order]
    return sorted(found, key=lambda stay: order.index(stay.status))


def calls(user: User, since: datetime) -> QuerySet[Call]:
    """What the runs of these jobs used models for."""
    runs = Job.objects.produced_by(user).exclude(run=None).values("run")
    return Call.objects.filter(run_id__in=runs, created_at__gte=since)


def engines(user: User, span: ledger.Span, now: datetime) -> list[ledger.Use]:
    """One line for each engine, the dearest first."""
    return ledger.by(calls(user, span.starts(now)[0]), "provider", "model")


def engines_by_day(user: User, span: ledger.Span, now: datetime) -> list[ledger.Use]:
    return ledger.by_step(calls(user, span.starts(now)[0]), span, "provider", "model")
