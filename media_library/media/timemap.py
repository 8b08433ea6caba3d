"""From the times of the source to the times of a version that pauses for longer descriptions, and back.

`out(t) = t + Σ pause_i for all pause points p_i ≤ t` (product.md §5.2). Captions, chapters, notes and the description track are
all moved by the same map, or they run away from the picture.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from media_library.media.pauses import Pause
from media_library.media.profiles import HOUSE
from media_library.media.webvtt.model import Cue, move_inline_timestamps


class TimeMap:
    """Seconds. Give it the pauses as they are rendered (`pauses.on_frames`), not as they were wished for."""

    def __init__(self, pauses: Iterable[Pause] = ()) -> None:
        self.pauses: Sequence[Pause] = sorted(Pause(*pause) for pause in pauses)
        self._points = [pause.at for pause in self.pauses]
        self._sums = [0.0, *accumulate(pause.seconds for pause in self.pauses)]
        self._begins = [at + added for at, added in zip(self._points, self._sums, strict=False)]

    @property
    def added(self) -> float:
        """How much longer the paused version is."""
        return self._sums[-1]

    def out(self, at: float) -> float:
        """Where source time `at` comes; at a pause point, after the pause: what begins there begins when the picture moves on."""
        return at + self._sums[bisect_right(self._points, at)]

    def out_before(self, at: float) -> float:
        """As `out`, but at a pause point the moment the pause begins: what ends there, ends then."""
        return at + self._sums[bisect_left(self._points, at)]

    def source(self, at: float) -> float:
        """Which source moment is seen at output time `at`; during a pause, the pause point."""
        index = bisect_right(self._begins, at)
        if index == 0:
            return at
        pause = self.pauses[index - 1]
        if at < self._begins[index - 1] + pause.seconds:
            return pause.at
        return at - self._sums[index]

    def cues(self, cues: Iterable[Cue], *, shortest: float = HOUSE.min_duration) -> list[Cue]:
        """Captions for the paused version.

        While the picture holds, a description is heard and not the caption's words, so no caption stays over a pause: it ends when the
        pause begins and is shown again after it. A part of less than `shortest` seconds is left out when another one is long enough:
        it is a lead-in or a lead-out, as pauses never stand within 120 ms of speech.
        """
        return [moved for cue in cues for moved in self._moved(cue, shortest=shortest)]

    def chapters(self, cues: Iterable[Cue]) -> list[Cue]:
        """Chapters (and other marks that hold through a pause) keep one piece. A description at a chapter's first picture belongs to it."""
        return [self._at(cue, self.out_before(cue.start), self.out_before(cue.end)) for cue in cues]

    def _moved(self, cue: Cue, *, shortest: float) -> Iterator[Cue]:
        start, end = cue.start, cue.end
        inside = self._points[bisect_right(self._points, start) : bisect_left(self._points, end)]
        edges = [start, *inside, end]
        parts = list(pairwise(edges))
        long = [part for part in parts if part[1] - part[0] >= shortest]
        kept = long or [max(parts, key=lambda part: part[1] - part[0])]
        for number, (begins, ends) in enumerate(kept):
            yield self._at(cue, self.out(begins), self.out_before(ends), keeps_id=number == 0)

    def _at(self, cue: Cue, start: float, end: float, *, keeps_id: bool = True) -> Cue:
        text = move_inline_timestamps(cue.text, lambda ms: round(self.out(ms / 1000) * 1000))
        return Cue.at(start, max(end, start), text, id=cue.id if keeps_id else "", settings=cue.settings)
