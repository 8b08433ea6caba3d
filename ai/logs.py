"""The log of model use as people read it: which calls fit what they ask, in sums and one by one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import FloatField, QuerySet
from django.db.models.aggregates import Aggregate
from django.db.models.functions import TruncDay, TruncMonth
from django.utils.dateparse import parse_date, parse_datetime

from accounts.models import User
from ai import queries
from ai.errors import InvalidDateError
from ai.models import Call
from ai.queries import FAILURES, SUMS, Use

DAY = timedelta(days=1)
# As many bars as can be told apart; a longer time is shown by months.
MOST_DAYS = 92
FIRST_MOMENT = datetime(1, 1, 2, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """`end` is the first moment that is not wanted any more. `user` is a person's id."""

    start: datetime | None = None
    end: datetime | None = None
    model: str = ""
    user: uuid.UUID | None = None
    failed: bool = False

    @classmethod
    def parse(cls, query: Mapping[str, Any], *, user: uuid.UUID | None = None, failed: bool = False) -> Wanted:
        """Dates and datetimes as ISO 8601 has them; a bare date means the whole day. Else InvalidDateError."""
        return cls(
            start=moment(query.get("start"), ends=False),
            end=moment(query.get("end"), ends=True),
            model=str(query.get("model") or "").strip()[:200],
            user=user,
            failed=failed,
        )


def moment(value: Any, *, ends: bool) -> datetime | None:
    """As the end of a span, a moment is in it; a thousandth of a second later is not."""
    text = str(value or "").strip()
    if not text:
        return None
    try:
        if day := parse_date(text):
            at = datetime.combine(day, time.min, UTC)
            return at + DAY if ends else at
        # In an address a plus is a space.
        at_time = parse_datetime(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
        if at_time is None:
            raise ValueError(text)
        at = at_time.replace(tzinfo=UTC) if at_time.tzinfo is None else at_time.astimezone(UTC)
        if not FIRST_MOMENT < at < LAST_MOMENT:
            raise ValueError(text)
    except (ValueError, OverflowError) as error:
        raise InvalidDateError from error
    return at + timedelta(milliseconds=1) if ends else at


def calls(user: User, wanted: Wanted) -> QuerySet[Call]:
    """Of those that `user` may see, in no order yet."""
    found = Call.objects.visible_to(user)
    if wanted.start:
        found = found.filter(created_at__gte=wanted.start)
    if wanted.end:
        found = found.filter(created_at__lt=wanted.end)
    if wanted.model:
        found = found.filter(model=wanted.model)
    if wanted.user:
        found = found.filter(user=wanted.user)
    if wanted.failed:
        found = found.filter(outcome__in=FAILURES)
    return found


def newest(found: QuerySet[Call]) -> QuerySet[Call]:
    """Without what was asked and answered, which a list does not show."""
    return found.select_related("user").defer("request", "response").order_by("-created_at", "-pk")


class Percentile(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    name = "Percentile"
    output_field = FloatField()


@dataclass(frozen=True)
class Totals:
    use: Use
    people: int
    median_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


def totals(found: QuerySet[Call]) -> Totals:
    sums = found.order_by().aggregate(
        **SUMS,
        median=Percentile("latency_ms", share="0.5"),
        p95=Percentile("latency_ms", share="0.95"),
        p99=Percentile("latency_ms", share="0.99"),
    )
    use = Use((), *(sums[name] for name in SUMS))
    people = found.order_by().values("user").distinct().count()
    return Totals(use, people, sums["median"], sums["p95"], sums["p99"])


@dataclass(frozen=True)
class Step:
    start: datetime
    use: Use


@dataclass(frozen=True)
class Steps:
    """The days, or of a longer time the months, those without anything included."""

    rows: list[Step]
    months: bool


def steps(found: QuerySet[Call], wanted: Wanted, now: datetime) -> Steps:
    first = wanted.start or found.order_by("created_at").values_list("created_at", flat=True).first() or now
    last = min(wanted.end - timedelta(microseconds=1), now) if wanted.end else now
    days = _days(first.astimezone(UTC).date(), max(first, last).astimezone(UTC).date())
    months = len(days) > MOST_DAYS
    trunc = TruncMonth if months else TruncDay
    rows: Any = found.order_by().annotate(step=trunc("created_at", tzinfo=UTC)).values("step").annotate(**SUMS)
    uses = {row["step"]: Use((row["step"],), *(row[name] for name in SUMS)) for row in rows.order_by("step")}
    starts = sorted({day.replace(day=1) for day in days})[-MOST_DAYS:] if months else days
    moments = [datetime.combine(day, time.min, UTC) for day in starts]
    return Steps([Step(at, uses.get(at, Use((at,)))) for at in moments], months)


def _days(first: date, last: date) -> list[date]:
    """Nobody's ledger is older than a hundred years; an address may ask for it all the same."""
    count = min((last - first).days, 36_500)
    return [last - timedelta(days=back) for back in range(count, -1, -1)]


def by_model(found: QuerySet[Call]) -> list[Use]:
    return queries.by(found, "provider", "model")


def by_person(found: QuerySet[Call]) -> list[Use]:
    return queries.by(found, *queries.PERSON)


def models_of(user: User) -> list[str]:
    """To choose from."""
    names = Call.objects.visible_to(user).order_by("model").values_list("model", flat=True).distinct()
    return list(names[:200])


def people_of(user: User) -> list[User]:
    """Whose calls `user` may see, to choose from."""
    ids = Call.objects.visible_to(user).order_by().values("user").distinct()
    return list(User.objects.filter(pk__in=ids).order_by("name", "email", "pk")[:200])
