"""Two versions of a track compared: which cue became which, and what changed in its words and times."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Literal

from media_library.media.sequences import Pair, matching
from media_library.media.webvtt import Cue

Kind = Literal["added", "removed", "modified"]
Op = Literal["equal", "removed", "added"]
Aligned = tuple[int | None, int | None]
Words = list[tuple[Op, str]]

# A line break counts as a word, because captions are about lines.
_PIECES = re.compile(r"\n|[^\S\n]+|\S+")
CONTEXT_LINES = 3


@dataclass(frozen=True, slots=True)
class Change:
    """`cue_index` counts in the newer version; of a cue that is gone, in the older one."""

    cue_index: int
    change: Kind
    before: Cue | None
    after: Cue | None

    @property
    def text_changed(self) -> bool:
        return self.before is None or self.after is None or self.before.text != self.after.text

    @property
    def moved(self) -> bool:
        return self.before is None or self.after is None or times(self.before) != times(self.after)

    @property
    def words(self) -> Words:
        return words(self.before.text if self.before else "", self.after.text if self.after else "")

    @property
    def start_moved_ms(self) -> int:
        return self.after.start_ms - self.before.start_ms if self.before and self.after else 0

    @property
    def end_moved_ms(self) -> int:
        return self.after.end_ms - self.before.end_ms if self.before and self.after else 0


def times(cue: Cue) -> tuple[int, int]:
    return cue.start_ms, cue.end_ms


def whole(cue: Cue) -> tuple[int, int, str]:
    return cue.start_ms, cue.end_ms, cue.text


def cue_digest(cue: Cue) -> str:
    """Says whether a cue is still what somebody looked at: of its times and text."""
    return blake2b(
        f"{cue.start_ms} {cue.end_ms} {cue.text}".encode("utf-8", "surrogatepass"), digest_size=8
    ).hexdigest()


def align(before: Sequence[Cue], after: Sequence[Cue]) -> list[Aligned]:
    """Which cue became which, in order; None where it came or went.

    The same cue first, then the same text at other times, then another text at the same times, then what is on screen at the same time.
    """
    everything = (0, len(before), 0, len(after))
    pairs = list(_within(everything, before, after, [whole, lambda cue: cue.text, times]))
    lines: list[Aligned] = []
    for first, last, start, end in _gaps(pairs, len(before), len(after)):
        if first and start:
            lines.append((first - 1, start - 1))
        lines += [(index, None) for index in range(first, last)]
        lines += [(None, index) for index in range(start, end)]
    return lines


Gap = tuple[int, int, int, int]


def _gaps(pairs: list[Pair], before: int, after: int) -> Iterator[Gap]:
    """What lies before, between and after the pairs; the first gap begins at the start of both."""
    first = start = 0
    for one, other in pairs:
        yield first, one, start, other
        first, start = one + 1, other + 1
    yield first, before, start, after


def _within(
    gap: Gap, before: Sequence[Cue], after: Sequence[Cue], keys: list[Callable[[Cue], Hashable]]
) -> Iterator[Pair]:
    """The pairs of one gap, in order: by the first key, then between those by the next ones."""
    first, last, start, end = gap
    if first == last or start == end:
        return
    if not keys:
        yield from _on_screen_together(gap, before, after)
        return
    key, *others = keys
    found = matching([key(cue) for cue in before[first:last]], [key(cue) for cue in after[start:end]])
    pairs = [(first + one, start + other) for one, other in found]
    for one, other in pairs:
        yield from _within((first, one, start, other), before, after, others)
        yield one, other
        first, start = one + 1, other + 1
    yield from _within((first, last, start, end), before, after, others)


def _on_screen_together(gap: Gap, before: Sequence[Cue], after: Sequence[Cue]) -> Iterator[Pair]:
    first, last, start, end = gap
    if last - first == end - start:
        yield from zip(range(first, last), range(start, end), strict=True)
        return
    while first < last and start < end:
        one, other = before[first], after[start]
        shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
        if shared > 0 and 2 * shared >= min(one.end_ms - one.start_ms, other.end_ms - other.start_ms):
            yield first, start
            first, start = first + 1, start + 1
        elif times(one) < times(other):
            first += 1
        else:
            start += 1


def changes(before: Sequence[Cue], after: Sequence[Cue]) -> list[Change]:
    """Only the cues that differ in times, text or settings, in the order of the film."""
    found = []
    for one, other in align(before, after):
        if one is None:
            assert other is not None  # noqa: S101  (align pairs at least one side)
            found.append(Change(other, "added", None, after[other]))
        elif other is None:
            found.append(Change(one, "removed", before[one], None))
        elif (old := before[one]) is not (new := after[other]) and (whole(old), old.settings) != (
            whole(new),
            new.settings,
        ):
            found.append(Change(other, "modified", old, new))
    return found


def words(before: str, after: str) -> Words:
    """What went and what came, word by word; runs of the same kind are one piece."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    mine = [index for index, piece in enumerate(old) if not _is_blank(piece)]
    theirs = [index for index, piece in enumerate(new) if not _is_blank(piece)]
    kept: list[Pair] = []
    for one, other in matching([old[index] for index in mine], [new[index] for index in theirs]):
        left, right = mine[one], theirs[other]
        # The space before a word and the one after it stay with it.
        _keep_space(kept, old, new, left - 1, right - 1)
        kept.append((left, right))
        _keep_space(kept, old, new, left + 1, right + 1)
    _keep_space(kept, old, new, len(old) - 1, len(new) - 1)
    return _script(kept, old, new, joined="".join)


