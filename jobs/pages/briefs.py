"""Pages of briefs: the list, one brief with what it asks for, and the jobs that are made from it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.models import User
from accounts.pages.parts import carry_out, found, paged, refusal, viewer, words
from accounts.services import foreign_reads
from jobs.forms import OUTPUTS, BriefForm, NewJobForm
from jobs.models import Brief, Job
from jobs.pages.views import new_job_context
from jobs.services import briefs

UNKNOWN = "There is no such brief, or you have no access to it."
SUBMIT = "submit"


def find_brief(request: HttpRequest, brief_id: uuid.UUID) -> Brief:
    rows = Brief.objects.visible_to(viewer(request)).select_related(
        "client", "project", "organization", "created_by", "submitted_by", "approved_by"
    )
    brief = found(rows, brief_id, UNKNOWN)
    foreign_reads.note(viewer(request), brief)
    return brief


@login_required
@never_cache
@require_GET
def brief_list(request: HttpRequest) -> HttpResponse:
    user, status = viewer(request), request.GET.get("status", "")
    mine = Brief.objects.visible_to(user)
    counts = dict(mine.order_by().values_list("status").annotate(Count("pk")))
    rows = mine.titled(words(request)).select_related("client", "created_by").annotate(job_count=Count("jobs"))
    known = status if status in Brief.Status.values else ""
    if known:
        rows = rows.filter(status=known)
    context: dict[str, Any] = {
        "page": paged(request, rows.order_by("-created_at", "-pk")),
        "q": words(request),
        "kept": [("status", known)] if known else [],
        "filtered": known,
        "groups": [
            {"key": key, "name": name, "count": counts.get(key, 0), "on": key == known}
            for key, name in Brief.Status.choices
        ],
        "now": timezone.now(),
    }
    return render(request, "jobs/briefs.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def brief_new(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    policies.require(user, "jobs.brief.create")
    form = BriefForm(request.POST or None, user=user)
    status = None
    if request.method == "POST":
        made: list[Brief] = []
        status = refusal(form, lambda: made.append(briefs.create_brief(said(form), actor=user)))
        if status is None:
            return after_saving(request, made[0])
    return render(request, "jobs/brief_new.html", {"form": form}, status=status or 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def brief(request: HttpRequest, brief_id: uuid.UUID) -> HttpResponse:
    """POST changes a draft."""
    shown, user = find_brief(request, brief_id), viewer(request)
    if request.method == "GET":
        return page_of_brief(request, shown)
    policies.require(user, "jobs.brief.change", shown)
    form = BriefForm(request.POST, user=user, brief=shown)
    status = refusal(form, lambda: briefs.update_brief(shown, said(form, shown), actor=user))
    if status is None:
        return after_saving(request, shown)
    return page_of_brief(request, shown, form, status=status)


@login_required
@never_cache
@require_POST
def brief_approve(request: HttpRequest, brief_id: uuid.UUID) -> HttpResponse:
    shown, user = find_brief(request, brief_id), viewer(request)
    policies.require(user, "jobs.brief.approve", shown)
    return carry_out(
        request,
        lambda: briefs.approve_brief(shown, actor=user),
        done=f"“{shown}” is approved. Jobs can be made from it.",
        to=briefs.way_to(shown),
    )


def after_saving(request: HttpRequest, brief: Brief) -> HttpResponse:
    """The same button saves and submits, so that nothing typed is left behind."""
    to = briefs.way_to(brief)
    if request.POST.get("then") != SUBMIT:
        messages.success(request, "The draft is saved.")
        return redirect(to)
    return carry_out(
        request,
        lambda: briefs.submit_brief(brief, actor=viewer(request)),
        done=f"“{brief}” is submitted. The project managers are told.",
        to=to,
    )


def said(form: BriefForm, brief: Brief | None = None) -> briefs.Said:
    data = form.cleaned_data
    client, project = data["client"], data["project"]
    # A client or project says whose house it is; otherwise it stays.
    house = None if client or project or brief is None else brief.organization_id
    before = (brief.requested_outputs if brief else None) or {}
    return {
        "title": data["title"],
        "description": data["description"],
        "client_id": client.pk if client else None,
        "project_id": project.pk if project else None,
        "organization_id": house,
        "source_language": data["source_language"],
        "languages": data["languages"],
        "requested_outputs": {**before, **form.outputs()},
        "priority": data["priority"],
        "due_date": data["due_date"],
    }


def page_of_brief(
    request: HttpRequest, shown: Brief, form: BriefForm | None = None, *, status: int = 200
) -> HttpResponse:
    user = viewer(request)
    open_to_change = shown.status == Brief.Status.DRAFT and bool(policies.can(user, "jobs.brief.change", shown))
    if open_to_change and form is None:
        form = BriefForm(user=user, brief=shown, initial=asked_for(shown) | {"client": shown.client_id})
    approval = policies.can(user, "jobs.brief.approve", shown)
    context: dict[str, Any] = {
        "brief": shown,
        "form": form,
        "may_approve": shown.status == Brief.Status.SUBMITTED and approval.allowed,
        "why_not": approval.reason if shown.status == Brief.Status.SUBMITTED else "",
        "outputs": [
            field.label
            for name, field in BriefForm.base_fields.items()
            if name in OUTPUTS and (shown.requested_outputs or {}).get(name)
        ],
        "priority": Job.Priority(shown.priority).label,
        "late": bool(shown.due_date and shown.due_date < timezone.now() and not shown.approved_at),
        "jobs": list(
            Job.objects.visible_to(user).filter(brief=shown).select_related("created_by").order_by("-created_at", "-pk")
        ),
    }
    if shown.status == Brief.Status.APPROVED:
        context |= {"upload": new_job_context(user, order_form(user, shown)) | {"everything": 0}}
    return render(request, "jobs/brief.html", context, status=status)


def asked_for(brief: Brief) -> dict[str, Any]:
    """What forms show of it at first."""
    outputs = brief.requested_outputs
    return {
        "title": brief.title,
        "description": brief.description,
        "project": brief.project_id,
        "source_language": brief.source_language or "en",
        "languages": brief.languages,
        "due_date": brief.due_date.date() if brief.due_date else None,
        "priority": brief.priority,
        # As the contract has it: captions where nothing was chosen.
        **({name: outputs.get(name, False) for name in OUTPUTS} if outputs else {}),
    }


def order_form(user: User, brief: Brief) -> NewJobForm:
    """The upload form, filled in as the brief asks. Its title is the files' own."""
    initial = asked_for(brief) | {"title": "", "brief_id": brief.pk, "project_id": brief.project_id}
    form = NewJobForm(user=user, initial=initial)
    form.offer(brief)
    return form
