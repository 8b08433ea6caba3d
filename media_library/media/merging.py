"""Three texts of a track made one: what each of two people did since the version that both started from.

Different cues, and the times and the text of one cue, merge silently. Where both changed the same to something else there is a
conflict: theirs, which is saved already, stands in the result, or mine where theirs is gone, so that no text falls out of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar

from media_library.media.cue_diff import align, times, whole
from media_library.media.sequences import matching
from media_library.media.webvtt import Cue, Document
from media_library.media.webvtt.model import Block

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Conflict:
    """`cue_index` is where in the result it stands. A side that is None removed the cue, or never had it."""

    cue_index: int
    base: Cue | None
    mine: Cue | None
    theirs: Cue | None


@dataclass(frozen=True, slots=True)
class Merged:
    cues: list[Cue]
    conflicts: list[Conflict]


@dataclass(frozen=True, slots=True)
class _Side:
    """What became of each cue of the base, and the new cues before each of them (after the last: at the end)."""

    became: list[Cue | None]
    new: list[list[Cue]]

    @classmethod
    def of(cls, base: Sequence[Cue], changed: Sequence[Cue]) -> _Side:
        side = cls([None] * len(base), [[] for _ in range(len(base) + 1)])
        at = 0
        for one, other in align(base, changed):
            if one is not None:
                side.became[one] = None if other is None else changed[other]
                at = one + 1
            elif other is not None:
                side.new[at].append(changed[other])
        return side


def merge(base: Sequence[Cue], mine: Sequence[Cue], theirs: Sequence[Cue]) -> Merged:
    merged = Merged([], [])
    ours, others = _Side.of(base, mine), _Side.of(base, theirs)
    for index in range(len(base) + 1):
        _merge_new(merged, ours.new[index], others.new[index])
        if index < len(base):
            _merge_cue(merged, base[index], ours.became[index], others.became[index])
    return merged


def _merge_cue(merged: Merged, base: Cue, mine: Cue | None, theirs: Cue | None) -> None:
    if mine is None or theirs is None:
        left = mine or theirs
        if left is None or left == base:
            return
        merged.conflicts.append(Conflict(len(merged.cues), base, mine, theirs))
        merged.cues.append(left)
        return
    if mine in (theirs, base):
        merged.cues.append(theirs)
        return
    if theirs == base:
        merged.cues.append(mine)
        return
    text, text_clear = _one_of(base.text, mine.text, theirs.text)
    (start_ms, end_ms), times_clear = _one_of(times(base), times(mine), times(theirs))
    settings, settings_clear = _one_of(base.settings, mine.settings, theirs.settings)
    name, _ = _one_of(base.id, mine.id, theirs.id)
    if not (text_clear and times_clear and settings_clear):
        merged.conflicts.append(Conflict(len(merged.cues), base, mine, theirs))
    merged.cues.append(replace(theirs, start_ms=start_ms, end_ms=end_ms, text=text, settings=settings, id=name))


def _one_of(base: Value, mine: Value, theirs: Value) -> tuple[Value, bool]:
    """The value that was changed, and whether only one side did, or both the same."""
    return (mine, True) if theirs == base else (theirs, mine in (base, theirs))


def _merge_new(merged: Merged, mine: list[Cue], theirs: list[Cue]) -> None:
    """New cues at the same place, in the order of the film. Two at the same time are two answers to one question."""
    shared = matching([whole(cue) for cue in mine], [whole(cue) for cue in theirs])
    first = start = 0
    for one, other in [*shared, (len(mine), len(theirs))]:
        _merge_run(merged, mine[first:one], theirs[start:other])
        merged.cues.extend(theirs[other : other + 1])
        first, start = one + 1, other + 1


def _merge_run(merged: Merged, mine: list[Cue], theirs: list[Cue]) -> None:
    on_screen = _OnScreen(theirs)
    rivals = [on_screen.beside(cue) for cue in mine]
    offset = len(merged.cues)
    merged.cues.extend(_interleaved([cue for cue, rival in zip(mine, rivals, strict=True) if rival is None], theirs))
    places = {id(cue): index for index, cue in enumerate(merged.cues[offset:], start=offset)}
    merged.conflicts.extend(
        Conflict(places[id(rival)], None, cue, rival)
        for cue, rival in zip(mine, rivals, strict=True)
        if rival is not None
    )


def _interleaved(mine: list[Cue], theirs: list[Cue]) -> list[Cue]:
    """In the order of the film, as far as each side's own order, which is kept, allows."""
    placed: list[Cue] = []
    waiting = deque(theirs)
    for cue in mine:
        while waiting and times(waiting[0]) <= times(cue):
            placed.append(waiting.popleft())
        placed.append(cue)
    return [*placed, *waiting]


class _OnScreen:
    """Finds who of many cues is on screen together with another."""

    def __init__(self, cues: list[Cue]) -> None:
        ordered = sorted(cues, key=times)
        self.starts = [cue.start_ms for cue in ordered]
        # Of all that began by then, the one that stays longest.
        self.longest: list[Cue] = list(accumulate(ordered, _later_to_end))

    def beside(self, cue: Cue) -> Cue | None:
        begun = bisect_left(self.starts, cue.end_ms)
        found = self.longest[begun - 1] if begun else None
        return found if found is not None and found.end_ms > cue.start_ms else None


def _later_to_end(one: Cue, other: Cue) -> Cue:
    return other if other.end_ms > one.end_ms else one


def merge_documents(base: Document, mine: Document, theirs: Document) -> tuple[Document, list[Conflict]]:
    """As `merge`, in the frame of notes, styles and regions that was changed; when both were, theirs with what I added before it."""
    merged = merge(base.cues, mine.cues, theirs.cues)
    frames = [Counter(_frame(one)) for one in (base, mine, theirs)]
    frame = mine if frames[2] == frames[0] else theirs
    added = Counter() if frame is mine else frames[1] - frames[0] - frames[2]
    blocks: list[Block] = [block for block in mine.blocks if not isinstance(block, Cue) and block.write() in added]
    return Document([*blocks, *_laid_out(frame, merged.cues)], frame.header, frame.header_lines), merged.conflicts


def _frame(document: Document) -> list[str]:
    return [block.write() for block in document.blocks if not isinstance(block, Cue)]


def _laid_out(frame: Document, cues: list[Cue]) -> list[Block]:
    """The frame's other blocks before the cues that they stood before, and at the end what stood there."""
    places = {one: other for one, other in align(frame.cues, cues) if one is not None and other is not None}
    before: dict[int, list[Block]] = {}
    at, seen = 0, 0
    for block in frame.blocks:
        if isinstance(block, Cue):
            at = places.get(seen, at - 1) + 1
            seen += 1
        else:
            before.setdefault(at if seen else 0, []).append(block)
    laid: list[Block] = []
    for index, cue in enumerate(cues):
        laid += [*before.pop(index, []), cue]
    return laid + [block for index in sorted(before) for block in before[index]]