def _keep_space(kept: list[Pair], old: list[str], new: list[str], left: int, right: int) -> None:
    last, last_right = kept[-1] if kept else (-1, -1)
    if last < left < len(old) and last_right < right < len(new) and _is_blank(old[left]) and old[left] == new[right]:
        kept.append((left, right))


def _is_blank(piece: str) -> bool:
    return piece != "\n" and piece.isspace()


def word_changes(before: Sequence[Cue], after: Sequence[Cue]) -> Words:
    """The words of two whole tracks, whichever cue they stand in: what was really rewritten when cues were split or merged."""
    olds, news = [cue.text for cue in before], [cue.text for cue in after]
    script: Words = []
    for first, last, start, end in _gaps(matching(olds, news), len(olds), len(news)):
        if first and start:
            script.append(("equal", olds[first - 1]))
        old, new = " ".join(olds[first:last]).split(), " ".join(news[start:end]).split()
        script += _script(matching(old, new), old, new, joined=" ".join)
    return script


def _script(
    kept: list[Pair], before: Sequence[str], after: Sequence[str], *, joined: Callable[[Sequence[str]], str]
) -> Words:
    script: Words = []
    same: list[str] = []
    for first, last, start, end in _gaps(kept, len(before), len(after)):
        if first and start:
            same.append(after[start - 1])
        if first == last and start == end:
            continue
        pieces: tuple[tuple[Op, Sequence[str]], ...] = (
            ("equal", same),
            ("removed", before[first:last]),
            ("added", after[start:end]),
        )
        script += [(op, joined(piece)) for op, piece in pieces if piece]
        same = []
    if same:
        script.append(("equal", joined(same)))
    return script


def unified_diff(before: str, after: str, *, old_name: str, new_name: str) -> str:
    """As `diff -u` writes it, empty for equal texts. Blocks are compared before lines: a long film has too many of those."""
    old_lines, new_lines = _lines(before), _lines(after)
    old, new = _blocks(old_lines), _blocks(new_lines)
    pairs: list[Pair] = []
    line = other = 0
    for first, last, start, end in _gaps(matching(old, new), len(old), len(new)):
        if first and start:
            size = len(old[first - 1])
            pairs += zip(range(line, line + size), range(other, other + size), strict=True)
            line, other = line + size, other + size
        gone = [text for block in old[first:last] for text in block]
        come = [text for block in new[start:end] for text in block]
        pairs += [(line + left, other + right) for left, right in matching(gone, come)]
        line, other = line + len(gone), other + len(come)
    hunks = _hunks(pairs, old_lines, new_lines)
    return "\n".join([f"--- {old_name}", f"+++ {new_name}", *hunks, ""]) if hunks else ""


def _lines(text: str) -> list[str]:
    """Lines of the format: what else Python takes for a line's end may stand in the middle of a caption."""
    return text.removesuffix("\n").split("\n")


def _blocks(lines: list[str]) -> list[tuple[str, ...]]:
    """Lines up to and with the blank one that ends a block."""
    ends = [index + 1 for index, line in enumerate(lines) if not line]
    edges = sorted({0, *ends, len(lines)})
    return [tuple(lines[first:last]) for first, last in pairwise(edges)]


def _hunks(pairs: list[Pair], before: list[str], after: list[str]) -> list[str]:
    matcher: Any = difflib.SequenceMatcher(None, (), ())
    # The library's own grouping into hunks, on operations that it did not have to look for.
    matcher.opcodes = _operations(pairs, len(before), len(after))
    lines = []
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        _, first, _, start, _ = group[0]
        _, _, last, _, end = group[-1]
        lines.append(f"@@ -{_span(first, last)} +{_span(start, end)} @@")
        for tag, *(first, last, start, end) in group:
            if tag == "equal":
                lines += [f" {line}" for line in before[first:last]]
                continue
            lines += [f"-{line}" for line in before[first:last]]
            lines += [f"+{line}" for line in after[start:end]]
    return lines


def _operations(pairs: list[Pair], before: int, after: int) -> list[tuple[str, int, int, int, int]]:
    found: list[tuple[str, int, int, int, int]] = []
    same = (0, 0)
    for first, last, start, end in _gaps(pairs, before, after):
        if first == last and start == end and (last, end) != (before, after):
            continue
        if same != (first, start):
            found.append(("equal", same[0], first, same[1], start))
        if first != last or start != end:
            tag = "replace" if first != last and start != end else "insert" if first == last else "delete"
            found.append((tag, first, last, start, end))
        same = (last, end)
    return found


def _span(first: int, last: int) -> str:
    """As `diff` writes ranges: an empty one names the line before it."""
    if last - first == 1:
        return str(last)
    return f"{first + 1 if last > first else first},{last - first}"
