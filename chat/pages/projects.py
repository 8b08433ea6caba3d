"""A project as its conversations. Its people and settings have the page beside it (accounts), reached by the same tabs."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import policies, project_parts
from accounts.models import Project
from accounts.pages.parts import found, paged, viewer, words
from accounts.services import foreign_reads
from chat.pages.recents import described
from chat.queries import conversations as reads

UNKNOWN = "Project not found"


@login_required
@never_cache
@require_safe
def project(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    user, text = viewer(request), words(request)
    shown = found(Project.objects.visible_to(user).select_related("owner", "client__organization"), project_id, UNKNOWN)
    foreign_reads.note(user, shown)
    rows = reads.in_project(shown, user)
    if text:
        rows = reads.holding(rows, text)
    page = paged(request, rows)
    context = {
        "project": shown,
        "tabs": project_parts.tabs(shown, user),
        "page": page,
        "rows": described(page.object_list, user, text),
        "q": text,
        "kept": [],
        "filtered": False,
        "may_begin": policies.can(user, "accounts.project.update", shown)
        if shown.status != Project.Status.ARCHIVED
        else policies.denied("Restore the project to begin conversations in it."),
    }
    return render(request, "chat/project.html", context)
