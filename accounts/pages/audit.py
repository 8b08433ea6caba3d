"""The trail of what was done, for the platform's admins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import policies
from accounts.models import User
from accounts.pages.parts import viewer
from core import audit, spreadsheets
from core.audit import reading, verdicts
from core.models import AuditEvent

PAGE_SIZE = 50
# What a spreadsheet still opens with ease.
MOST_TAKEN = 50_000
COLUMNS = (
    *("at", "category", "action", "actor", "actor_id", "object_type", "object_id", "before", "after"),
    *("ip_address", "user_agent", "request_id", "position", "details"),
)


class AuditFilterForm(forms.Form):
    person = forms.CharField(required=False, max_length=200, label="Person", help_text="Part of a name or e-mail")
    action = forms.CharField(
        required=False, max_length=100, label="Action", help_text="Such as auth or jobs.job.create"
    )
    object = forms.CharField(
        required=False, max_length=100, label="Object", help_text="A kind such as jobs.job, or an id"
    )
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))


def reader(request: HttpRequest) -> User:
    user = viewer(request)
    policies.require(user, "accounts.admin.use")
    return user


@login_required
@never_cache
@require_GET
def trail(request: HttpRequest) -> HttpResponse:
    reader(request)
    form = AuditFilterForm(request.GET)
    category = wanted_category(request)
    events = chosen(form, category)
    # The actor's row may be gone: the trail holds no constraint on it.
    page = Paginator(events.select_related("actor"), PAGE_SIZE).get_page(request.GET.get("page"))
    asked = [value for name in form.fields if (value := request.GET.get(name, ""))]
    context = {
        "form": form,
        "page": page,
        "rows": [{"event": event, "details": details(event)} for event in page.object_list],
        "category": category,
        "categories": AuditEvent.Category.choices,
        "filtered": bool(asked or category),
        "found": bool(asked),
        "most": MOST_TAKEN,
        "standing": verdicts.standing(),
    }
    return render(request, "accounts/audit.html", context, status=200 if form.is_valid() else 422)


@login_required
@never_cache
@require_GET
def taken_along(request: HttpRequest) -> HttpResponse:
    """What the filters find, newest first. Taking it along is a line of the trail itself."""
    user = reader(request)
    form = AuditFilterForm(request.GET)
    category = wanted_category(request)
    rows = list(lines(chosen(form, category)[:MOST_TAKEN]))
    asked = {name: value for name in (*form.fields, "category") if (value := request.GET.get(name, ""))}
    audit.record("core.audit.export", None, actor=user, rows=len(rows), filters=asked)
    return spreadsheets.download(f"audit-{timezone.now():%Y-%m-%d}.csv", COLUMNS, rows)


@login_required
@never_cache
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    reader(request)
    verdicts.ask()
    messages.success(request, "A worker walks the trail now. What it finds will stand here.")
    return redirect("accounts:audit")


def wanted_category(request: HttpRequest) -> str:
    wanted = request.GET.get("category", "")
    return wanted if wanted in AuditEvent.Category.values else ""


def chosen(form: AuditFilterForm, category: str) -> QuerySet[AuditEvent]:
    """Nothing while a filter cannot be read: everything would be the wrong answer to it."""
    if not form.is_valid():
        return AuditEvent.objects.none()
    asked = form.cleaned_data
    return reading.chosen(
        AuditEvent.objects.all(),
        person=asked["person"],
        category=category,
        action=asked["action"],
        thing=asked["object"],
        since=datetime.combine(asked["since"], time.min, UTC) if asked["since"] else None,
        until=datetime.combine(asked["until"], time.min, UTC) + timedelta(days=1) if asked["until"] else None,
    )


def lines(events: QuerySet[AuditEvent]) -> Iterator[Sequence[Any]]:
    for event in events.iterator(chunk_size=2000):
        yield (
            event.at.isoformat(),
            event.category,
            event.action,
            event.actor_email,
            event.actor_id or "",
            event.subject_type,
            event.subject_id,
            event.before,
            event.after,
            event.ip_address or "",
            event.user_agent,
            event.request_id,
            event.position or "",
            "; ".join(f"{name}={words}" for name, words in details(event)),
        )


def details(event: AuditEvent) -> list[tuple[str, str]]:
    return [(name, in_words(value)) for name, value in event.details.items()]


def in_words(value: Any) -> str:
    match value:
        case list():
            return ", ".join(in_words(inner) for inner in value)
        case dict():
            return ", ".join(f"{name} {in_words(inner)}" for name, inner in value.items())
        case bool():
            return "yes" if value else "no"
        case None:
            return "–"
    return str(value)
