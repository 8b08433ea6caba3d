"""Words over pictures: whatever they are made of, they are drawn as they were written, where and when they were to stand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core import fonts
from media_library.media.assemble import Source, Wish, lay_out, make_piece
from media_library.media.film_frames import Shape, footage, parts_of_picture, span_of
from media_library.media.overlays import MARGINS, PLACES, Overlaid, Overlay, sticker
from media_library.media.titling import Font
from media_library.tests.media.films import numbers
from media_library.tests.working import numbered_film

SHAPE = Shape(width=640, height=360, fps=Fraction(25))
PLAIN = Overlay(text="Lift off", start=1.0, duration=1.0, shadow=False)
HOSTILE = (
    'it\'s "quoted": 50 %, 100%',
    "x',drawtext=textfile=/etc/passwd:text='y",
    "a:b,c;d[e]f\\g=h",
    "%{pts} %{expr:1+1} ${HOME} {\\an8}",
    "<b>bold</b> &amp; <script>",
    "-i /etc/passwd",
)


def letters(face: str = "sans") -> list[Font]:
    files = dict.fromkeys((fonts.FACES[face], fonts.MAIN, *fonts.FALLBACKS))
    return [Font(path, fonts.letters(path)) for path in files]


def drawn(overlay: Overlay, shape: Shape = SHAPE) -> Any:
    """The brightness of a black frame with the words over it."""
    planes = shape.black()
    sticker(overlay, shape, fonts=letters(overlay.font)).draw(planes, shape)
    return parts_of_picture(planes, shape.width, shape.height)[0].copy()


def box(picture: Any) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is bright."""
    rows, columns = np.flatnonzero((picture > 60).any(axis=1)), np.flatnonzero((picture > 60).any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def literally(text: str, *, size: int, layout: ImageFont.Layout = ImageFont.Layout.RAQM) -> Any:
    """The same line by the same letters, and nothing between the text and them."""
    font = ImageFont.truetype(fonts.MAIN, size, layout_engine=layout)
    picture = Image.new("L", (1200, 80), 0)
    ImageDraw.Draw(picture).text((20, 50), text, fill=255, font=font, anchor="ls")
    found = np.asarray(picture).astype(float) / 255 * 219 + 16
    left, top, right, bottom = box(found)
    return found[top:bottom, left:right]


@pytest.mark.parametrize("text", [*HOSTILE, "مرحبا بالعالم", "שלום עולם", "Größe ☺ ✓"])
def test_words_are_drawn_as_they_were_written(text: str) -> None:
    picture = drawn(replace(PLAIN, text=text, size="small")).astype(float)
    left, top, right, bottom = box(picture)
    wanted = literally(text, size=round(360 / 26))
    assert picture[top:bottom, left:right].shape == pytest.approx(wanted.shape, abs=1)
    height, width = (min(a, b) for a, b in zip(picture[top:bottom, left:right].shape, wanted.shape, strict=True))
    apart = np.abs(picture[top : top + height, left : left + width] - wanted[:height, :width])
    assert apart.mean() < 2, apart.mean()


def test_joined_letters_are_joined() -> None:
    """By the shaper, not one after the other."""
    unshaped = literally("مرحبا", size=14, layout=ImageFont.Layout.BASIC)
    left, _, right, _ = box(drawn(replace(PLAIN, text="مرحبا", size="small")))
    assert right - left < unshaped.shape[1]


def test_new_lines_begin_lines_and_what_is_unseen_is_left_out() -> None:
    one, two = drawn(replace(PLAIN, text="Ab")), drawn(replace(PLAIN, text="Ab\nAb"))
    assert box(two)[3] - box(two)[1] > 1.5 * (box(one)[3] - box(one)[1])
    assert np.array_equal(drawn(replace(PLAIN, text="A\x07b")), one)


@pytest.mark.parametrize("text", ["日本語", "한국어", "हिन्दी", "ไทย", "😀"])
def test_every_script_has_letters(text: str) -> None:
    boxes = drawn(replace(PLAIN, text="\U0010fffd" * len(text)))
    assert not np.array_equal(drawn(replace(PLAIN, text=text)), boxes)


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("place", PLACES)
def test_words_stand_where_they_are_to_within_the_safe_area(place: str, margin: str) -> None:
    long = "A long line that takes a few words more than fit into the width of one line of it"
    for overlay in (
        replace(PLAIN, place=place, margin=margin),
        replace(PLAIN, place=place, margin=margin, text=long, box=True),
    ):
        left, top, right, bottom = box(drawn(overlay))
        across, down = PLACES[place]
        edge = MARGINS[margin]
        assert left >= 640 * edge - 1
        assert right <= 640 * (1 - edge) + 2
        assert top >= 360 * edge - 1
        assert bottom <= 360 * (1 - edge) + 2
    left, top, right, bottom = box(drawn(replace(PLAIN, place=place, margin=margin)))
    assert (left + right) / 2 / 640 == pytest.approx(0.5 + (across - 0.5) * (1 - 2 * edge), abs=0.14)
    assert (top + bottom) / 2 / 360 == pytest.approx(0.5 + (down - 0.5) * (1 - 2 * edge), abs=0.08)


def test_two_hundred_letters_fit() -> None:
    left, top, right, bottom = box(drawn(replace(PLAIN, text="W" * 200, size="huge")))
    assert (left >= 63, top >= 35, right <= 578, bottom <= 326) == (True, True, True, True)


def test_colours_are_those_that_were_chosen() -> None:
    planes = SHAPE.black()
    made = sticker(replace(PLAIN, text="█████", colour="#ff0000", size="huge"), SHAPE, fonts=letters())
    made.draw(planes, SHAPE)
    bright, blue, red = (part.astype(int) for part in parts_of_picture(planes, 640, 360))
    assert (bright.max(), red.max(), blue.min()) == (
        pytest.approx(81, abs=2),
        pytest.approx(240, abs=2),
        pytest.approx(90, abs=2),
    )


def test_words_come_and_go_when_they_are_to() -> None:
    over = Overlaid([replace(PLAIN, fade=0.2)], SHAPE, begins=10, fonts=letters)
    assert over.touched == [(15, 40)]
    peaks = []
    for number in range(45):
        planes = SHAPE.black()
        over(planes, number)
        peaks.append(int(planes[:360].max()))
    assert [number for number, peak in enumerate(peaks) if peak > 16] == list(range(15, 40))
    assert peaks[15] < peaks[17] < peaks[25]
    assert peaks[39] < peaks[37] < peaks[25]


def test_only_frames_under_words_are_encoded(tmp_path: Path) -> None:
    source = footage(numbered_film(tmp_path / "source.mp4"))
    span = span_of(source, source.shape, start=0.0, end=4.0)
    (place,) = lay_out([Wish(frames=span.frames)], transition=0)
    over = Overlaid([PLAIN, replace(PLAIN, start=3.5, duration=0.5)], source.shape, begins=0, fonts=letters)
    found = Source(footage=source, span=span)
    piece = make_piece(found, tmp_path / "piece.mp4", source.shape, place, drawn=over, touched=over.touched)
    assert [number for _, number in numbers(piece.path)] == list(range(100))
    # A second of words, half a second more; groups begin anew after both.
    assert 55 <= piece.copied <= 75
