"""What the rules look at: a track in columns, and what a rule answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from media_library.media.profiles import Profile
from media_library.media.quality.letters import Bools, Floats, Ints, Letters
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue

ASSUMED_FPS = 25.0
Severity = Literal["error", "warning"]


@dataclass(slots=True)
class Finding:
    """`cue_index` counts from 0. `measured` and `limit` are in the unit the message names."""

    rule: str
    cue_index: int
    message: str
    severity: Severity = "error"
    measured: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """How a word of the source is to be translated; `target` may hold alternatives, the preferred one first. With `forbidden` it is what
    must not be written."""

    source: str
    target: tuple[str, ...] = ()
    forbidden: bool = False
    case_sensitive: bool = False


@dataclass
class Track:
    cues: Sequence[Cue]
    profile: Profile
    language: str
    fps: float
    assumed: str = ""
    cuts: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # frames, ascending
    speech: Floats = field(default_factory=lambda: np.empty((0, 2)))  # words in order of time, seconds
    duration: float | None = None
    sources: Sequence[str] = ()
    terms: Sequence[Term] = ()

    @cached_property
    def texts(self) -> list[str]:
        return [cue.text for cue in self.cues]

    @cached_property
    def plain(self) -> list[str]:
        """What is read, without tags."""
        return [plain_text(text) if "<" in text or "&" in text else text for text in self.texts]

    @cached_property
    def letters(self) -> Letters:
        return Letters(self.plain, language=self.language)

    @cached_property
    def start_ms(self) -> Ints:
        return np.array([cue.start_ms for cue in self.cues], dtype=np.int64)

    @cached_property
    def end_ms(self) -> Ints:
        return np.array([cue.end_ms for cue in self.cues], dtype=np.int64)

    @cached_property
    def start(self) -> Ints:
        """In frames."""
        return frames_of(self.start_ms, self.fps)

    @cached_property
    def end(self) -> Ints:
        return frames_of(self.end_ms, self.fps)

    @cached_property
    def seconds(self) -> Floats:
        return (self.end_ms - self.start_ms) / 1000

    @cached_property
    def gap_ms(self) -> Ints:
        """From each cue to the next; negative where they overlap."""
        return self.start_ms[1:] - self.end_ms[:-1]

    @cached_property
    def gap(self) -> Ints:
        """In frames."""
        return self.start[1:] - self.end[:-1]

    @property
    def half(self) -> int:
        return half_second(self.fps)

    def lines(self, index: int) -> list[str]:
        return self.plain[index].split("\n") if self.plain[index] else []

    def nearest_cuts(self, at: Ints) -> tuple[Ints, Bools]:
        """The nearest cut to each frame, and whether it is less than half a second away."""
        if not len(self.cuts):
            return np.zeros(len(at), np.int64), np.zeros(len(at), bool)
        after = np.minimum(np.searchsorted(self.cuts, at), len(self.cuts) - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.abs(self.cuts[before] - at) <= np.abs(self.cuts[after] - at)
        cuts = np.where(nearer, self.cuts[before], self.cuts[after])
        return cuts, np.abs(cuts - at) < self.half

    @cached_property
    def spoken(self) -> tuple[Bools, Floats, Floats]:
        """Whether words are spoken in each cue (their middle lies in it), when the first begins and the last ends."""
        if not len(self.speech):
            nothing = np.zeros(len(self.cues))
            return nothing.astype(bool), nothing, nothing
        middles = self.speech.mean(axis=1)
        first = np.searchsorted(middles, self.start_ms / 1000, side="left")
        last = np.searchsorted(middles, self.end_ms / 1000, side="right") - 1
        there = last >= first
        top = len(middles) - 1
        return there, self.speech[np.minimum(first, top), 0], self.speech[np.maximum(last, 0), 1]


Rule = Callable[[Track], Iterator[Finding]]


def half_second(fps: float) -> int:
    return int(fps / 2 + 0.5)


def early_zone(fps: float) -> int:
    """Frames before a cut within which an in time snaps onto it; from here to `half_second` it is pulled away (1–8 and 9–11 at 24)."""
    return int(0.75 * half_second(fps) + 0.5)


def frames(seconds: float, fps: float) -> int:
    return round(seconds * fps)


def frames_of(ms: Ints, fps: float) -> Ints:
    return np.rint(ms / 1000 * fps).astype(np.int64)


def where(mask: Bools) -> list[int]:
    return np.flatnonzero(mask).tolist()
