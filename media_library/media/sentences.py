"""Sentences that run over cues: found, so that each is translated as a whole, and laid back over the times of the source."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from media_library.media.lines import balance, break_price, glue, pieces, reading_length, width
from media_library.media.profiles import HOUSE, Profile
from media_library.media.webvtt.cuetext import escape, plain_text
from media_library.media.webvtt.model import Cue

# A sentence goes on over so short a silence at most; and without any punctuation, over so many cues and characters.
LONGEST_SILENCE_MS = 1000
MOST_CUES = 5
MOST_CHARACTERS = 300
# Two cues of one sentence become one when both are shorter than this and nearly touch.
SHORT_CUE_MS = 1500
TOUCHING_MS = 250

_ENDS = re.compile(r"[.?!…。？！♪♫\])）】»”\"]\s*$")
_DASH = re.compile(r"^\s*(?:[-–—]|>>)\s*")
# Tags around all of a cue's text, which the translation gets back.
_WRAPPED = re.compile(r"^(?P<open>(?:<[^/>][^>]*>)*)(?P<inside>[^<]*)(?P<close>(?:</[^>]*>)*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Group:
    """`count` cues from `first` on that are translated together. `texts` is what is translated: one text, or one for each speaker of a
    cue in which two speak. `digest` stands for the words, whatever their times."""

    first: int
    count: int
    texts: tuple[str, ...]
    digest: str
    start_ms: int
    end_ms: int

    @property
    def says_something(self) -> bool:
        return any(character.isalnum() for text in self.texts for character in text)


def groups(cues: Sequence[Cue], *, join: bool = True) -> list[Group]:
    """The cues in order, in groups. Without `join` every cue stands alone, as descriptions do."""
    found: list[Group] = []
    begin = 0
    for number in range(1, len(cues) + 1):
        whole = number == len(cues) or not (join and _goes_on(cues, begin, number))
        if whole:
            found.append(_group(cues, begin, number))
            begin = number
    return found


def _goes_on(cues: Sequence[Cue], begin: int, number: int) -> bool:
    before, after = cues[number - 1], cues[number]
    said = plain_text(before.text)
    return (
        number - begin < MOST_CUES
        and 0 <= after.start_ms - before.end_ms <= LONGEST_SILENCE_MS
        and not _ENDS.search(said)
        and any(map(str.isalnum, said))
        and not _speakers(before)
        and not _DASH.match(plain_text(after.text))
        and _wrapping(before)[0] == _wrapping(after)[0]
        and sum(len(plain_text(cue.text)) for cue in cues[begin : number + 1]) <= MOST_CHARACTERS
    )


def _group(cues: Sequence[Cue], begin: int, end: int) -> Group:
    own = cues[begin:end]
    speakers = _speakers(own[0]) if len(own) == 1 else []
    texts = tuple(speakers) or (" ".join(_flat(cue) for cue in own).strip(),)
    return Group(begin, len(own), texts, digest(own), own[0].start_ms, own[-1].end_ms)


def digest(cues: Sequence[Cue]) -> str:
    """16 hex digits of the words of these cues and of how they are divided into cues."""
    said = "\x1f".join(_flat(cue) for cue in cues)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _flat(cue: Cue) -> str:
    return " ".join(plain_text(cue.text).split())


def _speakers(cue: Cue) -> list[str]:
    """What each says, without the dashes, where two speak in one cue."""
    lines = [line for line in plain_text(cue.text).splitlines() if line.strip()]
    if len(lines) < 2 or not all(_DASH.match(line) for line in lines):
        return []
    return [" ".join(_DASH.sub("", line).split()) for line in lines]


def _wrapping(cue: Cue) -> tuple[str, str]:
    match = _WRAPPED.match(cue.text.strip())
    return (match["open"], match["close"]) if match else ("", "")


def room(cues: Sequence[Cue], *, language: str, profile: Profile = HOUSE) -> int:
    """How many characters these cues can show so that they fit their lines and can be read in their time."""
    lines = profile.line_limit(language) * profile.lines * len(cues)
    speed = profile.cps_limit(language)
    time = sum(cue.duration for cue in cues) * speed if speed else lines
    return max(1, round(min(lines, time)))


def laid(
    own: Sequence[Cue], texts: Sequence[str], *, language: str, profile: Profile = HOUSE, merge: bool = True
) -> list[Cue]:
    """One group's cues with its translation: times, ids and settings of the source, the words divided where a reader expects it.

    Fewer cues come back where the translation has fewer words than there are cues, or where two short ones read better as one.
    """
    opening, closing = _wrapping(own[0])
    if len(texts) > 1:
        said = "\n".join(f"- {escape(_DASH.sub('', text))}" for text in texts)
        return [_with(own[0], said, opening, closing)]
    (text,) = texts
    units = pieces(escape(text), language=language)
    if not units:
        return list(own)
    joint = glue(language)
    if len(own) == 1 or (merge and _reads_better_as_one(own, text, language=language, profile=profile)):
        parts = [joint.join(units)]
    else:
        parts = [joint.join(part) for part in _divided(units, own, language=language, profile=profile)]
    spans = [*own[: len(parts) - 1], _spanning(own[len(parts) - 1 :])]
    return [
        _with(cue, "\n".join(balance(part, language=language, profile=profile)), opening, closing)
        for cue, part in zip(spans, parts, strict=True)
    ]


def _with(cue: Cue, text: str, opening: str, closing: str) -> Cue:
    return Cue(cue.start_ms, cue.end_ms, f"{opening}{text}{closing}", cue.id, cue.settings)


def _spanning(cues: Sequence[Cue]) -> Cue:
    return Cue(cues[0].start_ms, cues[-1].end_ms, cues[0].text, cues[0].id, cues[0].settings)


def _reads_better_as_one(own: Sequence[Cue], text: str, *, language: str, profile: Profile) -> bool:
    """Two fragments flashing by, whose translation fits on one line that can be read in their time."""
    if len(own) != 2 or own[1].start_ms - own[0].end_ms > TOUCHING_MS:
        return False
    if any(cue.end_ms - cue.start_ms >= SHORT_CUE_MS for cue in own):
        return False
    seconds = (own[1].end_ms - own[0].start_ms) / 1000
    speed = profile.cps_limit(language)
    return width(escape(text), language=language) <= profile.line_limit(language) and (
        speed is None or reading_length(escape(text), language=language) <= speed * seconds
    )


def _divided(units: Sequence[str], own: Sequence[Cue], *, language: str, profile: Profile) -> list[list[str]]:
    """The words over at most as many cues as there are: as the source's words are shared out, but for good places to break."""
    number = min(len(own), len(units))
    shares = [max(1, len(_flat(cue))) for cue in own[:number]]
    widths = [width(unit, language=language) + len(glue(language)) for unit in units]
    total = sum(widths)
    wanted = [total * share / sum(shares) for share in shares]
    holds = float(profile.line_limit(language) * profile.lines)
    speed = profile.cps_limit(language)
    limits = [min(holds, speed * cue.duration) if speed else holds for cue in own[:number]]
    prices = [break_price(left, right, language) for left, right in pairwise(units)]
    sums = [0.0]
    for one in widths:
        sums.append(sums[-1] + one)

    def cost(cue: int, begin: int, end: int) -> float:
        size = sums[end] - sums[begin]
        over = max(0.0, size - limits[cue])
        return 0.25 * abs(size - wanted[cue]) + over + (prices[end - 1] if end < len(units) else 0.0)

    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for cue in range(number):
        left = number - cue - 1
        ends = [len(units)] if not left else range(cue + 1, len(units) - left + 1)
        row: dict[int, tuple[float, int]] = {}
        for end in ends:
            row[end] = min(
                (spent + cost(cue, begin, end), begin) for begin, (spent, _) in best[-1].items() if begin < end
            )
        best.append(row)
    cuts = [len(units)]
    for row in reversed(best[1:]):
        cuts.append(row[cuts[-1]][1])
    cuts.reverse()
    return [list(units[begin:end]) for begin, end in pairwise(cuts)]
