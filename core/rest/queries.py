"""How the API is used, by day, by person and by route."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, F, FloatField, Q, QuerySet
from django.db.models.aggregates import Aggregate
from django.db.models.functions import TruncDate

from core.rest.models import RequestLog


class Percentile95(Aggregate):
    """Postgres sorts inside the group."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.95) WITHIN GROUP (ORDER BY %(expressions)s)"
    name = "Percentile95"
    output_field = FloatField()


FIGURES: dict[str, Any] = {
    "requests": Count("pk"),
    "refused": Count("pk", filter=Q(response_status__gte=400, response_status__lt=500)),
    "failed": Count("pk", filter=Q(response_status__gte=500)),
    "average_ms": Avg("response_time_ms"),
    "p95_ms": Percentile95("response_time_ms"),
}


def requests_since(since: datetime) -> QuerySet[RequestLog]:
    return RequestLog.objects.filter(created_at__gte=since).order_by()


def usage_by_day(since: datetime) -> QuerySet[RequestLog, dict[str, Any]]:
    """Rows of `day`, `people` and the figures; the latest day first."""
    return (
        requests_since(since)
        .annotate(day=TruncDate("created_at"))
        .values("day")
        .annotate(people=Count("user_id", distinct=True), **FIGURES)
        .order_by("-day")
    )


def usage_by_person(since: datetime) -> QuerySet[RequestLog, dict[str, Any]]:
    """Rows of `user_id` (None: nobody signed in), `name`, `email` and the figures; the busiest first."""
    return (
        requests_since(since)
        .values("user_id", name=F("user__name"), email=F("user__email"))
        .annotate(**FIGURES)
        .order_by("-requests", "user_id")
    )


def usage_by_route(since: datetime) -> QuerySet[RequestLog, dict[str, Any]]:
    """Rows of `endpoint`, `method`, `people` and the figures; the busiest first."""
    return (
        requests_since(since)
        .values("endpoint", "method")
        .annotate(people=Count("user_id", distinct=True), **FIGURES)
        .order_by("-requests", "endpoint", "method")
    )
