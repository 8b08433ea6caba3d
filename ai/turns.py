"""Turns, whoever found them: told for the spans of a transcript, and numbered anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ai.capabilities.diarize import Span, Turn


def over(spans: Sequence[Span], turns: Sequence[Turn]) -> list[Turn]:
    """One turn a span: of whoever speaks longest in it, or, where nobody was heard, of whoever is nearest."""
    if not turns:
        return []
    ordered = sorted(turns, key=lambda turn: turn.start)
    starts = np.array([turn.start for turn in ordered])
    ends = np.array([turn.end for turn in ordered])
    told = []
    for start, end in spans:
        shares: Counter[int] = Counter()
        inside = np.flatnonzero((starts < end) & (ends > start))
        for place in inside:
            shares[ordered[place].speaker] += min(end, ends[place]) - max(start, starts[place])
        if shares:
            speaker = max(shares, key=lambda one: shares[one])
        else:
            speaker = ordered[int(np.argmin(np.maximum(starts - end, start - ends)))].speaker
        told.append(Turn(start, end, speaker))
    return told


def numbered(turns: Sequence[Turn]) -> tuple[list[Turn], list[int]]:
    """Speakers by first appearance, and the former number of each."""
    former: dict[int, int] = {}
    result = [Turn(turn.start, turn.end, former.setdefault(turn.speaker, len(former))) for turn in turns]
    return result, list(former)


def joined(turns: Sequence[Turn], *, longest_pause: float = 0.0) -> list[Turn]:
    """With what one speaker says without a pause as one turn."""
    result: list[Turn] = []
    for turn in turns:
        last = result[-1] if result else None
        if last and last.speaker == turn.speaker and turn.start - last.end <= longest_pause + 1e-6:
            result[-1] = Turn(last.start, turn.end, turn.speaker)
        else:
            result.append(turn)
    return result
