"""The bible of a film as a document to take along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from chat.exporting import fountain, pdf
from chat.exporting.values import Block
from chat.models import Film
from chat.services import bible
from core.errors import InvalidFieldError

FORMATS = ("pdf", "fountain")


@dataclass(frozen=True)
class Made:
    data: bytes
    content_type: str
    filename: str


def export(film: Film, *, format: str) -> Made:  # noqa: A002  (what people call it)
    """Made for this answer from the newest revision, and kept nowhere."""
    if format not in FORMATS:
        raise InvalidFieldError("Unsupported format", field="format")
    revision = bible.newest(film)
    blocks = list(blocks_of(bible.content_of(film)))
    title = film.project.name
    name = f"{slugify(title)[:80] or 'film'}-bible.{format}"
    about = f"{film.genre}, {film.target_audience}. Bible, revision {revision.number if revision else 0}"
    if format == "pdf":
        return Made(pdf.document(title, blocks, subtitle=about, at=timezone.now()), "application/pdf", name)
    draft = f"{revision.created_at:%Y-%m-%d}" if revision else ""
    written = fountain.screenplay(title, blocks, subtitle=about, draft=draft)
    return Made(written, "text/plain; charset=utf-8", name)


def blocks_of(content: Mapping[str, Any]) -> Iterator[Block]:
    if content["logline"]:
        yield Block("text", content["logline"])
    plain = [("Themes", ", ".join(content["themes"])), ("Genre", content["genre"]), ("Tone", content["tone"])]
    yield from _facts([*plain, ("Look", content["look"])])
    if content["settings"]:
        yield Block("heading", "Places", level=2)
        for place in content["settings"]:
            yield Block("heading", place["name"], about=place["period"], level=3)
            yield from _words(place["description"])
    if content["characters"]:
        yield Block("heading", "Characters", level=2)
        for person in content["characters"]:
            yield Block("heading", person["name"], about=person["role"], level=3)
            named = ("want", "need", "flaw", "look")
            yield from _facts([(key.capitalize(), person.get(key, "")) for key in named])
    outline = content["outline"]
    if outline["structure"] or outline["conflict"] or outline["acts"]:
        yield Block("heading", "Outline", about=outline["structure"], level=2)
        yield from _words(outline["conflict"])
        yield from _acts(outline["acts"])
    storyboard = content["storyboard"]
    if storyboard["approach"] or storyboard["notes"]:
        yield Block("heading", "Storyboard", about=storyboard["approach"], level=2)
        yield from (Block("item", note) for note in storyboard["notes"])
    for episode in content["episodes"]:
        title = f"Episode {episode['number']}" + (f": {episode['title']}" if episode["title"] else "")
        yield Block("heading", title, about=episode["logline"], level=2)
        yield from _acts(episode["acts"])
        yield from _facts([("Cliffhanger", episode["cliffhanger"])])


def _acts(acts: list[Mapping[str, Any]]) -> Iterator[Block]:
    """Beats are the scenes to come: numbered through an act, so that people can talk of them."""
    for act in acts:
        if act["title"]:
            yield Block("heading", act["title"], level=3)
        for number, beat in enumerate(act["beats"], 1):
            yield Block("heading", f"{number}. {beat['title']}" if beat["title"] else f"Scene {number}")
            yield from _words(beat["text"])


def _facts(pairs: list[tuple[str, str]]) -> Iterator[Block]:
    yield from (Block("item", f"{name}: {value}") for name, value in pairs if value)


def _words(text: str) -> Iterator[Block]:
    yield from (Block("text", part.strip()) for part in text.split("\n\n") if part.strip())
