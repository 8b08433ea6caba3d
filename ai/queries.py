"""What models were used for, and what that cost, over a span of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncDay, TruncHour

from accounts.models import Membership, User
from ai import budgets
from ai.models import PLANNERS, Budget, Call
from core.rest import queries as log
from core.rest.models import RequestLog

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """The last `count` hours or days in UTC, the one that runs included."""

    key: str
    words: str
    step: timedelta
    count: int

    def starts(self, now: datetime) -> list[datetime]:
        """The first moment of each, oldest first."""
        moment = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        newest = moment if self.step == HOUR else moment.replace(hour=0)
        return [newest - self.step * back for back in reversed(range(self.count))]


SPANS = {
    span.key: span
    for span in (
        Span("24h", "24 hours", HOUR, 24),
        Span("7d", "7 days", DAY, 7),
        Span("30d", "30 days", DAY, 30),
    )
}
USUAL = SPANS["7d"]


@dataclass(frozen=True)
class Use:
    """One line of the ledger's sums. `failed` are calls that ended without a usable answer."""

    of: tuple[Any, ...]
    calls: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    cost: Decimal = Decimal(0)

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Requests:
    """One line of the request log's sums: `refused` are the callers' mistakes (4xx), `failed` the studio's (5xx)."""

    of: tuple[Any, ...] = ()
    count: int = 0
    refused: int = 0
    failed: int = 0
    mean_ms: float = 0.0
    p95_ms: float = 0.0


FAILURES = (Call.Outcome.BUSY, Call.Outcome.REFUSED, Call.Outcome.INVALID, Call.Outcome.FAILED)
SUMS: dict[str, Any] = {
    "n_calls": Count("pk"),
    "n_failed": Count("pk", filter=Q(outcome__in=FAILURES)),
    "n_tokens_in": Coalesce(Sum("input_tokens"), 0),
    "n_tokens_out": Coalesce(Sum("output_tokens"), 0),
    "n_seconds": Coalesce(Sum("seconds"), 0.0),
    "n_cost": Coalesce(Sum("cost"), Value(Decimal(0)), output_field=DecimalField()),
}
PERSON = log.PERSON


def calls_since(user: User, since: datetime) -> QuerySet[Call]:
    """Those that `user` may see."""
    return Call.objects.visible_to(user).filter(created_at__gte=since)


def total(calls: QuerySet[Call]) -> Use:
    sums = calls.order_by().aggregate(**SUMS)
    return Use((), *(sums[name] for name in SUMS))


def by(calls: QuerySet[Call], *names: str) -> list[Use]:
    """Sums for each combination of these columns, the dearest and then the busiest first."""
    rows = calls.order_by().values(*names).annotate(**SUMS).order_by("-n_cost", "-n_calls", *names)
    return [Use(tuple(row[name] for name in names), *(row[sum_] for sum_ in SUMS)) for row in rows]


def by_step(calls: QuerySet[Call], span: Span, *names: str) -> list[Use]:
    """Sums for each hour or day in which there were any, oldest first; `of` begins with its first moment."""
    trunc = TruncHour if span.step == HOUR else TruncDay
    rows = (
        calls.order_by().annotate(step=trunc("created_at", tzinfo=UTC)).values("step", *names).annotate(**SUMS)
    ).order_by("step", *names)
    return [Use((row["step"], *(row[name] for name in names)), *(row[sum_] for sum_ in SUMS)) for row in rows]


@dataclass(frozen=True)
class BudgetUse:
    budget: Budget
    spent: Decimal

    @property
    def share(self) -> float:
        return float(self.spent / self.budget.limit_usd) if self.budget.limit_usd else 1.0

    @property
    def percent(self) -> int:
        return min(100, round(self.share * 100))

    @property
    def state(self) -> str:
        if self.spent >= self.budget.limit_usd:
            return "used"
        return "near" if self.share >= self.budget.alert_fraction else "free"


def budget_uses(user: User, now: datetime) -> list[BudgetUse]:
    """What is used of every budget that `user` may see, in the day or month that runs."""
    rows = list(Budget.objects.visible_to(user).select_related("user", "organization"))
    spent = _spent(rows, now)
    return [BudgetUse(row, spent.get((row.period, row.user_id, row.organization_id), Decimal(0))) for row in rows]


def _spent(rows: Sequence[Budget], now: datetime) -> dict[tuple[str, Any, Any], Decimal]:
    """By period and holder, in three queries a period however many budgets there are."""
    money = Coalesce(Sum(F("cost") + F("reserved")), Value(Decimal(0)), output_field=DecimalField())
    found: dict[tuple[str, Any, Any], Decimal] = {}
    for period in sorted({row.period for row in rows}):
        calls = Call.objects.filter(created_at__gte=budgets.period_start(period, now)).order_by()
        users = {row.user_id for row in rows if row.period == period and row.user_id}
        houses = {row.organization_id for row in rows if row.period == period and row.organization_id}
        if users:
            held = calls.filter(user__in=users).values_list("user").annotate(money=money)
            found |= {(period, holder, None): spent for holder, spent in held}
        if houses:
            held = calls.filter(organization__in=houses).values_list("organization").annotate(money=money)
            found |= {(period, None, holder): spent for holder, spent in held}
        if any(row.period == period and not row.user_id and not row.organization_id for row in rows):
            found[period, None, None] = calls.aggregate(money=money)["money"]
    return found


def requests_since(user: User, since: datetime) -> QuerySet[RequestLog]:
    """Those of the people whose usage `user` may see: who works in the houses that `user` plans for."""
    if user.is_platform_admin:
        return log.requests_since(since)
    members = Membership.objects.filter(organization__in=user.houses_as(*PLANNERS)).order_by().values("user")
    return log.requests_since(since, people=members)


def requests_total(asked: QuerySet[RequestLog]) -> Requests:
    return _requests((), log.totals(asked))


def requests_by(asked: QuerySet[RequestLog], *names: str) -> list[Requests]:
    return [_requests(tuple(row[name] for name in names), row) for row in log.by(asked, *names)]


def requests_by_step(asked: QuerySet[RequestLog], span: Span) -> list[Requests]:
    rows = log.by_step(asked, TruncHour if span.step == HOUR else TruncDay)
    return [_requests((row["step"],), row) for row in rows]


def _requests(of: tuple[Any, ...], row: dict[str, Any]) -> Requests:
    return Requests(of, row["requests"], row["refused"], row["failed"], row["average_ms"] or 0, row["p95_ms"] or 0)
