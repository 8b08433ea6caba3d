"""The log of model use: what was asked of models, by whom, how that went and what it cost."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.pages.parts import found, viewer
from accounts.services import foreign_reads
from ai import logs, redaction
from ai.logs import Step, Wanted
from ai.models import Call
from ai.pages import present
from core import audit, spreadsheets
from core.charts import Chart, bars
from core.templatetags.ui import dollars

PAGE_SIZE = 50
MOST_TAKEN = 50_000
USUAL_DAYS = timedelta(days=29)
UNKNOWN = "There is no such call, or you have no access to it."
# Bars that can still be told apart.
MOST_BARS = 15
COLUMNS = (
    *("at", "capability", "provider", "model", "purpose", "endpoint", "person", "address", "outcome", "error"),
    *("tokens_in", "tokens_out", "seconds", "cost_usd", "latency_ms", "conversation", "id"),
)


class LogFilterForm(forms.Form):
    start = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    model = forms.ChoiceField(required=False, label="Model")
    user = forms.ChoiceField(required=False, label="Person")
    failed = forms.BooleanField(required=False, label="Failed calls only")

    def __init__(self, data: Any, *, reader: User) -> None:
        super().__init__(data)
        models = [(name, name) for name in logs.models_of(reader)]
        self.people = logs.people_of(reader)
        people = [(str(person.pk), str(person)) for person in self.people]
        self.fields["model"] = forms.ChoiceField(required=False, label="Model", choices=[("", "All"), *models])
        self.fields["user"] = forms.ChoiceField(required=False, label="Person", choices=[("", "All"), *people])

    def wanted(self) -> Wanted | None:
        """None while a filter cannot be read: everything would be the wrong answer to it."""
        if not self.is_valid():
            return None
        asked = self.cleaned_data
        days = {name: asked[name].isoformat() if asked[name] else "" for name in ("start", "end")}
        person = uuid.UUID(asked["user"]) if asked["user"] else None
        return Wanted.parse({**days, "model": asked["model"]}, user=person, failed=asked["failed"])


def filter_of(request: HttpRequest, reader: User) -> LogFilterForm:
    """Who names no time gets the last thirty days."""
    data = request.GET.copy()
    if not {"start", "end"} & set(data):
        data["start"] = (timezone.now() - USUAL_DAYS).date().isoformat()
    return LogFilterForm(data, reader=reader)


@login_required
@never_cache
@require_GET
def log_list(request: HttpRequest) -> HttpResponse:
    reader = viewer(request)
    form = filter_of(request, reader)
    wanted = form.wanted()
    calls = logs.calls(reader, wanted) if wanted else Call.objects.none()
    steps = logs.steps(calls, wanted or Wanted(), timezone.now())
    models, people = logs.by_model(calls), logs.by_person(calls)
    context = {
        "form": form,
        "page": Paginator(logs.newest(calls), PAGE_SIZE).get_page(request.GET.get("page")),
        "totals": logs.totals(calls),
        "charts": charts(steps, present.models(models), present.people(people, ())),
        "steps": steps,
        "models": present.shown(present.models(models)),
        "people": present.shown(present.people(people, ())),
        "several": bool({person.pk for person in form.people} - {reader.pk}),
        "asked": asked(request),
        "most": MOST_TAKEN,
    }
    return render(request, "ai/logs.html", context, status=200 if wanted else 422)


def asked(request: HttpRequest) -> list[str]:
    """The filters that the address names, for a way back to all."""
    return [name for name in ("start", "end", "model", "user", "failed") if request.GET.get(name)]


@login_required
@never_cache
@require_GET
def log_detail(request: HttpRequest, log_id: uuid.UUID) -> HttpResponse:
    reader = viewer(request)
    call = found(Call.objects.visible_to(reader).select_related("user", "organization"), log_id, UNKNOWN)
    foreign_reads.note(reader, call)
    request_data = redaction.shown(call.request)
    response_data = redaction.shown(call.response) if call.outcome == Call.Outcome.OK else {}
    context = {
        "call": call,
        "error": redaction.clean(call.error),
        "asked": in_words(request_data),
        "answered": in_words(response_data),
        "taken_out": redaction.marks_in(request_data, response_data, redaction.clean(call.error)),
        "conversation": conversation_of(call),
    }
    return render(request, "ai/log.html", context)


def in_words(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Each part as it reads best: text as text, the rest as JSON."""
    return [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2))
        for name, value in content.items()
        if value not in (None, "", [], {})
    ]


def conversation_of(call: Call) -> str:
    """Where it was for; the conversation's own door says who may come in."""
    return f"/chat/{call.conversation_id}" if call.conversation_id else ""


@login_required
@never_cache
@require_GET
def taken_along(request: HttpRequest) -> HttpResponse:
    """What the filters find, newest first, without what was asked and answered. Taking it along is written down."""
    reader = viewer(request)
    wanted = filter_of(request, reader).wanted()
    calls = logs.newest(logs.calls(reader, wanted))[:MOST_TAKEN] if wanted else []
    rows = [line(call) for call in calls]
    audit.record("ai.log.export", None, actor=reader, rows=len(rows))
    return spreadsheets.download(f"ai-log-{timezone.now():%Y-%m-%d}.csv", COLUMNS, rows)


def line(call: Call) -> Sequence[Any]:
    person = call.user
    return (
        *(call.created_at.isoformat(), call.capability, call.provider, call.model, call.purpose, call.endpoint),
        *(str(person) if person else present.STUDIO, person.email if person else ""),
        *(call.outcome, redaction.clean(call.error), call.input_tokens, call.output_tokens, round(call.seconds, 3)),
        *(call.cost, call.latency_ms, str(call.conversation_id or ""), str(call.pk)),
    )


def charts(steps: logs.Steps, models: Sequence[present.Line], people: Sequence[present.Line]) -> list[Chart]:
    """Cost, where anything cost something; how many calls, where local engines did all the work for nothing."""
    if not steps.rows or not any(step.use.calls for step in steps.rows):
        return []
    money = any(step.use.cost for step in steps.rows)
    each = "month" if steps.months else "day"
    words = "%b %Y" if steps.months else "%a %d %b"
    days = [(step.start.strftime(words), step) for step in steps.rows]
    return [
        chart(each, [(name, step) for name, step in days], money=money),
        chart("model", [(one.name, one) for one in models[:MOST_BARS]], money=money),
        chart("person", [(one.name, one) for one in people[:MOST_BARS]], money=money),
    ]


def chart(each: str, rows: Iterable[tuple[str, Step | present.Line]], *, money: bool) -> Chart:
    named = list(rows)
    values = [float(row.use.cost) if money else float(row.use.calls) for _, row in named]
    said = [dollars(value) if money else f"{value:,.0f}" for value in values]
    most = max(range(len(values)), key=values.__getitem__)
    what = "Cost" if money else "Calls"
    return Chart(
        name=f"{what} by {each}",
        label=f"{what} by {each}: most for {named[most][0]} with {said[most]}",
        bars=bars(values, titles=[f"{name}: {word}" for (name, _), word in zip(named, said, strict=True)]),
        most=said[most],
        first=named[0][0],
        last=named[-1][0] if len(named) > 1 else "",
    )
