"""What was asked of the studio, what its models did, and what that cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import policies
from accounts.models import User
from ai import policies as _rules  # noqa: F401  (registers who may see usage)
from ai import queries
from ai.pages import present
from core import spreadsheets


def reader(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login_required stands before every view here)
    policies.require(request.user, "ai.usage.see")
    return request.user


def wanted(request: HttpRequest) -> queries.Span:
    return queries.SPANS.get(request.GET.get("period", ""), queries.USUAL)


@login_required
@never_cache
@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    user, span, now = reader(request), wanted(request), timezone.now()
    since = span.starts(now)[0]
    calls = queries.calls_since(user, since)
    asked = queries.requests_since(user, since)
    rows = present.steps(span, now, requests=queries.requests_by_step(asked, span), uses=queries.by_step(calls, span))
    context = {
        "span": span,
        "spans": queries.SPANS.values(),
        "everybody": user.is_platform_admin,
        "total": queries.total(calls),
        "requests": queries.requests_total(asked),
        "charts": present.charts(span, rows),
        "steps": rows,
        "hourly": span.step == queries.HOUR,
        "models": present.shown(present.models(queries.by(calls, "provider", "model"))),
        "capabilities": present.shown(present.capabilities(queries.by(calls, "capability"))),
        "people": present.shown(
            present.people(queries.by(calls, *queries.PERSON), queries.requests_by(asked, *queries.PERSON))
        ),
        "routes": present.shown(present.routes(queries.requests_by(asked, "method", "endpoint"))),
        "budgets": queries.budget_uses(user, now),
    }
    return render(request, "ai/usage.html", context)


@login_required
@never_cache
@require_GET
def models_csv(request: HttpRequest) -> HttpResponse:
    user, span = reader(request), wanted(request)
    calls = queries.calls_since(user, span.starts(timezone.now())[0])
    return taken_along("models", span, present.MODEL_COLUMNS, present.model_rows(calls, span))


@login_required
@never_cache
@require_GET
def requests_csv(request: HttpRequest) -> HttpResponse:
    user, span = reader(request), wanted(request)
    asked = queries.requests_since(user, span.starts(timezone.now())[0])
    rows = queries.requests_by(asked, "method", "endpoint", *queries.PERSON)
    return taken_along("requests", span, present.REQUEST_COLUMNS, present.request_rows(rows))


def taken_along(what: str, span: queries.Span, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    return spreadsheets.download(f"usage-{what}-{timezone.now():%Y-%m-%d}-{span.key}.csv", columns, rows)
