"""Production's console: what failed and trying it again, queues and workers as they are, and how the work flows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import policies as people
from accounts.models import User
from ai.queries import SPANS
from core.charts import Chart, bars
from core.live.events import last_seq
from core.rest import condition
from core.templatetags.ui import dollars
from jobs import events, production, services, workflows
from jobs.models import Job
from jobs.pages import bulk
from jobs.pages.views import SOCKET, viewer

PAGE_SIZE = 20
SPAN = SPANS["30d"]
ENGINES_SHOWN = 6


@login_required
@never_cache
@require_GET
def console(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    people.require(user, "jobs.production.use")
    if request.headers.get("HX-Request") and request.GET.get("part") == "queues":
        return render(request, "jobs/partials/_queues.html", {"stations": condition.stations()})
    context = failures(request)
    if request.headers.get("HX-Request"):
        return render(request, "jobs/partials/_failures.html", context)
    return render(request, "jobs/production.html", {**context, **flow(user), "stations": condition.stations()})


def failures(request: HttpRequest) -> dict[str, Any]:
    user, step = viewer(request), request.GET.get("failed_step", "")
    step = step if step in services.STAGES else ""
    found = production.failures(user, failed_step=step)
    return {
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "step": step,
        "steps": [{"key": str(stage), "name": stage.label, "on": stage == step} for stage in services.STAGES],
        "after": last_seq(events.STREAM),
        "socket": SOCKET,
    }


def flow(user: User) -> dict[str, Any]:
    now = timezone.now()
    days = SPAN.starts(now)
    done = production.throughput(user, days)
    words = [day.strftime("%a %d %b") for day in days]
    engines = production.engines(user, SPAN, now)
    return {
        "span": SPAN,
        "completed": sum(day.jobs for day in done),
        "minutes": round(sum(day.minutes for day in done)),
        "charts": [
            chart("Completed jobs each day", words, [day.jobs for day in done]),
            chart("Minutes of film completed each day", words, [round(day.minutes, 1) for day in done]),
        ],
        "days": list(zip(words, done, strict=True)),
        "stays": [(Job.Status(stay.status).label, stay) for stay in production.stays(user, days[0])],
        "engines": engines,
        "cost": sum(use.cost for use in engines),
        "cost_charts": cost_charts(user, words),
    }


def cost_charts(user: User, words: Sequence[str]) -> list[Chart]:
    """One for each engine that cost something, the dearest first. What runs here costs nothing, and has no bars."""
    now = timezone.now()
    days = SPAN.starts(now)
    spent: dict[tuple[str, str], list[float]] = {}
    for use in production.engines_by_day(user, SPAN, now):
        start, provider, model = use.of
        if use.cost and start in days:
            spent.setdefault((provider, model), [0.0] * len(days))[days.index(start)] = float(use.cost)
    dearest = sorted(spent.items(), key=lambda one: (-sum(one[1]), one[0]))[:ENGINES_SHOWN]
    return [chart(f"{provider}: {model}", words, costs, money=True) for (provider, model), costs in dearest]


def chart(name: str, days: Sequence[str], values: Sequence[float], *, money: bool = False) -> Chart:
    said = [dollars(value) if money else f"{value:,}" for value in values]
    most = max(range(len(values)), key=values.__getitem__)
    total = sum(values)
    label = f"{name} in the last {SPAN.words}: {dollars(total) if money else f'{round(total, 1):,}'} in all"
    if total:
        label += f", most on {days[most]} with {said[most]}"
    titles = [f"{day}: {word}" for day, word in zip(days, said, strict=True)]
    return Chart(name, label, bars(values, titles=titles), said[most], days[0], days[-1])


@login_required
@never_cache
@require_POST
def retry_many(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    people.require(user, "jobs.production.use")
    done = services.each(bulk.named(request), user=user, do=lambda job: workflows.retry(job, actor=user))
    bulk.tell(request, done, done="started again")
    return redirect(bulk.back(request, to="/production"))
