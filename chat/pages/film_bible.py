"""The bible of a film as a page: read, changed, taken back and taken along."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.pages.parts import carry_out, sentence_of, viewer
from chat.models import Film
from chat.pages.bible_forms import BibleForms
from chat.pages.film_shown import bible_shown
from chat.pages.films import find_film, find_for_writing
from chat.services import bible, bible_export
from core.errors import DomainError

REVISIONS = 50


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def film_bible(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        film = find_film(request, project_id)
        return show(request, film, BibleForms(bible.content_of(film)))
    film = find_for_writing(request, project_id)
    forms = BibleForms(bible.content_of(film), request.POST)
    base = request.POST.get("base", "")
    if not forms.is_valid():
        return show(request, film, forms, problem="Something below is not right yet. Nothing is lost.", status=422)
    try:
        bible.edit(film, forms.sections(), base=int(base) if base.isdecimal() else 0, actor=viewer(request))
    except DomainError as error:
        # What was typed stays; the page shows the bible as it is now beside it, and saving again puts this on top.
        return show(request, film, forms, problem=sentence_of(error), status=error.status_code)
    messages.success(request, "The bible is saved.")
    return redirect("chat:film_bible", project_id)


def show(request: HttpRequest, film: Film, forms: BibleForms, *, problem: str = "", status: int = 200) -> HttpResponse:
    revision = bible.newest(film)
    context: dict[str, Any] = {
        "film": film,
        "bible": bible_shown(bible.content_of(film)),
        "revision": revision,
        "base": revision.number if revision else 0,
        "revisions": film.bible.select_related("author").order_by("-number")[:REVISIONS],
        "forms": forms,
        "may_write": policies.can(viewer(request), "chat.film.write", film),
        "problem": problem,
    }
    return render(request, "chat/film_bible.html", context, status=status)


@login_required
@require_POST
def film_bible_restore(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    film, number = find_for_writing(request, project_id), request.POST.get("number", "")
    return carry_out(
        request,
        lambda: bible.restore(film, int(number) if number.isdecimal() else 0, actor=viewer(request)),
        done=f"Revision {number} is the bible again; the newer ones are kept.",
        to=reverse("chat:film_bible", args=[project_id]),
    )


@login_required
@never_cache
@require_GET
def film_bible_export(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    film = find_film(request, project_id)
    made = bible_export.export(film, format=request.GET.get("format", "pdf"))
    return HttpResponse(
        made.data,
        content_type=made.content_type,
        headers={"Content-Disposition": f'attachment; filename="{made.filename}"'},
    )
