"""What a prompt asks a storyboard card to show: how it is framed, in which light, on which ground, with what."""

from __future__ import annotations

import colorsys
import random
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Colour = tuple[int, int, int]

TABLE = Path(__file__).parents[1] / "storyboard.toml"
MOST_MOTIFS = 4
# Hours in which the sky gives no light.
DARK = ("night", "space", "neon")
INSIDE = ("room", "stage")
# Where nothing is named, any of these will do.
_ANY_GROUND = ("field", "mountains", "lake")
_ANY_TIME = ("dawn", "day", "golden", "sunset")
_STAGE_TIME = ("night", "neon", "sunset")
_WEATHERS = ("storm", "winter")
_PEOPLE = ("person", "couple", "crowd", "astronaut")
# A ground that a motif brings along.
_STANDS_ON = {
    "boat": "sea",
    "ship": "sea",
    "lighthouse": "sea",
    "palm": "sea",
    "car": "road",
    "planet": "space",
    "screen": "room",
    "candle": "room",
    "cup": "room",
    "book": "room",
}
_FIRST_EVER = 10_000


@dataclass(frozen=True)
class Palette:
    """`sky` from above to the horizon."""

    sky: tuple[Colour, Colour, Colour]
    far: Colour
    near: Colour
    light: Colour
    ink: Colour


@dataclass(frozen=True)
class Board:
    """`motifs` in the order of the prompt, `lamp` is where the light comes from, as a fraction of the width."""

    shot: str
    time: str
    grounds: tuple[str, ...]
    motifs: tuple[str, ...]
    weather: str
    palette: Palette
    lamp: float
    long_hair: bool | None = None
    tint: Colour | None = None

    @property
    def is_inside(self) -> bool:
        return self.grounds[0] in INSIDE


def read(prompt: str, *, seed: int = 0) -> Board:
    table, text = _table(), " ".join(re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", prompt.casefold()))[:2000]
    chance = random.Random(f"board {seed} {text}")  # noqa: S311  (a look, not a secret)
    motifs = _named(table["motifs"], text)
    grounds = _named(table["grounds"], text)
    if {"couple", "crowd", "astronaut"} & set(motifs):
        motifs = [one for one in motifs if one != "person"]
    grounds += [_STANDS_ON[one] for one in motifs if one in _STANDS_ON and not grounds]
    times = _named({name: one["words"] for name, one in table["times"].items()}, text)
    if "road" not in grounds and "car" in motifs and not {"city", *INSIDE} & set(grounds):
        grounds = ["road"]
    grounds.sort(key=lambda one: one != "road" or "car" not in motifs)
    # Weather changes the light of an hour only where no hour is named.
    times.sort(key=lambda one: one in _WEATHERS)
    inside = bool(set(grounds) & set(INSIDE))
    time = times[0] if times else chance.choice(_STAGE_TIME if "stage" in grounds else _ANY_TIME)
    if "space" in grounds and not times:
        time = "space"
    grounds = grounds or [chance.choice(_ANY_GROUND)]
    if inside and grounds[0] not in INSIDE and grounds[0] != "city":
        grounds.sort(key=lambda one: one not in INSIDE)
    shot = next(iter(_first(table["shots"], text)), "")
    if not shot:
        shot = "medium" if set(motifs) & set(_PEOPLE) and grounds[0] in INSIDE else "wide"
    weather = next(iter(_named(table["weathers"], text)), "")
    colours = _named(table["colours"], text)
    return Board(
        shot=shot,
        time=time,
        grounds=tuple(dict.fromkeys(grounds))[:2],
        motifs=tuple(motifs[:MOST_MOTIFS]),
        weather=weather,
        palette=_palette(table["times"][time], colours, chance, snow=weather == "snow"),
        lamp=chance.choice((0.24, 0.32, 0.68, 0.76)) + chance.uniform(-0.05, 0.05),
        tint=hexed(colours[0]) if colours else None,
        long_hair=next((kind == "long" for kind in _named(table["hair"], text)), None),
    )


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def hexed(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _palette(found: dict[str, Any], colours: list[str], chance: random.Random, *, snow: bool) -> Palette:
    turn, depth = chance.uniform(-0.02, 0.02), chance.uniform(0.94, 1.06)

    def shade(text: str) -> Colour:
        hue, light, strength = colorsys.rgb_to_hls(*(part / 255 for part in hexed(text)))
        red, green, blue = colorsys.hls_to_rgb((hue + turn) % 1, min(1.0, light * depth), strength)
        return round(red * 255), round(green * 255), round(blue * 255)

    sky = [shade(one) for one in found["sky"]]
    far, near, light = shade(found["far"]), shade(found["near"]), hexed(found["light"])
    if colours:
        tint = hexed(colours[0])
        sky = [mixed(sky[0], tint, 0.18), mixed(sky[1], tint, 0.42), mixed(sky[2], tint, 0.2)]
        far, near, light = mixed(far, tint, 0.3), mixed(near, tint, 0.28), mixed(light, tint, 0.12)
    if snow:
        near = mixed(near, sky[2], 0.45)
    return Palette((sky[0], sky[1], sky[2]), far, near, light, hexed(found["ink"]))


def _first(table: dict[str, list[str]], text: str) -> list[str]:
    return [name for name, words in table.items() if _place(words, text) < _FIRST_EVER]


def _named(table: dict[str, list[str]], text: str) -> list[str]:
    """Those that are named, in the order of the text."""
    places = {name: _place(words, text) for name, words in table.items()}
    return sorted((name for name, at in places.items() if at < _FIRST_EVER), key=lambda name: places[name])


def _place(words: list[str], text: str) -> int:
    """Where the first of these words stands."""
    return min((match.start() for word in words if (match := _pattern(word).search(text))), default=_FIRST_EVER)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    plain = re.escape(word.casefold()).replace(r"\*", r"\w*")
    # Hiragana and everything after it: scripts that put no space between words.
    if ord(word[0]) > 0x2E7F:
        return re.compile(re.escape(word.rstrip("*")))
    return re.compile(rf"(?<!\w)(?:ال)?{plain}(?!\w)")


@cache
def _table() -> dict[str, Any]:
    with TABLE.open("rb") as file:
        return tomllib.load(file)
