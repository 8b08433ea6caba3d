"""Collections: what somebody put together, of a project, of a house or of their own."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import policies
from accounts.models import Project
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from accounts.services import foreign_reads
from media_library.models import Asset, Collection
from media_library.pages import cards
from media_library.pages.library import identities
from media_library.pages.library_forms import CollectionForm
from media_library.queries import assets as reads
from media_library.services import collections

UNKNOWN = "There is no such collection, or you have no access to it."
CHANGE = "media_library.collection.change"


def find_collection(request: HttpRequest, collection_id: uuid.UUID, action: str = "") -> Collection:
    user = viewer(request)
    rows = Collection.objects.visible_to(user).select_related("project", "organization", "owner")
    collection = found(rows, collection_id, UNKNOWN)
    foreign_reads.note(user, collection)
    if action:
        policies.require(user, action, collection)
    return collection


def way_to(collection: Collection) -> str:
    return reverse("media_library:collection", args=[collection.pk])


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def collection_list(request: HttpRequest) -> HttpResponse:
    user, status = viewer(request), None
    live = Project.objects.visible_to(user).exclude(status=Project.Status.ARCHIVED).order_by("name", "pk")
    form = CollectionForm(request.POST or None, projects=live)
    if request.method == "POST":
        made: list[Collection] = []
        status = refusal(form, lambda: made.append(collections.create(owner=user, **form.cleaned_data)))
        if status is None:
            messages.success(request, f"“{made[0]}” is there. Put files into it from the library.")
            return redirect(way_to(made[0]))
    rows = Collection.objects.visible_to(user).select_related("project", "owner")
    if q := words(request):
        rows = rows.filter(name__icontains=q)
    seen = rows.annotate(file_count=Count("assets", distinct=True)).order_by("name", "pk")
    context = {"page": paged(request, seen), "q": q, "kept": [], "form": form}
    return render(request, "media_library/collections.html", context, status=status or 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def collection(request: HttpRequest, collection_id: uuid.UUID) -> HttpResponse:
    """Its files; a POST renames it."""
    user, status = viewer(request), None
    shown = find_collection(request, collection_id, CHANGE if request.method == "POST" else "")
    form = CollectionForm(initial={"name": shown.name, "description": shown.description})
    if request.method == "POST":
        form = CollectionForm(request.POST)
        status = refusal(form, lambda: collections.change(shown, actor=user, **form.cleaned_data))
        if status is None:
            messages.success(request, "Saved.")
            return redirect(way_to(shown))
    rows = reads.listed(user, reads.Filters(collection=shown.pk, archived=None, q=words(request)))
    page = paged(request, rows.select_related("owner", "project", "run", "transcript"))
    context: dict[str, Any] = {
        "collection": shown,
        "page": page,
        "cards": cards.cards(page.object_list),
        "q": words(request),
        "kept": [],
        "form": form,
        "may_change": policies.can(user, CHANGE, shown),
        "may_delete": policies.can(user, "media_library.collection.delete", shown),
    }
    return render(request, "media_library/collection.html", context, status=status or 200)


@login_required
@never_cache
@require_POST
def take_out(request: HttpRequest, collection_id: uuid.UUID) -> HttpResponse:
    shown, user = find_collection(request, collection_id, CHANGE), viewer(request)
    chosen = list(Asset.objects.visible_to(user).filter(pk__in=identities(request)))
    if not chosen:
        messages.error(request, "Choose at least one file first.")
        return redirect(way_to(shown))
    return carry_out(
        request,
        lambda: collections.remove(shown, chosen, actor=user),
        done=f"Took {len(chosen)} out. {'It stays' if len(chosen) == 1 else 'They stay'} in the library.",
        to=way_to(shown),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, collection_id: uuid.UUID) -> HttpResponse:
    shown = find_collection(request, collection_id, "media_library.collection.delete")
    if request.method == "POST":
        return carry_out(
            request,
            lambda: collections.delete(shown, actor=viewer(request)),
            done=f"The collection “{shown}” is gone. Its files are where they were.",
            to=reverse("media_library:collections"),
        )
    question = Question(
        title=f"Delete the collection “{shown}”?",
        follows="Its files stay in the library.",
        button="Delete the collection",
        back=way_to(shown),
        section="library",
        crumbs=[("Collections", reverse("media_library:collections")), (shown.name, way_to(shown))],
    )
    return ask(request, question)
