"""What work took: money and machines, waiting, people's time. Each answer costs the same number of queries however much there was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import Client, User
from ai import queries as ledger
from ai.models import Call
from core.models import AuditEvent
from core.runs.models import Run, Step
from jobs.models import Job, LanguageOutput
from jobs.queries import OVER
from jobs.services import KIND

S = Job.Status
MONTHS = 12
NEAREST = 10
WITH_PEOPLE = ("assigned", "in_progress", "submitted", "in_review", "rejected")


@dataclass(frozen=True)
class Machine:
    """What one engine did in one step."""

    step: str
    engine: str
    calls: int
    seconds: float
    cost: Decimal


@dataclass(frozen=True)
class Spell:
    """How long the job was in a state, all times together. `now` while it is there still."""

    status: str
    seconds: float
    now: bool


@dataclass(frozen=True)
class Turn:
    """A person's work on a language: from its beginning to its submission, or until now."""

    language: str
    person: User | None
    seconds: float
    done: bool


@dataclass(frozen=True)
class Effort:
    machines: list[Machine]
    steps: list[tuple[str, float]]
    waits: list[Spell]
    turns: list[Turn]

    @property
    def cost(self) -> Decimal:
        return sum((line.cost for line in self.machines), Decimal(0))

    @property
    def machine_seconds(self) -> float:
        return sum(seconds for _, seconds in self.steps)

    @property
    def people_seconds(self) -> float:
        return sum(turn.seconds for turn in self.turns)


def of_job(job: Job, now: datetime) -> Effort:
    runs = list(Run.objects.filter(kind=KIND, subject_id=job.pk).order_by("pk").values_list("pk", flat=True))
    return Effort(_machines(runs), _steps(runs), _spells(job, now), _turns(job, now))


def _machines(runs: Sequence[Any]) -> list[Machine]:
    uses = ledger.by(Call.objects.filter(run_id__in=runs), "purpose", "provider", "model")
    return [
        Machine(purpose.rpartition(".")[2], f"{provider}:{model}", use.calls, use.seconds, use.cost)
        for use in uses
        for purpose, provider, model in [use.of]
    ]


def _steps(runs: Sequence[Any]) -> list[tuple[str, float]]:
    """Seconds of machines by step, languages together, the longest first. Steps without a queue wait for people."""
    worked = Step.objects.filter(run__in=runs, finished_at__isnull=False, reused=False).exclude(queue="")
    sums = worked.order_by().values_list("name").annotate(lasted=Sum(F("finished_at") - F("started_at")))
    return [(name, took.total_seconds()) for name, took in sums.order_by("-lasted", "name") if took is not None]


def _spells(job: Job, now: datetime) -> list[Spell]:
    """From the trail, which holds every move."""
    events = AuditEvent.objects.filter(subject_type="jobs.job", subject_id=str(job.pk)).exclude(after="")
    here, since = S.CREATED.value, job.created_at
    seconds: dict[str, float] = {}
    for at, after in events.order_by("at", "pk").values_list("at", "after"):
        if after != here:
            seconds[here] = seconds.get(here, 0.0) + (at - since).total_seconds()
            here, since = after, at
    if here not in OVER:
        seconds[here] = seconds.get(here, 0.0) + (now - since).total_seconds()
    return [Spell(status, max(took, 0.0), status == here) for status, took in seconds.items() if took >= 1]


def _turns(job: Job, now: datetime) -> list[Turn]:
    outputs = LanguageOutput.objects.filter(job=job, review__started_at__isnull=False)
    found = []
    for output in outputs.select_related("review__linguist").order_by("-is_source", "language", "pk"):
        review: Any = output.review
        end = review.submitted_at or (now if job.status not in OVER else review.updated_at)
        found.append(
            Turn(
                output.language,
                review.linguist,
                max((end - review.started_at).total_seconds(), 0.0),
                review.submitted_at is not None,
            )
        )
    return found


# A client's work.


