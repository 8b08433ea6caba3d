"""What is exported: a document of blocks, and a cut of items on one timeline."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from media_library.media.formats.characters import one_line, showable

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
    """`start` and `end` are seconds of the footage; `lead` is how long the transition into it lasts, `card` what stands before it."""

    title: str
    footage: Footage
    start: float
    end: float
    text: str = ""
    speaker: str = ""
    card: str = ""
    transition: Literal["cut", "dissolve", "dip"] = "cut"


@dataclass(frozen=True)
class Cut:
    """In order. `transition_seconds` and `card_seconds` are those of the film that is rendered from it."""

    title: str
    clips: Sequence[CutClip]
    transition_seconds: float = 0.5
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
    Fraction(*rate) for rate in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1))
)
# Where nothing has a picture.
WITHOUT_PICTURE = Fraction(25)


def true_rate(fps: float | Fraction) -> Fraction:
    """29.97 is 30000/1001. What is near no rate of editing programs stays itself."""
    near = min(STANDARD, key=lambda rate: abs(float(rate) - float(fps)))
    return near if abs(float(near) - float(fps)) < 0.006 else Fraction(fps).limit_denominator(1001)


def rate_of(cut: Cut) -> Fraction:
    """That of most of the footage: programs want one rate for the whole."""
    seconds: dict[Fraction, float] = {}
    for clip in cut.clips:
        if clip.footage.fps:
            rate = true_rate(clip.footage.fps)
            seconds[rate] = seconds.get(rate, 0.0) + clip.end - clip.start
    if not seconds:
        return WITHOUT_PICTURE
    most = max(seconds, key=lambda rate: (seconds[rate], rate))
    # An editing program has no project of 7 or of 1000 frames a second.
    return most if most in STANDARD else min(STANDARD, key=lambda rate: abs(rate - most))


def timeline_of(cut: Cut) -> Timeline:
    """The cut in whole frames. A dissolve shows the end of one clip and the beginning of the next at once; a dip takes no time."""
    rate = rate_of(cut)
    items: list[Item] = []
    at = 0
    for clip in cut.clips:
        if clip.card:
            length = max(1, round(cut.card_seconds * rate))
            items.append(Item(at, length, words=clip.card))
            at += length
        source = round(Fraction(clip.start) * rate)
        length = max(1, round(Fraction(clip.end) * rate) - source)
        before = items[-1] if items and items[-1].clip is not None else None
        wanted = 0 if before is None or clip.transition == "cut" else round(cut.transition_seconds * rate)
        # Two transitions must not meet inside one clip. An even number, because half of it lies on each side.
        room = min(length, before.length - before.overlap) // 2 if before else 0
        frames = max(0, min(wanted, room) // 2 * 2)
        overlap = frames if clip.transition == "dissolve" else 0
        dip = frames if clip.transition == "dip" else 0
        items.append(Item(at - overlap, length, clip, source, overlap, dip))
        at += length - overlap
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
        block, text=_composed(showable(block.text)), by=_composed(one_line(block.by)), about=_composed(one_line(block.about))
    )


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
