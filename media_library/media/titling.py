"""Words as pictures: titles that stand alone, and lines that stand over a picture. Any script that the given fonts have letters for.

Letters are shaped by HarfBuzz and put in order by FriBidi (Pillow's Raqm layout), so that joined and right-to-left scripts are right.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from media_library.media.film_frames import Planes, Shape, parts_of_picture

Levels = npt.NDArray[np.uint8]

# Of the shorter side of the picture.
_CARD_SIZE, _CAPTION_SIZE = 1 / 11, 1 / 19
_SMALLEST = 10
_CARD_WIDTH, _CAPTION_WIDTH = 0.8, 0.9
_MOST_CARD_LINES = 5
_SHRINK = 0.88
_LEADING = 1.35
_PAPER, _INK = 18, 240
_BAND = 200  # how much of the picture a line's ground hides, of 255
_FROM_BELOW = 0.06


@dataclass(frozen=True)
class Font:
    """A file and the characters it can draw."""

    path: Path
    covers: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Lettering:
    """Grey letters with how much they hide, for a place in the picture: `left` and `top` are even."""

    left: int
    top: int
    grey: Levels
    hides: Levels

    def draw(self, planes: Planes, shape: Shape) -> None:
        """Over the picture, in place."""
        height, width = self.grey.shape
        bright, *colours = parts_of_picture(planes, shape.width, shape.height)
        area = bright[self.top : self.top + height, self.left : self.left + width]
        area[:] = _over(area, luma(self.grey, full_range=shape.full_range), self.hides)
        half = self.hides[::2, ::2]
        for colour in colours:
            part = colour[self.top // 2 : (self.top + height) // 2, self.left // 2 : (self.left + width) // 2]
            part[:] = _over(part, np.full_like(part, 128), half)


def _over(below: Levels, above: Levels, hides: Levels) -> Levels:
    share = hides.astype(np.uint16)
    mixed: Levels = ((below * (255 - share) + above * share + 127) // 255).astype(np.uint8)
    return mixed


def luma(grey: Levels, *, full_range: bool) -> Levels:
    if full_range:
        return grey
    scaled: Levels = (16 + grey.astype(np.uint16) * 219 // 255).astype(np.uint8)
    return scaled


def title_card(text: str, shape: Shape, *, fonts: Sequence[Font]) -> Planes:
    """The words in the middle of a dark picture."""
    size, width = min(shape.width, shape.height) * _CARD_SIZE, shape.width * _CARD_WIDTH
    lines = wrapped(text, fonts, size=round(size), width=width)
    while len(lines) > _MOST_CARD_LINES and size * _SHRINK > _SMALLEST:
        size *= _SHRINK
        lines = wrapped(text, fonts, size=round(size), width=width)
    picture = Image.new("L", (shape.width, shape.height), _PAPER)
    draw = ImageDraw.Draw(picture)
    step = round(size * _LEADING)
    top = (shape.height - step * len(lines)) // 2
    for number, line in enumerate(lines):
        left = (shape.width - length(line, fonts, round(size))) / 2
        write(draw, line, fonts, size=round(size), at=(left, top + number * step), ink=_INK)
    planes = shape.black()
    parts_of_picture(planes, shape.width, shape.height)[0][:] = luma(np.asarray(picture), full_range=shape.full_range)
    return planes


def caption(lines: Sequence[str], shape: Shape, *, fonts: Sequence[Font]) -> Lettering:
    """Lines at the foot of the picture, each on a ground of its own, so that they are read on anything."""
    size = max(_SMALLEST, round(min(shape.width, shape.height) * _CAPTION_SIZE))
    parts = [part for line in lines for part in wrapped(line, fonts, size=size, width=shape.width * _CAPTION_WIDTH)]
    step, pad = round(size * _LEADING) // 2 * 2, size // 3
    widths = [length(line, fonts, size) for line in parts]
    width = min(shape.width, (round(max(widths, default=0)) + 2 * pad + 3) // 2 * 2)
    height = min(shape.height, step * len(parts) + 4)
    height -= height % 2
    grey, hides = Image.new("L", (width, height), 0), Image.new("L", (width, height), 0)
    ink, ground = ImageDraw.Draw(grey), ImageDraw.Draw(hides)
    for number, (line, long) in enumerate(zip(parts, widths, strict=True)):
        left, top = (width - long) / 2, number * step
        ground.rectangle((left - pad, top, left + long + pad, top + step), fill=_BAND)
        write(ink, line, fonts, size=size, at=(left, top + (step - size * 1.2) / 2), ink=_INK)
    letters = np.asarray(grey)
    covering = np.maximum(np.asarray(hides), letters)
    left = (shape.width - width) // 4 * 2
    top = max(0, round(shape.height * (1 - _FROM_BELOW)) - height) // 2 * 2
    return Lettering(left=left, top=top, grey=letters, hides=covering)


def wrapped(text: str, fonts: Sequence[Font], *, size: int, width: float) -> list[str]:
    """In lines of at most `width`; never none."""
    found: list[str] = []
    line = ""
    for word in _words(text, fonts, size=size, width=width):
        joined = f"{line} {word}" if line and not word.startswith("\0") else f"{line}{word}"
        joined = joined.replace("\0", "")
        if line and length(joined, fonts, size) > width:
            found.append(line)
            line = word.replace("\0", "")
        else:
            line = joined
    return [*found, line] if line else found or [""]


def _words(text: str, fonts: Sequence[Font], *, size: int, width: float) -> Iterator[str]:
    """Words; one that fits no line, as those of scripts without spaces, letter by letter, marked as belonging to what is before."""
    for word in text.split():
        if length(word, fonts, size) <= width:
            yield word
            continue
        for number, letter in enumerate(word):
            yield letter if number == 0 else f"\0{letter}"


def _runs(text: str, fonts: Sequence[Font]) -> list[tuple[Font, str]]:
    """Stretches that one font can draw, as long as can be; what none can, the first draws as boxes."""
    needed = {ord(sign) for sign in text}
    for font in fonts:
        if needed <= font.covers:
            return [(font, text)]
    found: list[tuple[Font, str]] = []
    for sign in text:
        if found and ord(sign) in found[-1][0].covers:
            found[-1] = (found[-1][0], found[-1][1] + sign)
            continue
        font = next((font for font in fonts if ord(sign) in font.covers), fonts[0])
        found.append((font, sign))
    return found


@functools.lru_cache(maxsize=64)
def _loaded(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.RAQM)


def is_from_the_right(text: str) -> bool:
    """By its first letter that runs in any direction, as Unicode's algorithm begins."""
    kinds = (unicodedata.bidirectional(sign) for sign in text)
    return next((kind in {"R", "AL"} for kind in kinds if kind in {"L", "R", "AL"}), False)


def length(text: str, fonts: Sequence[Font], size: int) -> float:
    return sum(_loaded(font.path, size).getlength(run) for font, run in _runs(text, fonts))


def write(
    draw: ImageDraw.ImageDraw, text: str, fonts: Sequence[Font], *, size: int, at: tuple[float, float], ink: int
) -> None:
    """One line, `at` the upper left of its letters."""
    left, top = at
    runs = _runs(text, fonts)
    # Each run is put in order by itself; among each other they follow the line's direction.
    for font, run in reversed(runs) if is_from_the_right(text) else runs:
        loaded = _loaded(font.path, size)
        # On one line whatever the font: from the common foot of the letters.
        draw.text((left, top + size), run, fill=ink, font=loaded, anchor="ls")
        left += loaded.getlength(run)
