"""Text, sound and the film itself: what the page asks, what it sends, and how the film that is there stands to it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from core.fonts import FACES
from generation.models import GenerationSession, Round
from generation.pages.shown import Shown, digest
from generation.services import wishes
from generation.services.wishes import Wish
from media_library.media.film_frames import ASPECTS
from media_library.media.overlays import PLACES, SIZES, Overlay
from media_library.models import Asset
from media_library.queries import links

MOST_AUDIOS = 60
ROW = re.compile(r"\Atitle-(\d{1,4})-text\Z")
NUMBERS = {"start": 0.0, "duration": 3.0, "fade": 0.3}
LOOKS = {"shadow": "Shadow", "box": "Box", "plain": "Plain"}
TITLE_CHOICES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "place": ("Place", [(name, name.replace("_", " ").capitalize()) for name in PLACES]),
    "size": ("Size", [(name, name.capitalize()) for name in SIZES]),
    "font": ("Letters", [(name, name.capitalize()) for name in FACES]),
    "colour": ("Colour", [("#ffffff", "White"), ("#111111", "Black"), ("#ffd166", "Amber"), ("#7dd3fc", "Sky")]),
    "look": ("On", list(LOOKS.items())),
}
FILM_CHOICES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "audio_role": ("The audio is", [("music", "Music"), ("narration", "Narration")]),
    "transition": ("Between clips", [("cut", "Cut"), ("dissolve", "Dissolve"), ("dip", "Dip to black")]),
    "loudness": ("Loudness", [("-14", "−14 LUFS, web"), ("-23", "−23 LUFS, broadcast"), ("none", "As it is")]),
    "captions": ("Captions", [("none", "None"), ("burned", "In the picture"), ("track", "As a track")]),
    "aspect": ("Shape", [("", "As the first clip"), *((name, name) for name in ASPECTS if name)]),
    "fill": ("What does not fill it", [("black", "Black"), ("blurred", "The picture, blurred")]),
    "label": ("Label “AI-generated”", [("none", "None"), ("opening", "At the beginning"), ("throughout", "All the time")]),
}  # fmt: skip
FILM_NUMBERS = {
    "music_level": ("Audio level, dB", -40, 12),
    "fade_in": ("Fade in, s", 0, 20),
    "fade_out": ("Fade out, s", 0, 20),
    "transition_seconds": ("Transition, s", 0.1, 3),
}


@dataclass(frozen=True)
class Field:
    """`options` are pairs of value and label; without them it is a number between `least` and `most`."""

    name: str
    label: str
    value: Any
    options: list[tuple[str, str]] = field(default_factory=list)
    least: float = 0
    most: float = 0


@dataclass(frozen=True)
class Title:
    text: str
    start: Any
    duration: Any
    choices: list[Field]


@dataclass(frozen=True)
class Filled:
    """The form with what was wished for last, or what was just sent and refused with `problem`."""

    values: Mapping[str, Any]
    titles: list[Title]
    audios: list[Asset]
    problem: str = ""

    @property
    def version(self) -> str:
        return digest(dict(self.values), [(one.text, one.start, one.duration) for one in self.titles], len(self.audios))

    def context(self) -> dict[str, Any]:
        chosen = [
            Field(name, label, str(self.values.get(name, "")), options)
            for name, (label, options) in FILM_CHOICES.items()
        ]
        numbers = [
            Field(name, label, self.values.get(name, least), least=least, most=most)
            for name, (label, least, most) in FILM_NUMBERS.items()
        ]
        return {
            "wish": self.values,
            "wish_problem": self.problem,
            "titles": self.titles,
            "empty_title": title_of({}),
            "audios": self.audios,
            "choices": [*chosen, *numbers],
        }


def filled(session: GenerationSession, user: User) -> Filled:
    wish = Wish.of(session.composition)
    titles = [title_of({**vars(one), "look": look_of(one)}) for one in wish.overlays]
    return Filled(values(wish), titles or [title_of({})], audios_of(user, wish.audio_id))


def values(wish: Wish) -> dict[str, Any]:
    return {name: value for name, value in wish.stored().items() if name != "overlays"}


def look_of(overlay: Overlay) -> str:
    return "box" if overlay.box else "shadow" if overlay.shadow else "plain"


def title_of(stored: Mapping[str, Any]) -> Title:
    usual = {"place": "bottom", "size": "medium", "font": "sans", "colour": "#ffffff", "look": "shadow"}
    choices = [
        Field(name, label, value := str(stored.get(name, usual[name])), with_it(options, value))
        for name, (label, options) in TITLE_CHOICES.items()
    ]
    return Title(
        str(stored.get("text", "")), stored.get("start", NUMBERS["start"]), stored.get("duration", NUMBERS["duration"]), choices
    )  # fmt: skip


def with_it(options: list[tuple[str, str]], value: str) -> list[tuple[str, str]]:
    """Programs may have set what is not in the list: it stays a choice."""
    return options if value in dict(options) else [*options, (value, value)]


def audios_of(user: User, chosen: str) -> list[Asset]:
    """The newest recordings that this person has, and the one that is chosen."""
    own = Asset.objects.visible_to(user).originals().live().filter(kind=Asset.Kind.AUDIO)
    rows = list(own.order_by("-created_at", "-pk")[:MOST_AUDIOS])
    if chosen and all(str(one.pk) != chosen for one in rows):
        rows += list(Asset.objects.visible_to(user).filter(pk=uuid.UUID(chosen)))
    return rows


def sent(data: QueryDict) -> dict[str, Any]:
    """What the form sends, as a program would send it."""
    names = [*FILM_CHOICES, *FILM_NUMBERS]
    body: dict[str, Any] = {name: data[name] for name in names if data.get(name)}
    body["duck"] = "duck" in data
    body["audio_loops"] = "audio_loops" in data
    body["audio_id"] = data.get("audio_id") or None
    body["overlays"] = [overlay_sent(data, number) for number in rows_sent(data) if text_of(data, number)]
    return body


def rows_sent(data: QueryDict) -> list[str]:
    found = (ROW.match(name) for name in data)
    return sorted((match[1] for match in found if match), key=int)[: wishes.MOST_OVERLAYS + 1]


def text_of(data: QueryDict, number: str) -> str:
    return data.get(f"title-{number}-text", "").replace("\r\n", "\n").strip()


def overlay_sent(data: QueryDict, number: str) -> dict[str, Any]:
    names = ("start", "duration", "font", "size", "place", "colour")
    row = {name: data[f"title-{number}-{name}"] for name in names if data.get(f"title-{number}-{name}")}
    look = data.get(f"title-{number}-look", "shadow")
    return {
        **row,
        "text": text_of(data, number),
        "box": look == "box",
        "shadow": look == "shadow",
        "fade": NUMBERS["fade"],
    }


def as_sent(data: QueryDict, user: User, *, problem: str = "", more: bool = False) -> Filled:
    """The form as it came, so that nothing written is lost; with an empty row for another text if `more`."""
    body = sent(data)
    rows = [
        title_of(
            {name: data.get(f"title-{number}-{name}", "") for name in (*TITLE_CHOICES, "text", "start", "duration")}
        )
        for number in rows_sent(data)
    ]
    if more:
        rows.append(title_of({}))
    chosen = str(body["audio_id"] or "")
    usual = values(Wish())
    return Filled({**usual, **body, "audio_id": chosen}, rows or [title_of({})], audios_of(user, ""), problem)


@dataclass(frozen=True)
class Final:
    """`stale`: clips or wishes have changed since it was made."""

    url: str
    picture: str
    download: str
    credentials: str
    page: str
    length: str
    facts: str
    stale: bool


def final_shown(session: GenerationSession, seen: Shown) -> Final | None:
    asset = session.final
    if asset is None or asset.deleted_at is not None:
        return None
    still = links.picture(asset)
    facts = asset.technical
    size = f"{facts['width']}×{facts['height']}" if facts.get("width") and facts.get("height") else ""
    made = next((one for one in seen.rounds if one.kind == Round.Kind.FILM and one.status == Round.Status.DONE), None)
    return Final(
        url=links.link(links.playable(asset), inline=True),
        picture=links.link(still, inline=True) if still else "",
        download=links.link(asset, filename=f"{str(session)[:60]}.mp4"),
        credentials=f"/api/library/assets/{asset.pk}/credentials",
        page=reverse("media_library:asset", args=[asset.pk]),
        length=f"{asset.duration or 0:.1f} s",
        facts=size,
        stale=bool(made and is_stale(made, session, seen)),
    )


def is_stale(made: Round, session: GenerationSession, seen: Shown) -> bool:
    """Whether the film would be another one now."""
    then = made.plan
    clips = [[one.get("take_id"), one.get("start"), one.get("end")] for one in then.get("clips", [])]
    now = [[str(card.take.pk), *(round(part, 3) for part in wishes.range_of(card.take))] for card in seen.film]
    if [[one[0], *(round(float(part or 0), 3) for part in one[1:])] for one in clips] != now:
        return True
    return Wish.of(then.get("wish", {})) != Wish.of(session.composition)
