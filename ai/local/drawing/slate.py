"""The words on a card: what it is, and the prompt that it was drawn from, in any script that there are letters for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from core import fonts

NAME = "STORYBOARD CARD"
_MOST_LINES = 3
_LEADING = 1.34
_INK, _FAINT, _BAND = (244, 242, 236), (190, 188, 182), (10, 10, 14)
_RTL = frozenset({"R", "AL"})


def lettered(picture: Image.Image, prompt: str, *, facts: str) -> None:
    """In place: a strip at the foot with the prompt, and on it what this is, so that nobody takes it for more than a drawing."""
    width, height = picture.size
    unit, pad = min(width, height), round(min(width, height) * 0.042)
    size, small = round(unit * 0.036), round(unit * 0.021)
    text = _readable(prompt)
    lines = _wrapped(text, size, width - 2 * pad)
    if len(lines) > _MOST_LINES:
        size = round(size * 0.8)
        lines = _wrapped(text, size, width - 2 * pad)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], _shortened(lines[_MOST_LINES - 1], size, width - 2 * pad)]
    step = round(size * _LEADING)
    tall = round(small * 2.3) + step * len(lines) + round(pad * 0.85)
    top = height - tall
    soft = Image.new("L", (1, height))
    for row in range(height):
        edge = top - round(unit * 0.07)
        soft.putpixel((0, row), max(0, min(205, round(205 * (row - edge) / max(1, top - edge)))))
    picture.paste(_BAND, (0, 0), soft.resize(picture.size).filter(ImageFilter.GaussianBlur(1)))
    draw = ImageDraw.Draw(picture)
    base = top + round(small * 1.3)
    _spaced(draw, NAME, at=(pad, base), size=small, ink=_INK)
    draw.text((width - pad, base), facts, fill=_FAINT, font=_font(fonts.MAIN, small), anchor="rs")
    draw.line(
        (pad, base + small * 0.62, width - pad, base + small * 0.62), fill=(120, 118, 112), width=max(1, unit // 720)
    )
    for number, line in enumerate(lines):
        foot = base + round(small * 0.62) + round(step * (number + 0.98))
        if _runs_left(text):
            _write(draw, line, at=(width - pad - _length(line, size), foot), size=size)
        else:
            _write(draw, line, at=(pad, foot), size=size)


def _readable(prompt: str) -> str:
    """On one line, without what no font here can draw: a box says nothing to anybody."""
    plain = " ".join(
        "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in prompt).split()
    )[:600]
    missing = set(fonts.needed(plain)[1])
    kept = " ".join("".join(sign for sign in plain if sign not in missing).split())
    return kept or "\u2014"


def _runs_left(text: str) -> bool:
    return next(
        (unicodedata.bidirectional(sign) in _RTL for sign in text if unicodedata.bidirectional(sign) in {"L", *_RTL}),
        False,
    )


@cache
def _families(text: str) -> tuple[Path, ...]:
    return (fonts.MAIN, *fonts.needed(text)[0])


def _runs(text: str) -> Iterator[tuple[Path, str]]:
    """Stretches of one font."""
    families = _families(text)
    held, run = families[0], ""
    for sign in text:
        able = (
            held
            if ord(sign) in fonts.letters(held) and held == families[0]
            else next((one for one in families if ord(sign) in fonts.letters(one)), held)
        )
        # What joins or carries no letter of its own stays with its neighbour.
        if able != held and unicodedata.category(sign)[0] not in "MZC":
            if run:
                yield held, run
            held, run = able, ""
        run += sign
    if run:
        yield held, run


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.RAQM)


def _length(text: str, size: int) -> float:
    return sum(_font(path, size).getlength(run) for path, run in _runs(text))


def _write(draw: ImageDraw.ImageDraw, text: str, *, at: tuple[float, float], size: int) -> None:
    x, y = at
    runs = list(_runs(text))
    for path, run in reversed(runs) if _runs_left(text) else runs:
        draw.text((x, y), run, fill=_INK, font=_font(path, size), anchor="ls")
        x += _font(path, size).getlength(run)


def _spaced(
    draw: ImageDraw.ImageDraw, text: str, *, at: tuple[float, float], size: int, ink: tuple[int, int, int]
) -> None:
    x, font = at[0], _font(fonts.BOLD, size)
    for sign in text:
        draw.text((x, at[1]), sign, fill=ink, font=font, anchor="ls")
        x += font.getlength(sign) + size * 0.16


def _wrapped(text: str, size: int, width: float) -> list[str]:
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if _length(longer, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while _length(line, size) > width:  # of scripts without spaces, and of what somebody leant on
            fits = next(
                count for count in range(len(line) - 1, 0, -1) if count == 1 or _length(line[:count], size) <= width
            )
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines or [""]


def _shortened(line: str, size: int, width: float) -> str:
    while line and _length(f"{line}\u2026", size) > width:
        line = line[:-1]
    return f"{line.rstrip()}\u2026"
