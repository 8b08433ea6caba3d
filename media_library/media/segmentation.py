"""Spoken words become captions: which words share a cue and its lines, and when each cue is shown.

Two passes of dynamic programming, each optimal for its cost:

1. `_cut`: over the positions between words. A cue costs
   - BASE, so that few cues are better than many, and more when it is very short;
   - the price of the break at its end (lines.break_price: sentence 0, clause 1, before a conjunction 2, before a preposition 3, anywhere 5,
     inside a name 12, after an article or the like 20), less where the speaker pauses;
   - half the price of the line breaks inside it, and their unevenness;
   - SLOW for each character a second above the optimum and FAST above the limit, measured against the time it can really have: from its
     first word to half a second after its last or to the next cue;
   - PAUSE for a silence it runs across, SENTENCE_INSIDE for a sentence that ends within, SHOT for a cut it runs across.
   Cues that do not fit the lines, last longer than the profile allows, mix speakers or run across two seconds of silence (a place for audio
   description) do not exist.
2. `timing.show`: over the choices for each boundary, by the rules of gaps, durations, reading speed and shot changes (cue_timing.py).

Words are never changed or left out. Speech faster than the limit stays verbatim and is left to the quality check.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from media_library.media.cue_timing import LEAD, Spoken, show
from media_library.media.languages import grammar
from media_library.media.lines import balance, best_split, break_price, glue, pieces, width
from media_library.media.profiles import HOUSE, Profile
from media_library.media.quality.track import ASSUMED_FPS
from media_library.media.webvtt.cuetext import escape
from media_library.media.webvtt.model import Cue
from media_library.media.words import Spoken as SpokenWord
from media_library.media.words import Word, tidy

BASE = 4.0
SHORT = 6.0
SLOW, FAST = 0.8, 12.0
PAUSE = 8.0
SENTENCE_INSIDE = 1.5
SHOT = 2.0
LONGEST_PAUSE_INSIDE = 2.0
PAUSE_THAT_COUNTS = 0.35
EXTENSION = 0.5
_NEVER = float("inf")


def segment(
    words: Iterable[SpokenWord],
    *,
    fps: float | None = None,
    language: str = "en",
    profile: Profile = HOUSE,
    shots: Sequence[float] = (),
    duration: float | None = None,
) -> list[Cue]:
    """Captions for `words` (seconds) of a film of `fps` pictures a second with cuts at `shots`; `duration` is where the film ends."""
    spoken = _units(tidy(words), language=language)
    if not spoken:
        return []
    rate = fps or ASSUMED_FPS
    edges = _cut(
        _Material.of(
            spoken, language=language, profile=profile, shots=shots if profile.snaps_to_shots else (), fps=rate
        )
    )
    joint = glue(language)
    groups = [spoken[first:last] for first, last in pairwise(edges)]
    texts = [
        "\n".join(balance(escape(joint.join(word.text for word in group)), language=language, profile=profile))
        for group in groups
    ]
    timed = [Spoken(text, group[0].start, group[-1].end) for text, group in zip(texts, groups, strict=True)]
    return show(timed, fps=rate, language=language, profile=profile, shots=shots, duration=duration)


def _units(words: Sequence[Word], *, language: str) -> list[Word]:
    """Words as they are; where a script has no spaces, the pieces of each, sharing its time by their length."""
    if grammar(language).spaced:
        return list(words)
    units: list[Word] = []
    for word in words:
        parts = pieces(word.text, language=language)
        share = (word.end - word.start) / max(1, sum(len(part) for part in parts))
        at = word.start
        for part in parts:
            units.append(Word(part, at, at + share * len(part), word.speaker))
            at += share * len(part)
    return units


@dataclass(frozen=True)
class _Material:
    """Everything a price needs, worked out once for each word."""

    words: Sequence[Word]
    widths: list[float]
    prices: list[float]  # of a break after word i
    pauses: list[float]  # silence after word i
    cuts: list[int]  # shot changes before word i begins
    opens: list[
        float
    ]  # when a cue that begins with word i would be shown: at a near cut, else a little before the voice
    limit: float
    lines: int
    space: int
    gap: float
    cps_limit: float
    cps_optimum: float
    shortest: float
    longest: float

    @classmethod
    def of(
        cls, words: Sequence[Word], *, language: str, profile: Profile, shots: Sequence[float], fps: float
    ) -> _Material:
        ordered = sorted(shots)
        limit = profile.cps_limit(language) or (profile.max_wpm or 180) / 60 * 6
        return cls(
            words=words,
            widths=[width(word.text, language=language) for word in words],
            prices=[break_price(left.text, right.text, language) for left, right in pairwise(words)] + [0.0],
            pauses=[max(0.0, right.start - left.end) for left, right in pairwise(words)] + [_NEVER],
            cuts=[bisect_left(ordered, word.start) for word in words],
            opens=[_opens(word.start, ordered, lead=LEAD / fps) for word in words],
            gap=max(profile.min_gap, profile.min_gap_frames / fps),
            limit=float(profile.line_limit(language)),
            lines=profile.lines,
            space=len(glue(language)),
            cps_limit=limit,
            cps_optimum=profile.cps_optimum(language) or limit,
            shortest=profile.shortest(language),
            longest=(profile.max_duration or 10.0) - 0.1,
        )


def _opens(start: float, cuts: Sequence[float], *, lead: float) -> float:
    place = bisect_left(cuts, start)
    near = [cut for cut in cuts[max(0, place - 1) : place + 1] if -0.5 < cut - start < 0.375]
    return min(near, key=lambda cut: abs(cut - start)) if near else start - lead


def _cut(material: _Material) -> list[int]:
    """The indices where cues begin, and the number of words."""
    count = len(material.words)
    best = [0.0] + [_NEVER] * count
    came_from = [0] * (count + 1)
    for first in range(count):
        for last, price in _cues_from(material, first):
            cost = best[first] + price
            if cost < best[last]:
                best[last], came_from[last] = cost, first
    edges = [count]
    while edges[-1]:
        edges.append(came_from[edges[-1]])
    return edges[::-1]


def _cues_from(material: _Material, first: int) -> Iterable[tuple[int, float]]:
    """(end, price) of every cue that may begin at word `first`. One word alone always may, whatever its length."""
    words, start = material.words, material.words[first].start
    characters = 0.0
    inside = 0.0
    for last in range(first + 1, len(words) + 1):
        word = words[last - 1]
        characters += material.widths[last - 1] + (material.space if last - first > 1 else 0)
        if last - first > 1:
            pause = material.pauses[last - 2]
            if (
                pause >= LONGEST_PAUSE_INSIDE
                or word.end - start > material.longest
                or word.speaker != words[first].speaker
            ):
                return
            inside += _inside(material, last - 2, pause)
        layout = _layout(material, first, last, characters)
        if layout is None:
            if last - first > 1:
                return
            layout = 0.0
        yield last, BASE + inside + layout + _speed(material, first, last, characters) + _ending(material, last - 1)


def _inside(material: _Material, index: int, pause: float) -> float:
    """What it costs to go on in the same cue after word `index`."""
    cost = PAUSE * max(0.0, pause - PAUSE_THAT_COUNTS)
    if material.prices[index] == 0.0:
        cost += SENTENCE_INSIDE
    return cost + SHOT * (material.cuts[index + 1] - material.cuts[index])


def _layout(material: _Material, first: int, last: int, characters: float) -> float | None:
    if characters <= material.limit:
        return 0.0
    if characters > material.limit * material.lines + material.space:
        return None
    split = best_split(
        material.widths[first:last],
        material.prices[first : last - 1],
        limit=material.limit,
        lines=material.lines,
        space=material.space,
    )
    return None if split is None else split[0] / 2


def _speed(material: _Material, first: int, last: int, characters: float) -> float:
    shown_until = material.words[last - 1].end + EXTENSION
    if last < len(material.words):
        shown_until = min(shown_until, material.opens[last] - material.gap)
    available = shown_until - material.opens[first]
    cps = characters / max(available, 0.05)
    cost = SLOW * max(0.0, min(cps, material.cps_limit) - material.cps_optimum) + FAST * max(
        0.0, cps - material.cps_limit
    )
    if available < material.shortest:
        cost += 40 * (material.shortest - available) + SHORT
    if available < 2 * material.shortest:
        cost += SHORT / 2
    return cost


def _ending(material: _Material, index: int) -> float:
    """The price of the break after word `index`; a pause makes any place a better one."""
    pause = min(material.pauses[index], 1.0)
    return material.prices[index] * (1 - 0.7 * pause)
