"""Search pages: everything, and what is said alone. What is asked for stands in the address, so a result can be passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import policies
from accounts.pages.parts import PAGE_SIZE, sentence_of, viewer
from core import languages
from core.errors import DomainError
from core.storage import for_page
from media_library.models import Asset, Passage
from media_library.pages.cards import SIGNS, shown
from media_library.pages.filters import FACETS, KINDS, Chip, Choice, Facet, identity
from media_library.queries import links
from media_library.search import MODES, MOST_CHARACTERS, Filters, Hit, Results, search
from media_library.search.places import place_of

NARROWING = ("kind", "language", "speaker", "tag", "project")
MODE_NAMES = {"hybrid": "Words and meaning", "words": "Words", "meaning": "Meaning"}
PARTS = {
    Passage.Kind.NAME: "",
    Passage.Kind.SPEECH: "Said",
    Passage.Kind.PICTURE: "Shown",
    Passage.Kind.DOCUMENT: "Written",
}
MOST_VALUES = 20
LAST_PAGE = 50
TOO_LONG = f"A search may have {MOST_CHARACTERS} characters at most."


@dataclass(frozen=True)
class Shown:
    """A hit with its way there, a picture, and what the player on the page plays."""

    hit: Hit
    url: str
    picture: str
    film: str

    @property
    def sign(self) -> str:
        return SIGNS.get(self.hit.asset.kind, "doc")

    @property
    def milliseconds(self) -> float | None:
        return None if self.hit.start is None else self.hit.start * 1000

    @property
    def part(self) -> str:
        return PARTS[Passage.Kind(self.hit.kind)]


@login_required
@never_cache
@require_GET
def everything(request: HttpRequest) -> HttpResponse:
    return results(request)


@login_required
@never_cache
@require_GET
def transcripts(request: HttpRequest) -> HttpResponse:
    return results(request, part=Passage.Kind.SPEECH)


def results(request: HttpRequest, *, part: str = "") -> HttpResponse:
    user, problem, status = viewer(request), "", 200
    policies.require(user, "media_library.search")
    query = request.GET.get("q", "").replace("\0", " ").strip()
    said, number = values_of(request.GET), page_number(request.GET.get("page", ""))
    mode = request.GET.get("mode", "")
    mode = mode if mode in MODES else MODES[0]
    grouped, archived = "group" in request.GET, "archived" in request.GET
    found: Results | None = None
    if len(query) > MOST_CHARACTERS:
        problem, status = TOO_LONG, 422
    elif query or any(said.values()):
        try:
            found = search(
                user,
                query,
                filters=filters_of(said, part=part, archived=archived),
                mode=mode,
                limit=PAGE_SIZE,
                offset=(number - 1) * PAGE_SIZE,
                group=grouped,
            )
        except DomainError as error:
            problem, status = sentence_of(error), error.status_code
    page = Paginator(range(found.total_estimate if found else 0), PAGE_SIZE).get_page(number)
    context: dict[str, Any] = {
        "q": query[:MOST_CHARACTERS],
        "most": MOST_CHARACTERS,
        "part": part,
        "problem": problem,
        "found": found,
        "hits": hits_shown(found.hits) if found else [],
        "page": page,
        "mode": mode,
        "modes": [(key, MODE_NAMES[key], address(request.GET, mode=None if key == MODES[0] else key)) for key in MODES],
        "grouped": grouped,
        "ungrouped_url": address(request.GET, group=None),
        "grouped_url": address(request.GET, group="1"),
        "kept": [
            (key, value) for key in (*NARROWING, "mode", "group", "archived") for value in request.GET.getlist(key)
        ],
        "chips": chips(request.GET, said, found, archived=archived),
        "facets": facets(request.GET, said, found, archived=archived),
        "meant_url": address(request.GET, q=found.did_you_mean) if found and found.did_you_mean else "",
        "everything": address(request.GET, **dict.fromkeys((*NARROWING, "archived"))),
    }
    return render(request, "media_library/search.html", context, status=status)


def page_number(text: str) -> int:
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def values_of(query: QueryDict) -> dict[str, list[str]]:
    """What the address narrows by. What makes no sense does not narrow."""
    said = {
        key: [value.replace("\0", "").strip()[:150] for value in query.getlist(key)[:MOST_VALUES]] for key in NARROWING
    }
    said["kind"] = [value for value in said["kind"] if value in Asset.Kind.values]
    said["project"] = [value for value in said["project"] if identity(value)]
    return {key: list(dict.fromkeys(filter(None, values))) for key, values in said.items()}


def filters_of(said: Mapping[str, list[str]], *, part: str, archived: bool) -> Filters:
    return Filters(
        kinds=tuple(said["kind"]),
        languages=tuple(value.lower() for value in said["language"]),
        speakers=tuple(said["speaker"]),
        tags=tuple(said["tag"]),
        projects=tuple(pk for value in said["project"] if (pk := identity(value))),
        parts=(part,) if part else (),
        archived=archived,
    )


def hits_shown(hits: list[Hit]) -> list[Shown]:
    """As many queries for a page as for one hit."""
    assets = list({hit.asset.pk: hit.asset for hit in hits}.values())
    pictures = links.pictures(assets)
    films = links.playables([asset for asset in assets if asset.kind in (Asset.Kind.VIDEO, Asset.Kind.AUDIO)])
    pictured = {pk: shown(picture) for pk, picture in pictures.items()}
    played = {pk: for_page(links.link(film, inline=True)) for pk, film in films.items()}
    return [
        Shown(
            hit,
            place_of(hit.asset, hit.start),
            pictured.get(hit.asset.pk, ""),
            played.get(hit.asset.pk, "") if hit.start is not None else "",
        )
        for hit in hits
    ]


def address(query: QueryDict, **changes: str | None) -> str:
    """The same search with some of it changed, from its first page."""
    changed = query.copy()
    changed.pop("page", None)
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return f"?{changed.urlencode()}"


def turned(query: QueryDict, name: str, value: str) -> str:
    """The same search with one value of a filter more, or less."""
    changed = query.copy()
    changed.pop("page", None)
    values = changed.getlist(name)
    changed.setlist(name, [one for one in values if one != value] if value in values else [*values, value])
    return f"?{changed.urlencode()}"


def name_of(key: str, value: str, found: Results | None) -> str:
    if key == "kind":
        return KINDS[Asset.Kind(value)]
    if key == "language":
        return languages.name(value)
    labels = {one.value: one.label for one in (found.facets.get(key, []) if found else [])}
    return labels.get(value, "unknown" if key == "project" else value)


def chips(query: QueryDict, said: Mapping[str, list[str]], found: Results | None, *, archived: bool) -> list[Chip]:
    shown_chips = [
        Chip(FACETS[key].lower(), name_of(key, value, found), turned(query, key, value))
        for key, values in said.items()
        for value in values
    ]
    return [*shown_chips, Chip("", "Archived", address(query, archived=None))] if archived else shown_chips


def facets(query: QueryDict, said: Mapping[str, list[str]], found: Results | None, *, archived: bool) -> list[Facet]:
    counted = found.facets if found else {}
    made = []
    for key in NARROWING:
        counts = {one.value: one.count for one in counted.get(key, [])}
        known = list(dict.fromkeys([*said[key], *counts]))
        choices = [
            Choice(name_of(key, value, found), counts.get(value, 0), value in said[key], turned(query, key, value))
            for value in known
        ]
        if len(choices) > 1 or said[key]:
            made.append(Facet(key, FACETS[key], choices, open=bool(said[key]) or key in {"kind", "speaker"}))
    if not found:
        return made
    away = Choice("Archived", 0, archived, address(query, archived=None if archived else "1"))
    return [*made, Facet("more", "More", [away], open=archived)]
