"""Captions of a film of clips: the words of each clip at the times of the film, as cues, and drawn into its pictures."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

from media_library.media.film_frames import Planes, Shape
from media_library.media.segmentation import segment
from media_library.media.titling import Font, Lettering, caption
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue
from media_library.media.words import Word


def film_words(words: Sequence[Word], *, start: float, end: float, at: float) -> list[Word]:
    """Those whose middle is in the range of the footage, as they are said in a film that shows it from `at` on."""
    length = end - start
    return [
        Word(
            text=word.text,
            start=at + min(max(word.start - start, 0.0), length),
            end=at + min(max(word.end - start, 0.0), length),
        )
        for word in words
        if start <= (word.start + word.end) / 2 < end
    ]


def film_cues(
    clips: Sequence[tuple[str, Sequence[Word]]], *, fps: Fraction, cuts: Sequence[float], duration: float
) -> list[Cue]:
    """`clips` are each its language and its words in film time. No cue runs from one clip into the next."""
    found: list[Cue] = []
    for number, (language, words) in enumerate(clips):
        if not words:
            continue
        until = cuts[number + 1] if number + 1 < len(cuts) else duration
        cues = segment(words, fps=float(fps), language=language or "en", shots=cuts, duration=until)
        after = found[-1].end if found else 0.0
        found += [Cue.at(max(cue.start, after), cue.end, cue.text) for cue in cues if cue.end > after]
    return found


class Burnt:
    """Draws what is said into the frames of one piece, of which the first is frame `begins` of the film."""

    def __init__(self, cues: Sequence[Cue], shape: Shape, *, begins: int, fonts: Sequence[Font]) -> None:
        self._cues = sorted(cues, key=lambda cue: cue.start)
        self._starts = [cue.start for cue in self._cues]
        self._shape, self._begins, self._fonts = shape, begins, fonts
        self._shown: tuple[Cue, Lettering] | None = None

    @property
    def touched(self) -> list[tuple[int, int]]:
        """Frames of the piece over which something stands."""
        fps, half = self._shape.fps, Fraction(1, 2)
        times = [[math.ceil(Fraction(at) * fps - half) for at in (cue.start, cue.end)] for cue in self._cues]
        return [(first - self._begins, beyond - self._begins) for first, beyond in times]

    def __call__(self, planes: Planes, number: int) -> None:
        # The middle of the frame, so that no rounding shows a cue a frame too early.
        at = float((self._begins + number + Fraction(1, 2)) / self._shape.fps)
        place = bisect_right(self._starts, at) - 1
        if place < 0 or at >= self._cues[place].end:
            return
        cue = self._cues[place]
        if self._shown is None or self._shown[0] is not cue:
            lines = plain_text(cue.text).split("\n")
            self._shown = (cue, caption(lines, self._shape, fonts=self._fonts))
        self._shown[1].draw(planes, self._shape)
