"""What is exported: a document of blocks, and a cut of items on one timeline."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from media_library.media.assemble import Transition, Wish, lay_out
from media_library.media.formats.characters import one_line, showable
from media_library.media.words import Word

# heading: a section's name; text: a paragraph; narration: words for a narrator; quote: what somebody says in the footage; gap: words
# that nobody has written yet; item: one of a list; note: what is said about the document itself.
Kind = Literal["heading", "text", "narration", "quote", "gap", "item", "note"]


@dataclass(frozen=True)
class Block:
    """`by` is who says a quote, `about` where it comes from and how long it takes. `level` is a heading's, from 1."""

    kind: Kind
    text: str
    by: str = ""
    about: str = ""
    level: int = 1


@dataclass(frozen=True)
class Footage:
    """The file that a clip is cut from. `fps` is None for sound alone."""

    id: str
    filename: str
    title: str
    duration: float
    fps: Fraction | None = None
    width: int = 0
    height: int = 0
    has_sound: bool = True


@dataclass(frozen=True)
class CutClip:
    """`start` and `end` are seconds of the footage, and so are the times of `words`. `card` stands before it."""

    title: str
    footage: Footage
    start: float
    end: float
    text: str = ""
    speaker: str = ""
    card: str = ""
    transition: Transition = "cut"
    words: Sequence[Word] = ()
    language: str = ""


@dataclass(frozen=True)
class Cut:
    """In order. `transition_seconds` and `card_seconds` are those of the film that is rendered from it."""

    title: str
    clips: Sequence[CutClip]
    transition_seconds: float = 1.0
    card_seconds: float = 3.0


@dataclass(frozen=True)
class Item:
    """A piece of the timeline, in its frames. Without `clip` it is black, with the words of a card.

    `source` is the clip's first frame in its footage, counted at the timeline's rate; `overlap` how many of its first frames the
    piece before still shows.
    """

    start: int
    length: int
    clip: CutClip | None = None
    source: int = 0
    overlap: int = 0
    dip: int = 0
    words: str = ""

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True)
class Timeline:
    title: str
    rate: Fraction
    items: Sequence[Item] = field(default_factory=tuple)

    @property
    def length(self) -> int:
        return max((item.end for item in self.items), default=0)

    def clips(self) -> Iterator[tuple[Item, CutClip]]:
        for item in self.items:
            if item.clip is not None:
                yield item, item.clip


STANDARD = tuple(
    Fraction(*rate)
    for rate in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1))
)
# Where nothing has a picture.
WITHOUT_PICTURE = Fraction(25)


def true_rate(fps: float | Fraction) -> Fraction:
    """29.97 is 30000/1001. What is near no rate of editing programs stays itself."""
    near = min(STANDARD, key=lambda rate: abs(float(rate) - float(fps)))
    return near if abs(float(near) - float(fps)) < 0.006 else Fraction(fps).limit_denominator(1001)


def rate_of(cut: Cut) -> Fraction:
    """That of the film which is rendered from it: the first footage with a picture gives it."""
    first = next((clip.footage.fps for clip in cut.clips if clip.footage.fps), None)
    rate = true_rate(first) if first else WITHOUT_PICTURE
    # An editing program has no project of 7 or of 1000 frames a second.
    return rate if rate in STANDARD else min(STANDARD, key=lambda one: abs(one - rate))


def timeline_of(cut: Cut) -> Timeline:
    """The cut in whole frames, laid out as the film is that the studio renders from it."""
    rate = rate_of(cut)
    starts = [round(Fraction(clip.start) * rate) for clip in cut.clips]
    card = max(1, round(cut.card_seconds * rate))
    wishes = [
        Wish(
            frames=max(1, round(Fraction(clip.end) * rate) - start),
            transition=clip.transition,
            card=card if clip.card else 0,
        )
        for clip, start in zip(cut.clips, starts, strict=True)
    ]
    items: list[Item] = []
    places = lay_out(wishes, transition=round(cut.transition_seconds * rate))
    for clip, place, source in zip(cut.clips, places, starts, strict=True):
        if place.card:
            items.append(Item(place.begins, place.card, words=clip.card))
        dip = place.rises if clip.transition == "dip" else 0
        items.append(Item(place.shows, place.frames, clip, source, place.dissolves, dip))
    return Timeline(one_line(cut.title), rate, tuple(items))


def is_drop(rate: Fraction) -> bool:
    """Whether timecode leaves numbers out to keep up with the clock: at 29.97 and 59.94."""
    return rate in {Fraction(30000, 1001), Fraction(60000, 1001)}


def timecode(frame: int, rate: Fraction) -> str:
    """SMPTE 12M: `;` before the frames where numbers are dropped, the first two (four) of each minute but the tenth."""
    base = round(rate)
    drop = is_drop(rate)
    if drop:
        skipped = base // 15
        ten, minute = base * 600 - 9 * skipped, base * 60 - skipped
        tens, rest = divmod(frame, ten)
        frame += 9 * skipped * tens + (skipped * ((rest - skipped) // minute) if rest > skipped else 0)
    seconds, frames = divmod(frame, base)
    hours = seconds // 3600
    return f"{hours % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{';' if drop else ':'}{frames:02}"


def clean(block: Block) -> Block:
    """Without what files cannot hold, and as one composes letters."""
    return replace(
        block,
        text=_composed(showable(block.text)),
        by=_composed(one_line(block.by)),
        about=_composed(one_line(block.about)),
    )


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
