r"""The override codes of ASS, `{\i1}`, which SubRip files borrow for placing (`{\an8}`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from media_library.media.formats.placement import BELOW
from media_library.media.formats.runs import COLOR_NAMES, Run

_TAG = re.compile(r"\\([1-4]?[a-zA-Z]+)([^\\]*)")
_BRACKETS = re.compile(r"\([^()]*\)")
_COLOR = re.compile(r"&?H?([0-9a-fA-F]{1,8})&?\s*\Z")
# \a counts as the first SubStation did: 1-3 below, 5-7 above, 9-11 in the middle.
_OLD_PLACES = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}
WHITE = "ffffff"


@dataclass(slots=True)
class Look:
    """What text looks like from here on."""

    run: Run = field(default_factory=lambda: Run(""))
    place: int | None = None
    drawing: bool = False
    unknown_color: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    run: Run = field(default_factory=lambda: Run(""))
    place: int = BELOW


def old_place(number: int) -> int:
    return _OLD_PLACES.get(number, BELOW)


def color_of(rgb: str) -> str | None:
    """The class of a colour written RRGGBB; empty for white, None for one that WebVTT does not name."""
    rgb = rgb.lower()
    return "" if rgb == WHITE else COLOR_NAMES.get(rgb)


def ass_color(text: str) -> str | None:
    """As above, for `&HAABBGGRR&`."""
    found = _COLOR.match(text.strip())
    if found is None:
        return None
    value = found[1].zfill(6)[-6:]
    return color_of(value[4:6] + value[2:4] + value[0:2])


def apply(block: str, look: Look, *, base: Run, styles: dict[str, Style]) -> None:
    """Changes `look` by the codes of one block, given without its braces. Codes for anything but text and place do nothing."""
    for _ in range(3):  # \t(…\clip(…)…): brackets nest, and hold numbers or changes in time
        block = _BRACKETS.sub("", block)
    for name, value in _TAG.findall(block):
        _apply(name, value.strip(), look, base, styles)


def _apply(name: str, value: str, look: Look, base: Run, styles: dict[str, Style]) -> None:
    if name == "i":
        look.run = replace(look.run, italic=_switch(value, default=base.italic))
    elif name == "u":
        look.run = replace(look.run, underline=_switch(value, default=base.underline))
    elif name == "b":
        look.run = replace(look.run, bold=_switch(value, default=base.bold))
    elif name in {"c", "1c"}:
        color = ass_color(value) if value else base.color
        look.unknown_color = look.unknown_color or color is None
        look.run = replace(look.run, color=color or "")
    elif name == "an" and value in {"1", "2", "3", "4", "5", "6", "7", "8", "9"}:
        look.place = look.place or int(value)  # the first one holds for the whole caption
    elif name == "a" and value.isascii() and value.isdigit() and len(value) < 3:
        look.place = look.place or old_place(int(value))
    elif name == "p":
        look.drawing = value not in {"", "0"}
    elif name[0] == "r" and name != "rnd":
        style = styles.get(name[1:] + value)
        look.run = replace(style.run if style else base, voice=look.run.voice)


def _switch(value: str, *, default: bool) -> bool:
    """0 and 1; \\b also takes a weight."""
    if not value.isascii() or not value.isdigit() or len(value) > 4:
        return default
    return int(value) == 1 or int(value) >= 600
