"""What the address says about a list of files: filters, their chips, and what else the list could be narrowed down by."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from accounts.models import Project, User
from accounts.pages.parts import words
from core import languages
from media_library.models import Asset, Collection
from media_library.queries import assets as reads
from media_library.queries.assets import Filters

SORTS = (
    ("newest", "Newest"),
    ("oldest", "Oldest"),
    ("name", "Name"),
    ("longest", "Longest"),
    ("largest", "Largest"),
    ("changed", "Last changed"),
)
NAMES = {
    "q": "named",
    "kind": "kind",
    "language": "language",
    "speaker": "speaker",
    "tag": "tag",
    "project": "project",
    "collection": "collection",
    "status": "state",
    "archived": "",
    "mine": "",
}
FACETS = {
    "kind": "Kind",
    "language": "Language",
    "speaker": "Speaker",
    "tag": "Tag",
    "project": "Project",
    "collection": "Collection",
    "status": "State",
}
KINDS = {
    Asset.Kind.VIDEO: "Video",
    Asset.Kind.AUDIO: "Audio",
    Asset.Kind.IMAGE: "Picture",
    Asset.Kind.DOCUMENT: "Document",
    Asset.Kind.CAPTION: "Captions",
    Asset.Kind.EXPORT: "Export",
}
STATES = {Asset.Status.PROCESSING: "Being prepared", Asset.Status.ACTIVE: "Ready", Asset.Status.FAILED: "Not prepared"}
LONGEST = 200


@dataclass(frozen=True)
class Chip:
    name: str
    value: str
    href: str


@dataclass(frozen=True)
class Choice:
    name: str
    count: int
    on: bool
    href: str


@dataclass(frozen=True)
class Facet:
    key: str
    name: str
    choices: list[Choice]
    open: bool


def given(request: HttpRequest) -> dict[str, str]:
    """The filters in force, by name. Longer than anything there is would only cost time."""
    found = {name: request.GET.get(name, "").strip()[:LONGEST] for name in NAMES}
    return {name: value for name, value in found.items() if value}


def asked(request: HttpRequest, *, kind: str = "") -> Filters:
    """What does not exist filters everything away; what makes no sense does not filter."""
    said = given(request)
    kinds = (kind,) if kind else one_of(said.get("kind"), Asset.Kind.values)
    sort = request.GET.get("sort", "")
    return Filters(
        q=words(request),
        kinds=kinds,
        languages=one_of(said.get("language"), None),
        speaker=said.get("speaker", ""),
        tags=one_of(said.get("tag"), None),
        project=identity(said.get("project")),
        collection=identity(said.get("collection")),
        statuses=one_of(said.get("status"), Asset.Status.values),
        # What generation and voice work made for one person has its own places.
        shelves=(Asset.Shelf.LIBRARY,),
        archived="archived" in said,
        mine="mine" in said,
        sort=sort if sort in reads.SORTS else "newest",
    )


def one_of(value: str | None, values: list[str] | None) -> tuple[str, ...]:
    return (value,) if value and (values is None or value in values) else ()


def identity(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def chips(request: HttpRequest, user: User) -> list[Chip]:
    """One for each filter in force; following it takes the filter away."""
    return [
        Chip(NAMES[name], label(name, value, user), address(request.GET, name, None))
        for name, value in given(request).items()
    ]


def label(name: str, value: str, user: User) -> str:
    match name:
        case "kind":
            return KINDS.get(Asset.Kind(value), value) if value in Asset.Kind.values else value
        case "status":
            return STATES.get(Asset.Status(value), value) if value in Asset.Status.values else value
        case "language":
            return languages.name(value)
        case "archived":
            return "Archived"
        case "mine":
            return "My own"
        case "project" | "collection":
            rows: Any = Project if name == "project" else Collection
            row = rows.objects.visible_to(user).filter(pk=identity(value)).first()
            return str(row) if row else "unknown"
    return value


def address(query: QueryDict, name: str, value: str | None) -> str:
    """The same list with one filter more, or less; from its first page."""
    changed = query.copy()
    changed.pop("page", None)
    changed.pop(name, None)
    if value is not None:
        changed[name] = value
    return f"?{changed.urlencode()}"


def facets(request: HttpRequest, user: User, *, kind: str = "") -> list[Facet]:
    """What the list could be narrowed down by, with how many would be left."""
    counted, said = reads.facets(user, asked(request, kind=kind)), given(request)
    found = []
    for key, name in FACETS.items():
        if key == "kind" and kind:
            continue
        values = counted.get(key, [])
        choices = [
            Choice(
                name=shown(key, value.value, value.label),
                count=value.count,
                on=said.get(key) == value.value,
                href=address(request.GET, key, None if said.get(key) == value.value else value.value),
            )
            for value in values
        ]
        if len(choices) > 1 or key in said:
            found.append(Facet(key, name, choices, open=key in said or key in {"kind", "project", "speaker"}))
    away = "archived" in said
    choice = Choice("Archived", 0, away, address(request.GET, "archived", None if away else "1"))
    own = Choice("My own", 0, "mine" in said, address(request.GET, "mine", None if "mine" in said else "1"))
    return [*found, Facet("more", "More", [own, choice], open=away or "mine" in said)]


def shown(key: str, value: str, text: str) -> str:
    match key:
        case "kind" if value in Asset.Kind.values:
            return KINDS[Asset.Kind(value)]
        case "status" if value in Asset.Status.values:
            return STATES[Asset.Status(value)]
        case "language":
            return languages.name(value)
    return text
