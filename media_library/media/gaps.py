"""Where nobody speaks: intervals of speech, the gaps between them, and how many words of description each holds.

Numbers: product.md §5.2 (smallest gap after W3C failure F113; 160 words a minute from voice-over practice).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from media_library.media.words import Spoken

JOINED_BELOW = 0.3  # words closer than this are one stretch of speech
GUARD = 0.25  # silence kept before and after speech
SMALLEST_GAP = 2.0
WORDS_PER_SECOND = 2.67


class Interval(NamedTuple):
    """Seconds of the source."""

    start: float
    end: float


class Gap(NamedTuple):
    """`start` and `end` are where speech ends and begins; between them, less the guards, a description may stand."""

    start: float
    end: float

    @property
    def usable_start(self) -> float:
        return self.start + GUARD

    @property
    def usable_end(self) -> float:
        return self.end - GUARD

    @property
    def words(self) -> int:
        """How many words fit at the planning rate."""
        return max(0, math.floor((self.end - self.start - 2 * GUARD) * WORDS_PER_SECOND + 1e-6))


def merged(intervals: Iterable[tuple[float, float]], *, closer_than: float = 0.0) -> list[Interval]:
    """Intervals in order, those that touch or lie closer than `closer_than` as one."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if (found and start - found[-1].end < closer_than) or (found and start <= found[-1].end):
            found[-1] = Interval(found[-1].start, max(found[-1].end, end))
        elif end > start:
            found.append(Interval(start, end))
    return found


def speech_intervals(words: Iterable[Spoken], *, voice: Sequence[tuple[float, float]] = ()) -> list[Interval]:
    """Stretches of speech. `voice` is what a voice-activity detector heard: speech the recogniser missed must not be talked over either."""
    heard = [(word.start, word.end) for word in words]
    return merged([*heard, *voice], closer_than=JOINED_BELOW)


def gaps(speech: Sequence[tuple[float, float]], *, duration: float, smallest: float = SMALLEST_GAP) -> list[Gap]:
    """Silences of at least `smallest` seconds, before the first word and after the last included."""
    found: list[Gap] = []
    at = 0.0
    for start, end in [*merged(speech), Interval(duration, duration)]:
        if min(start, duration) - at >= smallest - 1e-6:
            found.append(Gap(at, min(start, duration)))
        at = max(at, end)
    return found
