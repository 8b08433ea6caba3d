"""New words in the place of heard ones: unchanged words keep their times, changed ones get sensible ones between.

Words are `{word, start, end, confidence}`. The old text and the new are aligned word by word; what lies between two words that
both have is laid into the time that its old words had, by length.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Any

from media_library.media.languages import grammar
from media_library.media.turns import SENTENCE_ENDS, word_places

Timed = dict[str, Any]
# Where a script has no spaces, each sign is a word, but runs of Latin letters and digits stay whole.
_SIGNS = re.compile(r"[A-Za-zÀ-ɏ0-9][A-Za-zÀ-ɏ0-9'’.\-]*|\S")
_WORD = re.compile(r"\S+")
# What a person has written is certain.
CERTAIN = 1.0


@dataclass
class Stretch:
    """A segment: its text is given back changed, its times are not touched."""

    start: float
    end: float
    text: str
    words: list[Timed] = field(default_factory=list)


@dataclass(frozen=True)
class _Old:
    key: str
    word: Timed
    stretch: int


@dataclass(frozen=True)
class _New:
    key: str
    text: str
    begin: int
    end: int


@dataclass
class _Placed:
    new: _New
    stretch: int
    start: float
    end: float
    confidence: float


def spread(stretches: Sequence[Stretch], text: str, *, language: str) -> list[Stretch]:
    """The stretches with `text` in the place of all of theirs; read in order they give exactly it."""
    spaced = grammar(language).spaced
    old = [
        _Old(_key(word["word"]), word, number)
        for number, stretch in enumerate(stretches)
        for word in timed_words(stretch, spaced=spaced)
    ]
    new = [_New(_key(found[0]), found[0], found.start(), found.end()) for found in _tokens(text, spaced=spaced)]
    placed = _aligned(old, new, stretches)
    return [
        _filled(stretch, [one for one in placed if one.stretch == number], text)
        for number, stretch in enumerate(stretches)
    ]


def timed_words(stretch: Stretch, *, spaced: bool) -> list[Timed]:
    """The stretch's words when they are those of its text, each sign apart where there are no spaces; else made from the text."""
    if word_places(stretch.text, stretch.words) is not None:
        if spaced:
            return stretch.words
        return [
            part
            for word in stretch.words
            for part in laid_out(
                _tokens(word["word"], spaced=False), word["start"], word["end"], word.get("confidence", CERTAIN)
            )
        ]
    return laid_out(_tokens(stretch.text, spaced=spaced), stretch.start, stretch.end, CERTAIN)


def laid_out(tokens: Iterable[re.Match[str]], start: float, end: float, confidence: float) -> list[Timed]:
    """Words that share a time by their length."""
    texts = [token[0] for token in tokens]
    edges = _edges([len(text) for text in texts], start, end)
    return [
        {"word": text, "start": edges[at], "end": edges[at + 1], "confidence": confidence}
        for at, text in enumerate(texts)
    ]


def words_of(text: str, start: float, end: float, *, language: str) -> list[Timed]:
    """Words for a text of which only the whole time is known, as in a caption file."""
    return laid_out(_tokens(text, spaced=grammar(language).spaced), start, end, CERTAIN)


def _edges(weights: Sequence[int], start: float, end: float) -> list[float]:
    whole = sum(weights) or 1
    return [round(start + (end - start) * share / whole, 3) for share in accumulate(weights, initial=0)]


def _tokens(text: str, *, spaced: bool) -> list[re.Match[str]]:
    return list((_WORD if spaced else _SIGNS).finditer(text))


def _key(word: str) -> str:
    """What two spellings of one word share: neither case nor punctuation."""
    bare = "".join(one for one in word.casefold() if unicodedata.category(one)[0] in "LMN")
    return bare or word


