"""Budgets: checked in the transaction that opens a call, so that two calls cannot both take the last dollar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import Q

from ai.errors import BudgetExceededError
from ai.models import Budget, Call

log = structlog.get_logger(__name__)


def check(*, user_id: UUID | None, organization_id: UUID | None, estimate: Decimal) -> None:
    """Locks every budget that applies and raises BudgetExceededError when `estimate` (USD) does not fit in one of them.

    Must run in the transaction that writes the call with `reserved=estimate`. Free uses pass without a query.
    """
    if not estimate:
        return
    holders = Q(user__isnull=True, organization__isnull=True)
    if user_id:
        holders |= Q(user_id=user_id)
    if organization_id:
        holders |= Q(organization_id=organization_id)
    now = database_now()
    for budget in Budget.objects.filter(holders).select_for_update(of=("self",)).order_by("pk"):
        since = period_start(budget.period, now)
        after = spent(budget, since=since) + estimate
        if after > budget.limit_usd:
            raise BudgetExceededError(refusal(budget))
        if after >= budget.limit_usd * Decimal(str(budget.alert_fraction)) and budget.alerted_for != since.date():
            budget.alerted_for = since.date()
            budget.save(update_fields=["alerted_for", "updated_at"])
            log.warning("ai.budget_nearly_used", budget=str(budget), used_usd=str(after))


def spent(budget: Budget, *, since: datetime) -> Decimal:
    calls = Call.objects.filter(created_at__gte=since)
    if budget.user_id:
        calls = calls.filter(user_id=budget.user_id)
    elif budget.organization_id:
        calls = calls.filter(organization_id=budget.organization_id)
    return calls.spent()


def refusal(budget: Budget) -> str:
    whose = "Your" if budget.user_id else "Your organisation's" if budget.organization_id else "The studio's"
    again = "tomorrow" if budget.period == Budget.Period.DAY else "next month"
    return (
        f"{whose} budget for AI use ({budget.limit_usd} USD a {budget.period}) does not cover this. "
        f"It opens again {again}; an administrator can raise it."
    )


def period_start(period: str, now: datetime) -> datetime:
    """The first moment (UTC) of the day or month."""
    day = date(now.year, now.month, now.day if period == Budget.Period.DAY else 1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
