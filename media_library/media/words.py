"""Spoken words as captions need them: cleaned times, and pieces that belong together joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

_LETTER_BEFORE = re.compile(r"\w\Z")
_SECOND_PART = re.compile(r"-[^\W\d_]")
_SHORTEST = 0.02


class Spoken(Protocol):
    """Any word with times in seconds; the speech engines' own type fits."""

    @property
    def text(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Word:
    """`text` carries its punctuation and no surrounding space. `speaker` changes where somebody else begins to talk."""

    text: str
    start: float
    end: float
    speaker: str = ""


def tidy(words: Iterable[Spoken]) -> list[Word]:
    """Words in order of time, none empty, none ending before it starts.

    Engines give `ill-disposed` as `ill` and `-disposed`: a part that begins with a hyphen and a letter joins the word before it.
    """
    found: list[Word] = []
    for word in sorted(words, key=lambda word: word.start):
        text = word.text.strip()
        if not text:
            continue
        speaker = getattr(word, "speaker", "") or ""
        start = max(0.0, word.start)
        end = max(word.end, start + _SHORTEST)
        last = found[-1] if found else None
        if (
            last
            and len(text) > 1
            and text[0] == "-"
            and text[1].isalpha()
            and _LETTER_BEFORE.search(last.text)
            and start - last.end < 0.2
        ):
            found[-1] = Word(last.text + text, last.start, end, last.speaker)
        else:
            found.append(Word(text, start, end, speaker))
    return found


def intervals(words: Iterable[Spoken]) -> list[tuple[float, float]]:
    return [(word.start, word.end) for word in words]


def joined(words: Sequence[Word], *, space: str) -> str:
    return space.join(word.text for word in words)
