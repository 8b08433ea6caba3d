"""Pause points: where an accessible version holds its last picture while a longer description is spoken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple


class Pause(NamedTuple):
    """Hold at `at` (seconds of the source) for `seconds`."""

    at: float
    seconds: float


def on_frames(pauses: Sequence[Pause], *, fps: Fraction, frames: int) -> list[Pause]:
    """The pauses as a video of `frames` pictures can show them: at a boundary between two frames, for a whole number of frames, in order.

    Never shorter than asked, so that the description still fits. Pauses that fall on one boundary become one. Everything that is moved in
    time (sound, captions, description cues) must use these and not the ones asked for.
    """
    held: dict[int, int] = {}
    for pause in pauses:
        count = math.ceil(Fraction(pause.seconds).limit_denominator(1_000_000) * fps - Fraction(1, 1000))
        if count <= 0:
            continue
        # At least one picture must have been shown before it can be held.
        boundary = min(max(1, round(Fraction(pause.at).limit_denominator(1_000_000) * fps)), frames)
        held[boundary] = held.get(boundary, 0) + count
    return [Pause(float(boundary / fps), float(count / fps)) for boundary, count in sorted(held.items())]


def output_time(at: float, pauses: Sequence[Pause]) -> float:
    """Where source time `at` comes in the paused version. At a pause point itself: after the pause."""
    return at + sum(pause.seconds for pause in pauses if pause.at <= at)


def source_time(at: float, pauses: Sequence[Pause]) -> float:
    """Which source moment is seen at output time `at`; during a pause, the pause point."""
    shift = 0.0
    for pause in sorted(pauses):
        if at < pause.at + shift:
            break
        if at < pause.at + shift + pause.seconds:
            return pause.at
        shift += pause.seconds
    return at - shift
