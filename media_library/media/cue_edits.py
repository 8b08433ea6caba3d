"""A few cues of a long track changed in its text, without reading and writing all the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from media_library.media import webvtt
from media_library.media.errors import MediaError
from media_library.media.webvtt import Cue

What = Literal["set", "insert", "delete"]


class NoSuchCue(MediaError):  # noqa: N818  (as the errors of WebVTT)
    def __init__(self, index: int) -> None:
        super().__init__(f"There is no cue {index}")


@dataclass(frozen=True, slots=True)
class CueEdit:
    """`index` counts in the text before any edit. An insertion goes before that cue, or after the last one; it needs all three values."""

    index: int
    what: What = "set"
    start_ms: int | None = None
    end_ms: int | None = None
    text: str | None = None
    settings: str | None = None

    def applied(self, cue: Cue) -> Cue:
        return Cue(
            cue.start_ms if self.start_ms is None else self.start_ms,
            cue.end_ms if self.end_ms is None else self.end_ms,
            cue.text if self.text is None else self.text,
            cue.id,
            cue.settings if self.settings is None else self.settings,
            cue.as_read,
        )


@dataclass(frozen=True, slots=True)
class Edited:
    """`cues` are those that were set or inserted, by their index in the new text."""

    content: str
    count: int
    cues: dict[int, Cue]


def ordered(edits: Sequence[CueEdit]) -> list[CueEdit]:
    """By place; at one place insertions come first, as they go before the cue."""
    return sorted(edits, key=lambda edit: (edit.index, edit.what != "insert"))


def edit_cues(content: str, edits: Sequence[CueEdit]) -> Edited:
    """The same text as if the whole track had been read, changed and written."""
    edits = ordered(edits)
    return _spliced(content, edits) or _rewritten(content, edits)


def _spliced(content: str, edits: list[CueEdit]) -> Edited | None:
    """None for a text that is not laid out as ours are: a blank line between blocks, and one arrow for each cue."""
    first_line = content.find("\n")
    count = content.count("-->", first_line) if first_line >= 0 else 0
    _check(edits, count)
    pieces, taken, arrow, reached = [], 0, first_line, -1
    result = _Result()
    for edit in edits:
        while reached < min(edit.index, count - 1):
            arrow, reached = content.find("-->", arrow + 1), reached + 1
        start, end = _block_around(content, arrow) if count else (len(content), len(content))
        if edit.index == count:
            start = end = len(content)
        if start < 0:
            return None
        cue = _only_cue(content[start:end]) if edit.index < count else None
        if edit.index < count and cue is None:
            return None
        if start > taken:
            pieces.append(content[taken:start].strip("\n"))
            taken = start
        if edit.what == "insert":
            pieces.append(result.add(edit, Cue(0, 0)))
        else:
            taken = end
            if cue is not None and edit.what == "set":
                pieces.append(result.add(edit, cue))
            else:
                result.moved -= 1
    pieces.append(content[taken:].strip("\n"))
    text = "\n\n".join(piece for piece in pieces if piece) + "\n"
    return Edited(text, count + result.moved, result.cues)


class _Result:
    def __init__(self) -> None:
        self.cues: dict[int, Cue] = {}
        self.moved = 0

    def add(self, edit: CueEdit, cue: Cue) -> str:
        """The block to write for a cue that is set or inserted."""
        changed = edit.applied(cue)
        block = changed.write()
        # What a reader will find, where the text held a blank line or an arrow.
        self.cues[edit.index + self.moved] = _only_cue(block) or changed
        self.moved += edit.what == "insert"
        return block


def _block_around(content: str, arrow: int) -> tuple[int, int]:
    start = content.rfind("\n\n", 0, arrow)
    end = content.find("\n\n", arrow)
    return (start + 2 if start >= 0 else -1), (end if end >= 0 else len(content))


def _only_cue(block: str) -> Cue | None:
    read = webvtt.parse(f"WEBVTT\n\n{block}")
    only = read.blocks[0] if len(read.blocks) == 1 and not read.dropped else None
    return only if isinstance(only, Cue) else None


def _check(edits: list[CueEdit], count: int) -> None:
    for edit in edits:
        if edit.index > count - (edit.what != "insert"):
            raise NoSuchCue(edit.index)
    done = [edit.index for edit in edits if edit.what != "insert"]
    if len(done) != len(set(done)):
        twice = next(index for index in done if done.count(index) > 1)
        raise MediaError(f"Cue {twice} is changed twice")


def _rewritten(content: str, edits: list[CueEdit]) -> Edited:
    document = webvtt.parse(content)
    count = len(document.cues)
    _check(edits, count)
    result = _Result()
    blocks: list[webvtt.Block] = []
    waiting = list(edits)
    index = 0
    for block in document.blocks:
        if not isinstance(block, Cue):
            blocks.append(block)
            continue
        kept: Cue | None = block
        while waiting and waiting[0].index == index:
            edit = waiting.pop(0)
            if edit.what == "insert":
                result.add(edit, Cue(0, 0))
                blocks.append(edit.applied(Cue(0, 0)))
            elif edit.what == "set":
                result.add(edit, block)
                kept = edit.applied(block)
            else:
                result.moved -= 1
                kept = None
        blocks += [kept] if kept else []
        index += 1
    for edit in waiting:
        result.add(edit, Cue(0, 0))
        blocks.append(edit.applied(Cue(0, 0)))
    written = webvtt.Document(blocks, document.header, document.header_lines).write()
    return Edited(written, count + result.moved, result.cues)
