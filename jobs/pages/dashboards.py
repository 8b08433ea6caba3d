"""What work was planned for and what it took: of one job, and of a client's jobs together."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import policies as rules
from accounts.pages.clients import find_client
from accounts.pages.parts import viewer
from core import spreadsheets
from core.charts import Chart, bars
from core.templatetags.ui import dollars
from jobs import effort, policies
from jobs.pages.present import GROUPS
from jobs.pages.views import find_job


@login_required
@never_cache
@require_GET
def job_effort(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """What the job took, to take along."""
    job = find_job(request, job_id)
    policies.require(viewer(request), "costs", job)
    found = effort.of_job(job, timezone.now())
    head = ("kind", "what", "who", "calls", "seconds", "cost_usd")
    return spreadsheets.download(f"{slugify(job.title) or 'job'}-effort.csv", head, _lines(found))


def _lines(found: effort.Effort) -> Iterable[Sequence[Any]]:
    for line in found.machines:
        yield ("engine", line.step, line.engine, line.calls, round(line.seconds, 3), line.cost)
    for name, seconds in found.steps:
        yield ("machine", name, "", "", round(seconds, 3), "")
    for spell in found.waits:
        yield ("state", spell.status, "", "", round(spell.seconds, 3), "")
    for turn in found.turns:
        yield ("person", turn.language, str(turn.person or ""), "", round(turn.seconds, 3), "")


@login_required
@never_cache
@require_GET
def client_dashboard(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    client, user = find_client(request, client_id), viewer(request)
    rules.require(user, "jobs.dashboard.open", client)
    inside = bool(rules.can(user, "jobs.dashboard.costs", client))
    now = timezone.now()
    counts, months = effort.by_status(client), effort.months(client, now)
    context: dict[str, Any] = {
        "client": client,
        "inside": inside,
        "groups": [
            {"name": name, "count": sum(counts.get(status, 0) for status in members)}
            for name, members in GROUPS.values()
        ],
        "everything": sum(counts.values()),
        "nearest": effort.nearest(client),
        "now": now,
        "months": months,
        "minutes": sum(month.minutes for month in months),
        "cost": sum(month.cost for month in months),
        "charts": _charts(months, inside=inside),
        "languages": effort.by_language(client),
        "noted": effort.noted(client) if inside else [],
    }
    return render(request, "jobs/client_dashboard.html", context)


@login_required
@never_cache
@require_GET
def client_months(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """The months of the dashboard, to take along."""
    client, user = find_client(request, client_id), viewer(request)
    rules.require(user, "jobs.dashboard.open", client)
    inside = bool(rules.can(user, "jobs.dashboard.costs", client))
    head = ["client", "month", "jobs", "minutes", *(["cost_usd"] if inside else [])]
    rows = [
        [client.name, f"{month.start:%Y-%m}", month.jobs, round(month.minutes, 2), *([month.cost] if inside else [])]
        for month in effort.months(client, timezone.now())
    ]
    return spreadsheets.download(f"{slugify(client.name) or 'client'}-months.csv", head, rows)


def _charts(months: list[effort.Month], *, inside: bool) -> list[Chart]:
    minutes = [month.minutes for month in months]
    charts = [_chart("Minutes delivered each month", months, minutes, [f"{value:,.1f} min" for value in minutes])]
    if inside:
        costs = [float(month.cost) for month in months]
        charts.append(_chart("Cost each month", months, costs, [dollars(month.cost) for month in months]))
    return charts


def _chart(name: str, months: list[effort.Month], values: list[float], said: list[str]) -> Chart:
    most = max(range(len(values)), key=values.__getitem__)
    label = f"{name}: at most {said[most]}, in {months[most].start:%B %Y}" if values[most] else f"{name}: nothing"
    titles = [f"{month.start:%B %Y}: {words}" for month, words in zip(months, said, strict=True)]
    return Chart(
        name=name,
        label=label,
        bars=bars(values, titles=titles),
        most=said[most],
        first=f"{months[0].start:%b %Y}",
        last=f"{months[-1].start:%b %Y}",
    )
