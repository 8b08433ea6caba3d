"""Words over the pictures of a film: drawn once as a picture of letters, laid over the frames in which they stand. Any script; no markup.

No program ever reads the text: it goes to the letters' shaper and nowhere else.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from media_library.media.film_frames import Planes, Shape, parts_of_picture
from media_library.media.titling import Font, length, wrapped, write

Size = Literal["small", "medium", "large", "huge"]
Margin = Literal["action", "title"]
Floats = npt.NDArray[np.float32]
Frames = tuple[int, int]

# Of the shorter side of the picture.
SIZES: dict[str, float] = {"small": 1 / 26, "medium": 1 / 17, "large": 1 / 11, "huge": 1 / 7}
# Columns and rows, 0 to 1.
PLACES: dict[str, tuple[float, float]] = {
    f"{row}_{column}".removesuffix("_center").replace("middle_", ""): (across, down)
    for row, down in (("top", 0.0), ("middle", 0.5), ("bottom", 1.0))
    for column, across in (("left", 0.0), ("center", 0.5), ("right", 1.0))
}
PLACES["center"] = PLACES.pop("middle")
ALIGNS: dict[str, float] = {"left": 0.0, "center": 0.5, "right": 1.0}
# What screens were sure to show (SMPTE RP 218): of each side, for pictures and for words.
MARGINS: dict[str, float] = {"action": 0.05, "title": 0.1}
# Luma of red and blue, by ITU-T H.273's number of the matrix; what is not said is taken for video of standard size.
_WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114)}
_LEADING, _SHRINK, _SMALLEST = 1.35, 0.9, 8
_BOX, _SHADOW = 0.62, 0.75


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """`start`, `duration` and `fade` are in seconds of the film; `place` is one of nine; `fade` is that of each end."""

    text: str
    start: float
    duration: float
    font: str = "sans"
    size: str = "medium"
    place: str = "bottom"
    align: str = "center"
    colour: str = "#ffffff"
    margin: str = "title"
    box: bool = False
    shadow: bool = True
    fade: float = 0.0

    @property
    def end(self) -> float:
        return self.start + self.duration


@dataclass(frozen=True, kw_only=True)
class Sticker:
    """Words as a picture for a place of the frame: `left` and `top` are even. `colours` are those of the frame's three parts, times
    how much they hide; `hides` is that, 0 to 1, for brightness and for colours, which are half as fine.
    """

    left: int
    top: int
    colours: tuple[Floats, Floats, Floats]
    hides: tuple[Floats, Floats]

    def draw(self, planes: Planes, shape: Shape, level: float = 1.0) -> None:
        parts = parts_of_picture(planes, shape.width, shape.height)
        for part, colour, number in zip(parts, self.colours, (1, 2, 2), strict=True):
            hides = self.hides[number - 1]
            top, left = self.top // number, self.left // number
            area = part[top : top + hides.shape[0], left : left + hides.shape[1]]
            area[:] = np.clip(area * (1 - hides * np.float32(level)) + colour * np.float32(level) + 0.5, 0, 255)


def sticker(overlay: Overlay, shape: Shape, *, fonts: Sequence[Font]) -> Sticker:
    """Within the safe area of the frame, smaller than asked for where the words would not fit."""
    margin = MARGINS[overlay.margin]
    wide, tall = shape.width * (1 - 2 * margin), shape.height * (1 - 2 * margin)
    size = min(shape.width, shape.height) * SIZES[overlay.size]
    lines = _lines(overlay, fonts, size=size, width=wide)
    while size * _SHRINK > _SMALLEST and len(lines) * round(size * _LEADING) > tall:
        size *= _SHRINK
        lines = _lines(overlay, fonts, size=size, width=wide)
    ink, ground = _masks(overlay, lines, fonts, size=max(_SMALLEST, round(size)))
    height, width = ink.shape
    across, down = PLACES[overlay.place]
    left = shape.width * margin + (wide - width) * across
    top = shape.height * margin + (tall - height) * down
    return _placed(ink, ground, overlay.colour, shape, left=_even(left), top=_even(top))


def _lines(overlay: Overlay, fonts: Sequence[Font], *, size: float, width: float) -> list[str]:
    letters = max(_SMALLEST, round(size))
    pad = letters if overlay.box else letters / 2
    return [
        part
        for line in overlay.text.splitlines() or [""]
        for part in wrapped(_plain(line), fonts, size=letters, width=width - pad)
    ]


def _plain(line: str) -> str:
    """What cannot be seen and would be drawn as a box is left out; joiners and directions are the shaper's."""
    return "".join(" " if sign == "\t" else sign for sign in line if sign == "\t" or unicodedata.category(sign) != "Cc")


