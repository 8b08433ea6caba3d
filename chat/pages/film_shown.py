"""A film as its pages show it: steps with what was chosen, the bible as a document, the board in columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.films import steps
from chat.films.acts_text import beat_line
from chat.models import BoardCard, Choice, Film
from media_library.models import Asset
from media_library.queries import links

FACTS = (("genre", "Genre"), ("tone", "Tone"), ("look", "Look"))


@dataclass(frozen=True)
class ShownStep:
    id: str
    title: str
    status: str
    chosen: str


@dataclass(frozen=True)
class Entry:
    """One place, person or act. `facts` are pairs of a name and a value, `lines` its beats."""

    name: str = ""
    text: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    title: str
    entries: list[Entry]


@dataclass(frozen=True)
class Bible:
    logline: str
    facts: list[tuple[str, str]]
    parts: list[Part]

    @property
    def is_empty(self) -> bool:
        return not (self.logline or self.facts or self.parts)


@dataclass(frozen=True)
class Pinned:
    """A card of the board with links made for this answer."""

    pk: Any
    asset: Asset
    asset_id: Any
    column: str
    note: str
    thumbnail_url: str
    palette: list[str]
    seen: str


@dataclass(frozen=True)
class Column:
    name: str
    cards: list[Pinned]


@dataclass(frozen=True)
class FilmCard:
    """A film in a list."""

    film: Film
    percentage: int
    phase: str


def card_shown(film: Film) -> FilmCard:
    done = steps.percentage(film.completed_steps, film.episode_count)
    return FilmCard(film, done, steps.title_of(film.current_step))


def steps_shown(film: Film) -> list[ShownStep]:
    taken = dict(
        Choice.objects.filter(session__film=film, status=Choice.Status.TAKEN).order_by().values_list("step", "title")
    )
    now = film.current_step or steps.CONCEPT
    return [
        ShownStep(one.id, one.title, one.status, taken.get(one.id, "") if one.status == "completed" else "")
        for one in steps.states(film.completed_steps, now, film.episode_count)
    ]


def bible_shown(content: Mapping[str, Any]) -> Bible:
    facts = [(label, content[key]) for key, label in FACTS if content.get(key)]
    if content.get("themes"):
        facts.insert(0, ("Themes", ", ".join(content["themes"])))
    parts = [
        Part("Places", [_place(one) for one in content.get("settings", [])]),
        Part("Characters", [_person(one) for one in content.get("characters", [])]),
        Part("Outline", _outline(content.get("outline", {}))),
        Part("Storyboard", _storyboard(content.get("storyboard", {}))),
        Part("Episodes", [entry for one in content.get("episodes", []) for entry in _episode(one)]),
    ]
    return Bible(content.get("logline", ""), facts, [part for part in parts if part.entries])


def board_shown(film: Film) -> list[Column]:
    cards = list(film.board.select_related("asset").order_by("column", "position", "pk"))
    pictures = links.pictures([card.asset for card in cards])
    columns: dict[str, list[Pinned]] = defaultdict(list)
    for card in cards:
        columns[card.column].append(pinned(card, pictures.get(card.asset_id)))
    return [Column(name, held) for name, held in columns.items()]


def pinned(card: BoardCard, picture: Asset | None) -> Pinned:
    asset = card.asset
    return Pinned(
        pk=card.pk,
        asset=asset,
        asset_id=asset.pk,
        column=card.column,
        note=card.note,
        thumbnail_url=links.link(picture, inline=True) if picture else "",
        palette=[colour for colour in asset.technical.get("palette", []) if str(colour).startswith("#")][:6],
        seen=asset.analysis.get("description", "") or asset.description,
    )


def _place(place: Mapping[str, Any]) -> Entry:
    return Entry(place["name"], place["description"], [("When", place["period"])] if place["period"] else [])


def _person(person: Mapping[str, Any]) -> Entry:
    labels = ("role", "want", "need", "flaw", "look")
    return Entry(person["name"], "", [(key.capitalize(), person[key]) for key in labels if person.get(key)])


def _acts(acts: list[Mapping[str, Any]]) -> list[Entry]:
    return [Entry(act["title"], "", [], [beat_line(beat)[2:] for beat in act["beats"]]) for act in acts]


def _outline(outline: Mapping[str, Any]) -> list[Entry]:
    if not outline:
        return []
    head = Entry(outline["structure"], outline["conflict"])
    return [*([head] if head.name or head.text else []), *_acts(outline["acts"])]


def _storyboard(storyboard: Mapping[str, Any]) -> list[Entry]:
    if not storyboard or not (storyboard["approach"] or storyboard["notes"]):
        return []
    return [Entry(storyboard["approach"], "", [], list(storyboard["notes"]))]


def _episode(episode: Mapping[str, Any]) -> list[Entry]:
    facts = [("Cliffhanger", episode["cliffhanger"])] if episode["cliffhanger"] else []
    head = Entry(f"{episode['number']}. {episode['title'] or 'Untitled'}", episode["logline"], facts)
    return [head, *_acts(episode["acts"])]
