"""The few instructions about a cut that rules understand: orders, omissions, lengths. Whatever else is wished for is left alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ai.local.quotes import Quote, called

Words = tuple[int, int] | None
Clip = tuple[Quote, Words]

SHORT_WORDS = 22
SHORTER = 0.7
MOST_ADDED = 2
_ONE, _TWO, _THREE = ("one a eine ein un une", "two zwei dos deux", "three drei tres trois")
_SMALL = {word: n for n, words in enumerate((_ONE, _TWO, _THREE), 1) for word in words.split()}


@dataclass
class Recut:
    clips: list[Clip]
    told: list[str] = field(default_factory=list)


def recut(ask: str, cut: Sequence[Quote], others: Sequence[Quote], say: dict[str, Any]) -> Recut | None:
    """The cut as it shall be; None where nothing was understood."""
    wish = " ".join(ask.casefold().split())
    change = Recut([(quote, None) for quote in cut])
    seconds = wished_seconds(ask, say)
    if re.search(say["drop"], wish) and (gone := _named(wish, len(cut), say)):
        _drop(change, gone, say)
    elif re.search(say["chronological"], wish):
        _order(change, sorted(change.clips, key=lambda clip: clip[0].place), say)
    elif re.search(say["swap"], wish) and len(pair := _named(wish, len(cut), say)) == 2:
        order = list(change.clips)
        order[pair[0]], order[pair[1]] = order[pair[1]], order[pair[0]]
        _order(change, order, say)
    elif re.search(say["reverse"], wish):
        _order(change, change.clips[::-1], say)
    elif moved := _moved(wish, change.clips, say):
        _order(change, moved, say)
    shorter = bool(re.search(say["shorter"], wish))
    if shorter or seconds:
        named = _numbers(wish, len(cut), say) if shorter and not seconds and not change.told else []
        _shorten(change, named, seconds, say)
    elif re.search(say["longer"], wish) and not change.told:
        _add(change, others, say)
    return change if change.told and change.clips else None


def wished_seconds(ask: str, say: dict[str, Any]) -> float:
    """The length that was asked for; 0 where none was."""
    lowered = ask.casefold()
    if match := re.search(say["seconds"], lowered):
        return float(match[1])
    if match := re.search(say["minutes"], lowered):
        return 60.0 * (float(match[1]) if match[1].isdigit() else _SMALL.get(match[1], 0.5))
    return 0.0


def _drop(change: Recut, gone: Sequence[int], say: dict[str, Any]) -> None:
    left_out = [change.clips[place][0] for place in gone]
    change.clips = [clip for place, clip in enumerate(change.clips) if place not in gone]
    change.told.append(say["changed_drop"].format(titles=_titles(left_out)))


def _order(change: Recut, order: list[Clip], say: dict[str, Any]) -> None:
    change.clips = order
    change.told.append(say["changed_order"])


def _moved(wish: str, clips: list[Clip], say: dict[str, Any]) -> list[Clip] | None:
    """“Put clip 3 first”, “move the last clip to the beginning”: what is moved is named before where to."""
    if not re.search(say["move"], wish):
        return None
    numbers = _numbers(wish, len(clips), say)
    ends = sorted((match.start(), end) for end in ("first", "last") for match in re.finditer(say[end], wish))
    if numbers and ends:
        moved, goal = numbers[0], ends[-1][1]
    elif len(ends) > 1 and ends[0][1] != ends[-1][1]:
        moved, goal = (0 if ends[0][1] == "first" else len(clips) - 1), ends[-1][1]
    else:
        return None
    rest = [clip for place, clip in enumerate(clips) if place != moved]
    return [clips[moved], *rest] if goal == "first" else [*rest, clips[moved]]


def _named(wish: str, count: int, say: dict[str, Any]) -> list[int]:
    """Places that are named, by number or as the first and the last."""
    places = _numbers(wish, count, say)
    if not places:
        places = [0] if re.search(say["first"], wish) else []
        places += [count - 1] if re.search(say["last"], wish) else []
    return list(dict.fromkeys(places))


def _numbers(wish: str, count: int, say: dict[str, Any]) -> list[int]:
    wish = re.sub(say["minutes"], " ", re.sub(say["seconds"], " ", wish))
    found = [(match.start(), int(match[0])) for match in re.finditer(r"\b\d{1,3}\b", wish)]
    for place, word in enumerate(say["ordinals"]):
        # “First” may be where a clip goes: it is a clip where the noun follows.
        pattern = rf"\b{word}\w*" + (
            r"(?=\s+(?:clip|shot|quote|szene|zitat|plan|cita|citation|one)\w*)" if not place else ""
        )
        found += [(match.start(), place + 1) for match in re.finditer(pattern, wish)]
    for place, word in enumerate(say["numbers"]):
        found += [(match.start(), place + 1) for match in re.finditer(rf"\b(?:clip|clips|shot|quote)\s+{word}\b", wish)]
    return list(dict.fromkeys(number - 1 for _, number in sorted(found) if 1 <= number <= count))


def _shorten(change: Recut, named: Sequence[int], seconds: float, say: dict[str, Any]) -> None:
    before = list(change.clips)
    for place, (quote, words) in enumerate(change.clips):
        if (not named or place in named) and words is None and (part := quote.best(most=SHORT_WORDS)):
            change.clips[place] = (quote, part)
    goal = seconds or (0.0 if named else _length(before) * SHORTER)
    if seconds and _length(before) <= seconds:
        change.clips = before
        return
    if change.clips != before:
        change.told.append(say["changed_trim"])
    gone: list[Quote] = []
    while goal and _length(change.clips) > goal and len(change.clips) > 1 and (seconds or change.clips == before):
        weakest = min(change.clips[1:] or change.clips, key=lambda clip: (clip[0].coverage, clip[0].seconds))
        change.clips.remove(weakest)
        gone.append(weakest[0])
    if gone:
        change.told.append(say["changed_drop"].format(titles=_titles(gone)))


def _length(clips: Sequence[Clip]) -> float:
    return sum(quote.seconds_of(words) for quote, words in clips)


def _add(change: Recut, others: Sequence[Quote], say: dict[str, Any]) -> None:
    added = [quote for quote in others if quote.is_speech and quote.fits][:MOST_ADDED]
    if added:
        change.clips += [(quote, quote.best()) for quote in added]
        change.told.append(say["changed_add"].format(titles=_titles(added)))


def _titles(some: Sequence[Quote]) -> str:
    return ", ".join(f"“{called(quote)}”" for quote in some)