def _masks(overlay: Overlay, lines: Sequence[str], fonts: Sequence[Font], *, size: int) -> tuple[Floats, Floats]:
    """How much the letters hide, and how much what lies under them does."""
    widths = [length(line, fonts, size) for line in lines]
    step, pad = round(size * _LEADING), size // 2 if overlay.box else size // 4
    width, height = _up(max(widths) + 2 * pad), _up(step * len(lines) + 2 * pad)
    letters = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(letters)
    for number, (line, long) in enumerate(zip(lines, widths, strict=True)):
        # On whole pixels, where letters are sharpest.
        left = round(pad + (width - 2 * pad - long) * ALIGNS[overlay.align])
        above = round((step - size * 1.2) / 2)
        write(draw, line, fonts, size=size, at=(left, pad + number * step + above), ink=255)
    ink: Floats = np.asarray(letters, np.float32) / np.float32(255)
    ground: Floats = np.zeros_like(ink)
    if overlay.shadow:
        soft = letters.filter(ImageFilter.GaussianBlur(max(1.0, size / 14)))
        moved = Image.new("L", letters.size, 0)
        moved.paste(soft, (max(1, size // 24), max(1, size // 24)))
        ground = np.minimum(np.asarray(moved, np.float32) / np.float32(160), np.float32(1)) * np.float32(_SHADOW)
    if overlay.box:
        ground = np.maximum(ground, np.float32(_BOX))
    return ink, ground


def _placed(ink: Floats, ground: Floats, colour: str, shape: Shape, *, left: int, top: int) -> Sticker:
    hides = 1 - (1 - ink) * (1 - ground)
    # Under the letters all is black.
    inks, blacks = _code(ImageColor.getrgb(colour)[:3], shape), _code((0, 0, 0), shape)
    full = [ink * np.float32(own) + (hides - ink) * np.float32(black) for own, black in zip(inks, blacks, strict=True)]
    half = [_halved(part) for part in full[1:]]
    return Sticker(left=left, top=top, colours=(full[0], half[0], half[1]), hides=(hides, _halved(hides)))


def _code(rgb: Sequence[int], shape: Shape) -> tuple[float, float, float]:
    """As the film's pixels have it."""
    red, green, blue = (value / 255 for value in rgb)
    of_red, of_blue = _WEIGHTS.get(shape.colours.space, _WEIGHTS[6])
    bright = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    bluer, redder = (blue - bright) / (2 * (1 - of_blue)), (red - bright) / (2 * (1 - of_red))
    if shape.full_range:
        return bright * 255, 128 + bluer * 255, 128 + redder * 255
    return 16 + bright * 219, 128 + bluer * 224, 128 + redder * 224


def _halved(part: Floats) -> Floats:
    height, width = part.shape
    small: Floats = part.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3), dtype=np.float32)
    return small


def _up(length: float) -> int:
    return (math.ceil(length) + 1) // 2 * 2


def _even(length: float) -> int:
    return max(0, round(length / 2) * 2)


class Overlaid:
    """Draws overlays into the frames of one piece, of which the first is frame `begins` of the film."""

    def __init__(
        self, overlays: Iterable[Overlay], shape: Shape, *, begins: int, fonts: Callable[[str], Sequence[Font]]
    ) -> None:
        self._shape, self._begins, self._fonts = shape, begins, fonts
        self._overlays = list(overlays)
        self._made: dict[int, Sticker] = {}

    def __call__(self, planes: Planes, number: int) -> None:
        frame = self._begins + number
        for place, (overlay, (first, beyond)) in enumerate(self._timed):
            if first <= frame < beyond:
                if place not in self._made:
                    self._made[place] = sticker(overlay, self._shape, fonts=self._fonts(overlay.font))
                self._made[place].draw(planes, self._shape, _level(overlay, frame, first, beyond, self._shape.fps))

    @property
    def touched(self) -> list[Frames]:
        """Frames of the piece, from its first."""
        return [(first - self._begins, beyond - self._begins) for _, (first, beyond) in self._timed]

    @cached_property
    def _timed(self) -> list[tuple[Overlay, Frames]]:
        return [(overlay, frames_of(overlay, self._shape.fps)) for overlay in self._overlays]


def frames_of(overlay: Overlay, fps: Fraction) -> Frames:
    """Those that begin while the words stand; at least one."""
    first = round(Fraction(overlay.start) * fps)
    return first, max(first + 1, round(Fraction(overlay.end) * fps))


def _level(overlay: Overlay, frame: int, first: int, beyond: int, fps: Fraction) -> float:
    fade = min(round(Fraction(overlay.fade) * fps), (beyond - first) // 2)
    return 1.0 if fade < 1 else min(1.0, (frame - first + 1) / (fade + 1), (beyond - frame) / (fade + 1))
