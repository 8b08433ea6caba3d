"""The references board of a film as a page: pictures brought, found by what they show, and put in columns."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import policies
from accounts.models import User
from accounts.pages.parts import carry_out, found, sentence_of, viewer
from chat.models import BoardCard, Film
from chat.pages.film_shown import board_shown
from chat.pages.films import find_film, find_for_writing, is_uuid
from chat.services import board
from core.errors import DomainError, TooLargeError, UnsupportedTypeError
from core.storage.spooling import spooled
from media_library.models import Asset
from media_library.queries import links
from media_library.search import finding
from media_library.services import intake

MEDIA_TYPES = (
    ("style_reference", "A style to follow"),
    ("character_design", "How a character looks"),
    ("concept_art", "An idea for a scene"),
)
COLUMN_OF = {"style_reference": "Style", "character_design": "Characters", "concept_art": "Concepts"}
NO_CARD = "This picture is not on the board any more."
MOST_FOUND = 12


@dataclass(frozen=True)
class Hit:
    asset: Asset
    thumbnail_url: str
    match: str
    on_board: bool


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def film_board(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        return show(request, find_film(request, project_id))
    film = find_for_writing(request, project_id)
    try:
        if "asset" in request.POST:
            pin(film, request.POST["asset"], actor=viewer(request))
        else:
            bring(film, request)
    except DomainError as error:
        return show(request, film, problem=sentence_of(error), status=error.status_code)
    messages.success(request, "It is on the board.")
    return redirect("chat:film_board", project_id)


def pin(film: Film, asset_id: str, *, actor: User) -> None:
    board.add_card(film, asset_id=uuid.UUID(asset_id) if is_uuid(asset_id) else uuid.uuid4(), actor=actor)


def bring(film: Film, request: HttpRequest) -> None:
    """A new picture, through the same door as any file of a film, then onto the board."""
    user, file = viewer(request), request.FILES.get("file")
    if file is None:
        raise UnsupportedTypeError("Choose a picture first.")
    limit = settings.FILM_FILE_LIMITS[user.tier]
    if (file.size or 0) > limit:
        raise TooLargeError(f"File exceeds the {limit // 2**20}MB limit of the {user.tier} tier")
    media_type = request.POST.get("media_type", "")
    media_type = media_type if media_type in COLUMN_OF else "style_reference"
    with spooled(file) as path:
        asset = intake.take_in(
            path,
            owner=user,
            filename=file.name or "picture",
            content_type=file.content_type or "",
            project=film.project,
            description=request.POST.get("description", "")[:500],
            media_type=media_type,
        )
    board.add_card(film, asset_id=asset.pk, actor=user, column=COLUMN_OF[media_type])


def show(request: HttpRequest, film: Film, *, problem: str = "", status: int = 200) -> HttpResponse:
    user, query = viewer(request), request.GET.get("q", "").strip()[:400]
    limit = settings.FILM_FILE_LIMITS[user.tier] // 2**20
    hits: list[Hit] = []
    if query:
        try:
            hits = hits_for(film, query, user)
        except DomainError as error:
            problem = sentence_of(error)
    context: dict[str, Any] = {
        "film": film,
        "columns": board_shown(film),
        "media_types": MEDIA_TYPES,
        "limit_hint": f"A JPEG, PNG or WebP of at most {limit} MB.",
        "q": query,
        "found": hits,
        "may_write": policies.can(user, "chat.film.write", film),
        "problem": problem,
    }
    return render(request, "chat/film_board.html", context, status=status)


def hits_for(film: Film, query: str, user: User) -> list[Hit]:
    """The film's pictures by their meaning, nearest first."""
    near, _, _ = finding.meaning(
        user, query, project=film.project_id, media_types=("image", "video"), threshold=0.0, limit=MOST_FOUND
    )
    pictures = links.pictures([one.asset for one in near])
    pinned = set(film.board.values_list("asset_id", flat=True))
    return [
        Hit(
            one.asset,
            links.link(pictures[one.asset.pk], inline=True) if one.asset.pk in pictures else "",
            ", ".join(one.matching) or "by what it shows",
            one.asset.pk in pinned,
        )
        for one in near
    ]


@login_required
@require_POST
def film_card(request: HttpRequest, project_id: uuid.UUID, card_id: uuid.UUID) -> HttpResponse:
    film, user, act = find_for_writing(request, project_id), viewer(request), request.POST.get("act", "save")
    card = found(BoardCard.objects.filter(film=film).select_related("film", "asset"), card_id, NO_CARD)
    to = reverse("chat:film_board", args=[project_id])
    if act == "remove":
        done = "It is off the board. The library still has it."
        return carry_out(request, lambda: board.remove_card(card, actor=user), done=done, to=to)
    change: dict[str, Any] = {"column": request.POST.get("column", "")[:60], "note": request.POST.get("note", "")[:500]}
    if act == "earlier":
        change = {"position": max(0, card.position - 1)}
    return carry_out(
        request, lambda: board.change_card(card, actor=user, **change), done="The board is changed.", to=to
    )