@dataclass(frozen=True)
class Month:
    """Minutes of film times languages that were delivered in it, and what models cost."""

    start: datetime
    minutes: float = 0.0
    jobs: int = 0
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class LanguageWork:
    """What is done in one language: how many jobs ask for it, how many a reviewer has approved, how many are with people now."""

    language: str
    jobs: int
    approved: int
    open: int


@dataclass(frozen=True)
class Noted:
    """Errors that reviewers noted in one person's work in one language."""

    person: str
    language: str
    minor: int
    major: int
    critical: int


def jobs_of(client: Client) -> QuerySet[Job]:
    return Job.objects.filter(client=client, deleted_at=None)


def by_status(client: Client) -> dict[str, int]:
    return dict(jobs_of(client).order_by().values_list("status").annotate(n=Count("pk")))


def nearest(client: Client) -> list[Job]:
    """Open jobs with a date, what is late first."""
    due = jobs_of(client).exclude(status__in=OVER).filter(due_at__isnull=False)
    return list(due.order_by("due_at", "pk")[:NEAREST])


def months(client: Client, now: datetime) -> list[Month]:
    """The last twelve, the one that runs included, oldest first."""
    starts = _starts(now)
    month = TruncMonth("job__completed_at", tzinfo=UTC)
    delivered = LanguageOutput.objects.filter(
        job__in=jobs_of(client), job__status=S.COMPLETED, job__completed_at__gte=starts[0]
    )
    made = {
        row["month"]: row
        for row in delivered.order_by()
        .annotate(month=month)
        .values("month")
        .annotate(seconds=Sum("job__source__duration"), done=Count("job", distinct=True))
    }
    runs = Run.objects.filter(kind=KIND, subject_id__in=jobs_of(client).order_by().values("pk")).order_by()
    calls = Call.objects.filter(run_id__in=runs.values("pk"), created_at__gte=starts[0]).order_by()
    spent = dict(
        calls.annotate(month=TruncMonth("created_at", tzinfo=UTC)).values_list("month").annotate(cost=Sum("cost"))
    )
    return [
        Month(
            start,
            (made[start]["seconds"] or 0) / 60 if start in made else 0.0,
            made[start]["done"] if start in made else 0,
            spent.get(start, Decimal(0)),
        )
        for start in starts
    ]


def _starts(now: datetime) -> list[datetime]:
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = [first]
    while len(starts) < MONTHS:
        starts.insert(0, (starts[0] - timedelta(days=1)).replace(day=1))
    return starts


def by_language(client: Client) -> list[LanguageWork]:
    rows = LanguageOutput.objects.filter(job__in=jobs_of(client)).order_by().values("language")
    counted = rows.annotate(
        n_jobs=Count("pk", distinct=True),
        n_approved=Count("pk", filter=Q(review__state="approved"), distinct=True),
        n_open=Count("pk", filter=Q(review__state__in=WITH_PEOPLE) & ~Q(job__status__in=OVER), distinct=True),
    )
    return [
        LanguageWork(row["language"], row["n_jobs"], row["n_approved"], row["n_open"])
        for row in counted.order_by("-n_jobs", "language")
    ]


def noted(client: Client) -> list[Noted]:
    """Only what somebody weighed; a matter of taste counts for nobody."""
    about = "review__comments__about"
    weighed = (
        LanguageOutput.objects.filter(job__in=jobs_of(client), review__comments__about__isnull=False)
        .exclude(review__comments__severity="")
        .order_by()
    )
    counts = {
        name: Count(
            "review__comments",
            filter=Q(review__comments__severity=name, **{f"{about}__isnull": False})
            & ~Q(review__comments__category="subjective"),
            distinct=True,
        )
        for name in ("minor", "major", "critical")
    }
    rows = weighed.values("language", f"{about}__name", f"{about}__email").annotate(**counts)
    return [
        Noted(
            row[f"{about}__name"] or row[f"{about}__email"],
            row["language"],
            row["minor"],
            row["major"],
            row["critical"],
        )
        for row in rows.order_by(f"{about}__name", f"{about}__email", "language")
        if row[f"{about}__email"] and row["minor"] + row["major"] + row["critical"]
    ]
