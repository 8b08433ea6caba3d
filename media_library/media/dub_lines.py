"""What is said in a film as lines to dub: sentences of one speaker each, parted at long pauses, joined where one is too short."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from media_library.media.turns import SENTENCE_ENDS
from media_library.media.words import Word

# Silence that parts a sentence: what is said after it begins there again.
PAUSE_SECONDS = 0.9
# Shorter lines leave a voice no room to be natural; longer ones drift from the lips.
SHORTEST_SECONDS, LONGEST_SECONDS = 2.5, 9.0
# A short line joins one that is no farther away.
JOINS_WITHIN = 0.7
# Engines place ends early or late by about so much; what is shorter is nobody's word.
LEAST_SECONDS = 0.25
_CLAUSE = re.compile(r"[,;:–—]\s*$")


@dataclass(frozen=True)
class SpokenLine:
    """`speaker` is the word's own: an id, or empty where nobody told the speakers apart."""

    start: float
    end: float
    text: str
    speaker: str

    @property
    def seconds(self) -> float:
        return self.end - self.start


def lines_of(words: Iterable[Word], *, space: str = " ") -> list[SpokenLine]:
    """In order of time. Every word is in exactly one line."""
    parts: list[list[Word]] = []
    for word in words:
        last = parts[-1] if parts else None
        if last is None or _parts(last[-1], word):
            parts.append([word])
        else:
            last.append(word)
    cut = [piece for part in parts for piece in _cut(part)]
    return _joined([_line(part, space) for part in cut], space)


def _parts(before: Word, word: Word) -> bool:
    ended = before.text.rstrip("\"'”’»)").endswith(SENTENCE_ENDS)
    return ended or word.speaker != before.speaker or word.start - before.end >= PAUSE_SECONDS


def _cut(words: Sequence[Word]) -> list[Sequence[Word]]:
    """In halves while it is too long: at the longest silence near the middle, after a comma before anywhere else."""
    if len(words) < 4 or words[-1].end - words[0].start <= LONGEST_SECONDS:
        return [words]
    whole = words[-1].end - words[0].start

    def worth(place: int) -> float:
        silence = words[place].start - words[place - 1].end
        off = abs((words[place].start - words[0].start) / whole - 0.5)
        return silence + (0.4 if _CLAUSE.search(words[place - 1].text) else 0.0) - 1.5 * off

    at = max(range(2, len(words) - 1), key=worth)
    return [*_cut(words[:at]), *_cut(words[at:])]


def _line(words: Sequence[Word], space: str) -> SpokenLine:
    start = words[0].start
    return SpokenLine(
        round(start, 3),
        round(max(words[-1].end, start + LEAST_SECONDS), 3),
        space.join(word.text for word in words),
        words[0].speaker,
    )


def _joined(lines: Sequence[SpokenLine], space: str) -> list[SpokenLine]:
    """Each that is too short with its nearer neighbour of the same speaker."""
    found = list(lines)
    while True:
        short = [place for place, line in enumerate(found) if line.seconds < SHORTEST_SECONDS]
        pairs = [
            (found[place + 1].start - found[place].end, place)
            for at in short
            for place in (at - 1, at)
            if 0 <= place < len(found) - 1 and _joins(found[place], found[place + 1])
        ]
        if not pairs:
            return _apart(found)
        _, place = min(pairs)
        first, second = found[place : place + 2]
        found[place : place + 2] = [replace(first, end=second.end, text=space.join((first.text, second.text)))]


def _joins(first: SpokenLine, second: SpokenLine) -> bool:
    near = second.start - first.end <= JOINS_WITHIN
    return near and first.speaker == second.speaker and second.end - first.start <= LONGEST_SECONDS


def _apart(lines: list[SpokenLine]) -> list[SpokenLine]:
    """One speaker's lines never overlap: what engines give so is a rounding of theirs."""
    for place, (first, second) in enumerate(pairwise(list(lines))):
        if first.speaker == second.speaker and second.start < first.end:
            end = max(second.start, first.start + LEAST_SECONDS)
            lines[place] = replace(lines[place], end=round(end, 3))
    return lines
