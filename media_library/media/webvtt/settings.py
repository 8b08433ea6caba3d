"""Cue settings and region settings (W3C WebVTT §6.2 and §6.3). What cannot be read is skipped, as the standard says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_SPACE = re.compile(r"[\t\n\f\r ]+")
_PERCENTAGE = re.compile(r"[0-9]+(?:\.[0-9]+)?%")
_LINE_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_DIGITS = re.compile(r"[0-9]+")

Vertical = Literal["", "rl", "lr"]


@dataclass(slots=True)
class CueSettings:
    """How a cue is placed. `line` and `position` None mean auto; `region` is the id of a region of the same file."""

    vertical: Vertical = ""
    line: float | None = None
    snap_to_lines: bool = True
    line_align: str = "start"
    position: float | None = None
    position_align: str = "auto"
    size: float = 100.0
    align: str = "center"
    region: str | None = None


@dataclass(slots=True)
class RegionSettings:
    id: str = ""
    width: float = 100.0
    lines: int = 3
    region_anchor: tuple[float, float] = (0.0, 100.0)
    viewport_anchor: tuple[float, float] = (0.0, 100.0)
    scroll: Literal["", "up"] = ""


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """The `name:value` words of `text`; words without a colon, or with nothing on one side of it, are skipped."""
    for word in _SPACE.split(text):
        name, colon, value = word.partition(":")
        if name and colon and value:
            yield name, value


def percentage(text: str) -> float | None:
    if not _PERCENTAGE.fullmatch(text):
        return None
    value = float(text[:-1])
    return value if value <= 100 else None


def parse_cue_settings(text: str, *, regions: Sequence[str] = ()) -> CueSettings:
    """`regions` are the ids of the regions defined before the cue, in file order."""
    settings = CueSettings()
    for name, value in pairs(text):
        if reader := _CUE_SETTINGS.get(name):
            reader(settings, value)
        elif name == "region":
            settings.region = value if value in regions else None
    # A region holds horizontal cues of full width in its own flow; any other placement takes the cue out of it.
    if settings.line is not None or settings.size != 100 or settings.vertical:
        settings.region = None
    return settings


def _vertical(settings: CueSettings, value: str) -> None:
    if value == "rl":
        settings.vertical = "rl"
    elif value == "lr":
        settings.vertical = "lr"


def _line(settings: CueSettings, value: str) -> None:
    place, _, align = value.partition(",")
    is_percentage = place.endswith("%")
    if is_percentage:
        number = percentage(place)
        if number is None:
            return
    elif _LINE_NUMBER.fullmatch(place):
        number = max(-sys.float_info.max, min(sys.float_info.max, float(place)))
    else:
        return
    settings.line = number
    settings.snap_to_lines = not is_percentage
    if align in {"start", "center", "end"}:
        settings.line_align = align


def _position(settings: CueSettings, value: str) -> None:
    place, _, align = value.partition(",")
    number = percentage(place)
    if number is None:
        return
    settings.position = number
    if align in {"line-left", "center", "line-right"}:
        settings.position_align = align


def _size(settings: CueSettings, value: str) -> None:
    number = percentage(value)
    if number is not None:
        settings.size = number


def _align(settings: CueSettings, value: str) -> None:
    if value in {"start", "center", "end", "left", "right"}:
        settings.align = value


_CUE_SETTINGS: dict[str, Callable[[CueSettings, str], None]] = {
    "vertical": _vertical,
    "line": _line,
    "position": _position,
    "size": _size,
    "align": _align,
}


def parse_region_settings(text: str) -> RegionSettings:
    settings = RegionSettings()
    for name, value in pairs(text):
        if name == "id":
            settings.id = value
        elif name == "width":
            width = percentage(value)
            settings.width = settings.width if width is None else width
        elif name == "lines":
            if _DIGITS.fullmatch(value):
                settings.lines = int(value[:18])
        elif name == "regionanchor":
            settings.region_anchor = _anchor(value) or settings.region_anchor
        elif name == "viewportanchor":
            settings.viewport_anchor = _anchor(value) or settings.viewport_anchor
        elif name == "scroll" and value == "up":
            settings.scroll = "up"
    return settings


def _anchor(text: str) -> tuple[float, float] | None:
    left, comma, right = text.partition(",")
    x, y = percentage(left), percentage(right)
    if not comma or x is None or y is None:
        return None
    return x, y
