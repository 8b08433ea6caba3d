"""How the API is used: by hour or day, by person, by route."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.db.models import Avg, Count, FloatField, Q, QuerySet
from django.db.models.aggregates import Aggregate
from django.db.models.functions.datetime import TruncBase

from core.rest.models import RequestLog

Figures = QuerySet[RequestLog, dict[str, Any]]


class Percentile95(Aggregate):
    """Postgres sorts inside the group."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.95) WITHIN GROUP (ORDER BY %(expressions)s)"
    name = "Percentile95"
    output_field = FloatField()


PERSON = ("user_id", "user__name", "user__email")
FIGURES: dict[str, Any] = {
    "people": Count("user_id", distinct=True),
    "requests": Count("pk"),
    "refused": Count("pk", filter=Q(response_status__gte=400, response_status__lt=500)),
    "failed": Count("pk", filter=Q(response_status__gte=500)),
    "average_ms": Avg("response_time_ms"),
    "p95_ms": Percentile95("response_time_ms"),
}


def requests_since(since: datetime, *, people: QuerySet[Any, Any] | None = None) -> QuerySet[RequestLog]:
    """Of these people only (a query of their ids), or of everybody."""
    found = RequestLog.objects.filter(created_at__gte=since).order_by()
    return found if people is None else found.filter(user__in=people)


def totals(requests: QuerySet[RequestLog]) -> dict[str, Any]:
    return requests.aggregate(**FIGURES)


def by(requests: QuerySet[RequestLog], *names: str) -> Figures:
    """The figures of each combination of these columns, the busiest first."""
    return cast("Figures", requests.values(*names).annotate(**FIGURES).order_by("-requests", *names))


def by_step(requests: QuerySet[RequestLog], trunc: type[TruncBase]) -> Figures:
    """The figures of each hour or day (UTC), whose first moment is `step`; the latest first."""
    steps = requests.annotate(step=trunc("created_at", tzinfo=UTC)).values("step")
    return cast("Figures", steps.annotate(**FIGURES).order_by("-step"))
