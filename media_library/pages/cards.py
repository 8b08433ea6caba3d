"""Assets as cards and rows of a list: name, picture, what to scrub over, and where they stand. As many queries for a page as for one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core import languages
from core.live.events import percent
from core.runs.models import Step
from core.storage import for_page
from media_library.models import Asset
from media_library.queries import links

Purpose = Asset.Purpose
SIGNS = {"audio": "wave", "document": "doc", "caption": "captions", "image": "image", "video": "movie", "export": "doc"}
STEP_WORDS = {
    "check": "Checking",
    "probe": "Looking into it",
    "conform": "Making it playable",
    "picture": "Making pictures",
    "render": "Making pictures",
    "waveform": "Drawing the sound",
    "read": "Reading it",
    "shots": "Finding shots",
    "transcribe": "Listening",
    "speakers": "Telling voices apart",
    "chapters": "Finding chapters",
    "describe": "Looking at it",
    "index": "Making it findable",
}


@dataclass(frozen=True)
class Sprite:
    """A sheet of tiles for scrubbing; `ratio` is a tile's width to its height as CSS writes it."""

    url: str
    columns: int
    tiles: int
    ratio: str


@dataclass(frozen=True)
class Card:
    asset: Asset
    picture: str = ""
    sprite: Sprite | None = None
    facts: list[str] = field(default_factory=list)
    percent: int = 0
    doing: str = ""

    @property
    def milliseconds(self) -> float | None:
        return None if self.asset.duration is None else self.asset.duration * 1000

    @property
    def sign(self) -> str:
        return SIGNS.get(self.asset.kind, "doc")

    @property
    def is_coming(self) -> bool:
        return self.asset.status == Asset.Status.PROCESSING


def cards(assets: Iterable[Asset]) -> list[Card]:
    assets = list(assets)
    pictures, sprites = links.pictures(assets), _sprites(assets)
    doing = steps_of(assets)
    return [
        Card(
            asset,
            picture=shown(pictures.get(asset.pk)),
            sprite=sprite_of(sprites.get(asset.pk)),
            facts=facts(asset),
            percent=percent(asset.run.progress) if asset.run else 0,
            doing=doing.get(asset.run_id, "Waits for a free worker"),
        )
        for asset in assets
    ]


def shown(picture: Asset | None) -> str:
    return for_page(links.link(picture, inline=True)) if picture else ""


def _sprites(assets: list[Asset]) -> dict[uuid.UUID, Asset]:
    rows = Asset.objects.filter(made_from__in=[asset.pk for asset in assets], purpose=Purpose.SPRITE, deleted_at=None)
    return {row.made_from_id: row for row in rows if row.made_from_id}


def sprite_of(made: Asset | None) -> Sprite | None:
    if made is None:
        return None
    columns, tiles, width, height = (
        int(made.technical.get(name) or 0) for name in ("columns", "count", "width", "height")
    )
    if not (columns and tiles and width and height):
        return None
    return Sprite(url=shown(made), columns=columns, tiles=tiles, ratio=f"{width} / {height}")


def steps_of(assets: Iterable[Asset]) -> dict[uuid.UUID | None, str]:
    """What is being done to those that are on their way, by run."""
    runs = [asset.run_id for asset in assets if asset.status == Asset.Status.PROCESSING and asset.run_id]
    if not runs:
        return {}
    steps = Step.objects.filter(run_id__in=runs, status=Step.Status.RUNNING).order_by("position")
    return {step.run_id: step_words(step.name, step.message) for step in steps}


def step_words(name: str, message: str = "") -> str:
    """What a step says of itself, else what it is for."""
    return message or STEP_WORDS.get(name, name.replace("_", " ").capitalize())


def facts(asset: Asset) -> list[str]:
    """A few words under the name: what tells this file from others."""
    known: dict[str, Any] = asset.technical
    found = []
    if asset.kind == Asset.Kind.VIDEO and known.get("height"):
        found.append(f"{known['height']}p" + (f", {known['fps']:.5g} fps" if known.get("fps") else ""))
    elif asset.kind == Asset.Kind.IMAGE and known.get("width"):
        found.append(f"{known['width']} × {known['height']}")
    elif asset.kind in {Asset.Kind.DOCUMENT, Asset.Kind.CAPTION}:
        found.append(asset.filename.rpartition(".")[2].upper()[:8])
    language = getattr(getattr(asset, "transcript", None), "language", "") or asset.language
    if language:
        found.append(languages.name(language))
    if asset.version > 1:
        found.append(f"version {asset.version}")
    return found
