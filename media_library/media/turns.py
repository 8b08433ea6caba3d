"""Words meet voices: which speaker said each word, and where a stretch of speech parts because another one begins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol

# Engines place a change of speaker about so exactly; a sentence that ends nearer than this to it is where it really is.
SLACK_SECONDS = 0.6
SLACK_WORDS = 2
# A shorter flicker to somebody else in the middle of a sentence is the engine's mistake, not an answer.
FLICKER_SECONDS = 0.6
# A pause in which somebody else may begin.
BREATH_SECONDS = 0.3
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")


class Turn(Protocol):
    """Somebody speaks, from `start` to `end`."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def speaker(self) -> int: ...


class Turns:
    """Who speaks when. Turns may overlap; the one that covers more of a word has it."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.turns = sorted(turns, key=lambda turn: (turn.start, turn.end))
        self.starts = [turn.start for turn in self.turns]
        # The longest turn says how far back one that still lasts may have begun.
        self.longest = max((turn.end - turn.start for turn in self.turns), default=0.0)

    def at(self, start: float, end: float) -> int | None:
        """Who speaks most between the two; in silence whose turn is nearest."""
        if not self.turns:
            return None
        first = bisect_right(self.starts, start - self.longest)
        last = bisect_right(self.starts, end)
        near = self.turns[max(0, first - 1) : last + 1]
        said: dict[int, float] = {}
        for turn in near:
            said[turn.speaker] = said.get(turn.speaker, 0.0) + max(0.0, min(end, turn.end) - max(start, turn.start))
        best = max(said, key=lambda speaker: said[speaker])
        if said[best] > 0:
            return best
        middle = (start + end) / 2
        return min(near, key=lambda turn: max(turn.start - middle, middle - turn.end)).speaker


def phrases(words: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    """Where somebody says something in one breath: parted at the ends of sentences and at pauses."""
    found: list[tuple[float, float]] = []
    for at, word in enumerate(words):
        before = words[at - 1] if at else None
        if before is None or _ends_sentence(before) or word["start"] - before["end"] >= BREATH_SECONDS:
            found.append((float(word["start"]), float(word["end"])))
        else:
            found[-1] = (found[-1][0], max(found[-1][1], float(word["end"])))
    return [(start, end) for start, end in found if end > start]


def speakers_of(words: Sequence[dict[str, Any]], turns: Turns) -> list[int | None]:
    """The speaker of each word (`{word, start, end}`), with changes moved to the sentence end beside them and flickers gone."""
    found = [turns.at(word["start"], word["end"]) for word in words]
    _steady(found, words)
    _snap(found, words)
    return found


def _steady(found: list[int | None], words: Sequence[dict[str, Any]]) -> None:
    at = 0
    for _, run in groupby(list(found)):
        first, at = at, at + len(list(run))
        inside = first > 0 and at < len(found) and found[first - 1] == found[at]
        short = words[at - 1]["end"] - words[first]["start"] < FLICKER_SECONDS
        if inside and short and not _ends_sentence(words[first - 1]):
            found[first:at] = [found[first - 1]] * (at - first)


def _snap(found: list[int | None], words: Sequence[dict[str, Any]]) -> None:
    """A change inside a sentence goes to a sentence's end near by, when there is one."""
    for change in range(1, len(found)):
        before, after = found[change - 1], found[change]
        if before == after or _ends_sentence(words[change - 1]):
            continue
        for step in range(1, SLACK_WORDS + 1):
            for place in (change - step, change + step):
                if 0 < place < len(found) and _near(words, change, place) and _ends_sentence(words[place - 1]):
                    low, high = min(change, place), max(change, place)
                    if len(set(found[low:high])) == 1:
                        found[low:high] = [after if place < change else before] * (high - low)
                    break
            else:
                continue
            break


def _near(words: Sequence[dict[str, Any]], change: int, place: int) -> bool:
    return abs(float(words[change]["start"]) - float(words[place]["start"])) <= SLACK_SECONDS


def _ends_sentence(word: dict[str, Any]) -> bool:
    return str(word["word"]).rstrip("\"'”’»)").endswith(SENTENCE_ENDS)


def parts(text: str, words: Sequence[dict[str, Any]], who: Sequence[int | None]) -> list[tuple[str, int, int]]:
    """The text cut where the speaker changes: (text, first word, end). One part when the words are not those of the text."""
    places = word_places(text, words)
    if places is None:
        return [(text, 0, len(words))]
    edges = [0, *(at for at in range(1, len(who)) if who[at] != who[at - 1]), len(words)]
    cuts = [0, *(places[at] for at in edges[1:-1]), len(text)]
    return [(text[cuts[i] : cuts[i + 1]].strip(), edges[i], edges[i + 1]) for i in range(len(edges) - 1)]


def word_places(text: str, words: Sequence[dict[str, Any]]) -> list[int] | None:
    """Where each word begins in the text; None unless the text is exactly these words and space between them."""
    places: list[int] = []
    at = 0
    for word in words:
        said = str(word["word"]).strip()
        while at < len(text) and text[at].isspace():
            at += 1
        if not said or not text.startswith(said, at):
            return None
        places.append(at)
        at += len(said)
    return None if text[at:].strip() else places


def majority(who: Sequence[int | None], words: Sequence[dict[str, Any]]) -> int | None:
    """Who says most of the words, by time."""
    said: dict[int | None, float] = {}
    for speaker, word in zip(who, words, strict=True):
        said[speaker] = said.get(speaker, 0.0) + max(0.01, word["end"] - word["start"])
    return max(said, key=lambda speaker: said[speaker], default=None)