def _aligned(old: Sequence[_Old], new: Sequence[_New], stretches: Sequence[Stretch]) -> list[_Placed]:
    placed: list[_Placed] = []
    matcher = SequenceMatcher(None, [one.key for one in old], [one.key for one in new], autojunk=False)
    for kind, first, last, begin, end in matcher.get_opcodes():
        if kind == "delete":
            continue
        if kind == "equal" or last - first == end - begin:
            placed += [
                _in_place(was, now, same=kind == "equal")
                for was, now in zip(old[first:last], new[begin:end], strict=True)
            ]
        elif kind == "replace":
            spans = [(one.word["start"], one.word["end"], one.stretch) for one in old[first:last]]
            placed += _over(spans, new[begin:end], stretches)
        else:
            placed += _between(
                old[first - 1] if first else None, old[first] if first < len(old) else None, new[begin:end], stretches
            )
    return placed


def _in_place(was: _Old, now: _New, *, same: bool) -> _Placed:
    """One word for one word has its time. A word that differs in case or punctuation only is still what was heard."""
    confidence = was.word.get("confidence", CERTAIN) if same else CERTAIN
    return _Placed(now, was.stretch, was.word["start"], was.word["end"], confidence)


def _over(
    spans: Sequence[tuple[float, float, int]], new: Sequence[_New], stretches: Sequence[Stretch]
) -> list[_Placed]:
    """By length over the time that is spoken in `spans`, silence between them left out. A word begins and ends in one stretch."""
    begins = list(accumulate((end - start for start, end, _ in spans), initial=0.0))
    shares = _fractions([one.end - one.begin for one in new])
    placed = []
    for at, one in enumerate(new):
        start, stretch = _moment(spans, begins, shares[at], late=True)
        end, _ = _moment(spans, begins, shares[at + 1], late=False)
        end = min(max(start, end), max(start, stretches[stretch].end))
        placed.append(_Placed(one, stretch, start, end, CERTAIN))
    return placed


def _fractions(weights: Sequence[int]) -> list[float]:
    whole = sum(weights) or 1
    return [share / whole for share in accumulate(weights, initial=0)]


def _moment(
    spans: Sequence[tuple[float, float, int]], begins: Sequence[float], share: float, *, late: bool
) -> tuple[float, int]:
    """The time at `share` of all that is spoken. At the seam of two spans: the later's start when `late`, else the earlier's end."""
    at = share * begins[-1]
    place = bisect_right(begins, at + (1e-9 if late else -1e-9)) - 1
    place = min(max(place, 0), len(spans) - 1)
    start, end, stretch = spans[place]
    return round(min(end, start + max(0.0, at - begins[place])), 3), stretch


def _between(
    before: _Old | None, after: _Old | None, new: Sequence[_New], stretches: Sequence[Stretch]
) -> list[_Placed]:
    """Words that nothing was heard for go into the silence between their neighbours, however short it is."""
    if before is None and after is None:
        return _over([(one.start, one.end, number) for number, one in enumerate(stretches)], new, stretches)
    stretch = _home(before, after, new[-1].text)
    lowest = before.word["end"] if before else stretches[stretch].start
    highest = after.word["start"] if after else stretches[stretch].end
    start = max(lowest, stretches[stretch].start) if before is None or before.stretch != stretch else lowest
    end = min(highest, stretches[stretch].end) if after is None or after.stretch != stretch else highest
    edges = _edges([one.end - one.begin for one in new], start, max(start, end))
    return [_Placed(one, stretch, edges[at], edges[at + 1], CERTAIN) for at, one in enumerate(new)]


def _home(before: _Old | None, after: _Old | None, last: str) -> int:
    """The stretch that inserted words join. Between two: the next when the one before has ended its sentence and they have not."""
    if before is None or after is None:
        return (before or after).stretch  # type: ignore[union-attr]  # one of the two is there
    if before.stretch == after.stretch:
        return before.stretch
    ended = str(before.word["word"]).endswith(SENTENCE_ENDS)
    return after.stretch if ended and not last.endswith(SENTENCE_ENDS) else before.stretch


def _filled(stretch: Stretch, placed: Sequence[_Placed], text: str) -> Stretch:
    if not placed:
        return Stretch(stretch.start, stretch.end, "", [])
    words = [{"word": one.new.text, "start": one.start, "end": one.end, "confidence": one.confidence} for one in placed]
    return Stretch(stretch.start, stretch.end, text[placed[0].new.begin : placed[-1].new.end], words)
