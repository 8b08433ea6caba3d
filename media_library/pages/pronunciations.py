"""Pages of how words are said: the list with what adds to it, one entry, and the table to take along."""

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
from accounts.models import Client, User
from accounts.pages.parts import carry_out, found, paged, refusal, viewer, words
from accounts.services import foreign_reads
from core import spreadsheets
from core.rest.body import MIB
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library.models import Pronunciation
from media_library.pages.glossaries import clients_kept, own_house
from media_library.pages.pronunciation_forms import NewPronunciationForm, PronunciationForm, TableForm
from media_library.services import pronunciations
from media_library.services.pronunciations import Place

UNKNOWN = "There is no such pronunciation, or you have no access to it."
CREATE = "media_library.pronunciation.create"


def find_pronunciation(request: HttpRequest, pronunciation_id: uuid.UUID) -> Pronunciation:
    rows = Pronunciation.objects.visible_to(viewer(request)).select_related("client", "organization", "owner")
    entry = found(rows, pronunciation_id, UNKNOWN)
    foreign_reads.note(viewer(request), entry)
    return entry


def place_of(user: User, client: Client | None) -> Place:
    return Place(client, None if client else own_house(user))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def pronunciation_list(request: HttpRequest) -> HttpResponse:
    user, status, form = viewer(request), None, None
    if request.method == "POST":
        policies.require(user, CREATE)
    if policies.can(user, CREATE):
        form = NewPronunciationForm(request.POST if request.method == "POST" else None, clients=clients_kept(user))
    if form and request.method == "POST":
        status = refusal(form, lambda: add(form, user))
        if status is None:
            messages.success(request, f"“{form.cleaned_data['term']}” is said as you wrote from now on.")
            return redirect("media_library:pronunciations")
    return page_of_list(
        request, form, TableForm(clients=clients_kept(user), auto_id="table_%s") if form else None, status=status or 200
    )


def page_of_list(request: HttpRequest, form: Any, table: Any, *, status: int) -> HttpResponse:
    user = viewer(request)
    rows = Pronunciation.objects.visible_to(user).holding(words(request)).select_related("client", "organization")
    context: dict[str, Any] = {
        "page": paged(request, rows.order_by("term", "pk")),
        "q": words(request),
        "kept": [],
        "form": form,
        "table": table,
    }
    return render(request, "media_library/pronunciations.html", context, status=status)


def add(form: NewPronunciationForm, user: User) -> None:
    said = dict(form.cleaned_data)
    place = place_of(user, said.pop("client"))
    policies.require(user, CREATE, place.entry(user))
    pronunciations.add_pronunciation(place, actor=user, **said)


@login_required
@never_cache
@require_POST
def take_in(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    policies.require(user, CREATE)
    table = TableForm(request.POST, request.FILES, clients=clients_kept(user), auto_id="table_%s")
    read: list[int] = []

    def read_all() -> None:
        place = place_of(user, table.cleaned_data["client"])
        policies.require(user, CREATE, place.entry(user))
        read.append(pronunciations.import_pronunciations(place, table.cleaned_data["file"].read(), actor=user))

    if status := refusal(table, read_all):
        return page_of_list(request, NewPronunciationForm(clients=clients_kept(user)), table, status=status)
    messages.success(request, f"{read[0]} words are said as the table has them.")
    return redirect("media_library:pronunciations")


@login_required
@never_cache
@require_GET
def download(request: HttpRequest) -> HttpResponse:
    """All that the viewer sees, as it can be brought back."""
    rows = Pronunciation.objects.visible_to(viewer(request)).order_by("term", "pk")
    return spreadsheets.download(
        "pronunciations.csv", pronunciations.HEAD, map(pronunciations.as_row, rows.iterator(chunk_size=2000))
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def pronunciation(request: HttpRequest, pronunciation_id: uuid.UUID) -> HttpResponse:
    entry, user, status = find_pronunciation(request, pronunciation_id), viewer(request), 200
    may_change = bool(policies.can(user, "media_library.pronunciation.change", entry))
    if request.method == "POST":
        policies.require(user, "media_library.pronunciation.change", entry)
    form = PronunciationForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(entry, name) for name in PronunciationForm.base_fields},
    )
    if request.method == "POST":
        changed = refusal(form, lambda: pronunciations.change_pronunciation(entry, actor=user, **form.cleaned_data))
        if changed is None:
            messages.success(request, "Saved. What was spoken with it waits to be spoken again.")
            return redirect("media_library:pronunciation", pronunciation_id=entry.pk)
        status = changed
        entry = find_pronunciation(request, pronunciation_id)
    context = {"entry": entry, "form": form, "may_change": may_change}
    return render(request, "media_library/pronunciation.html", context, status=status)


@login_required
@never_cache
@require_POST
def remove(request: HttpRequest, pronunciation_id: uuid.UUID) -> HttpResponse:
    entry, user = find_pronunciation(request, pronunciation_id), viewer(request)
    policies.require(user, "media_library.pronunciation.remove", entry)
    return carry_out(
        request,
        lambda: pronunciations.remove_pronunciation(entry, actor=user),
        done=f"“{entry.term}” is said as it is written again.",
        to=reverse("media_library:pronunciations"),
    )


# The table, and room for the form's other fields.
take_in.max_body_bytes = 2 * MIB  # type: ignore[attr-defined]  # core.rest.body reads it
