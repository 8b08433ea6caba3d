"""What the rules look at: a track in frames, and what a rule answers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

from media_library.media.profiles import Profile
from media_library.media.webvtt.model import Cue

ASSUMED_FPS = 25.0
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`cue_index` counts from 0. `measured` and `limit` are in the unit the message names."""

    rule: str
    cue_index: int
    message: str
    severity: Severity = "error"
    measured: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Line:
    """A cue as the rules look at it."""

    index: int
    cue: Cue
    plain: str
    start: int  # frames
    end: int

    @cached_property
    def lines(self) -> list[str]:
        return self.plain.split("\n") if self.plain else []


@dataclass(frozen=True)
class Track:
    lines: Sequence[Line]
    profile: Profile
    language: str
    fps: float
    shots: Sequence[int] = ()  # frames, ascending
    speech: Sequence[tuple[float, float]] = ()  # seconds, ascending
    duration: float | None = None
    sources: Sequence[str] = ()
    assumed: str = ""

    @property
    def half(self) -> int:
        return half_second(self.fps)

    @property
    def pairs(self) -> Iterator[tuple[Line, Line]]:
        return pairwise(self.lines)

    def cut_near(self, frame: int, *, within: int) -> int | None:
        """The nearest cut at most `within` frames from `frame`."""
        place = bisect_left(self.shots, frame)
        near = [cut for cut in self.shots[max(0, place - 1) : place + 1] if abs(cut - frame) <= within]
        return min(near, key=lambda cut: abs(cut - frame)) if near else None


Rule = Callable[[Track], Iterator[Finding]]


def half_second(fps: float) -> int:
    return int(fps / 2 + 0.5)


def early_zone(fps: float) -> int:
    """Frames before a cut within which an in time snaps onto it; from here to `half_second` it is pulled away (1–8 and 9–11 at 24)."""
    return int(0.75 * half_second(fps) + 0.5)


def frames(seconds: float, fps: float) -> int:
    return round(seconds * fps)
