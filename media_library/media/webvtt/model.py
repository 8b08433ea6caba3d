"""A WebVTT file as data: blocks in file order, and the writer.

Times are whole milliseconds, the resolution of the format, so reading and writing lose nothing; `start` and `end` give seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from media_library.media.webvtt.errors import CueBeforeZero
from media_library.media.webvtt.settings import CueSettings, RegionSettings, parse_cue_settings, parse_region_settings
from media_library.media.webvtt.timestamps import (
    MILLI_TEXT,
    MINUTE_TEXT,
    SECOND_TEXT,
    TABLE_ENDS_MS,
    format_timestamp,
    match_timestamp,
)

NEWLINE = "\n"
_INLINE_TIMESTAMP = re.compile(r"<([0-9:]+\.[0-9]{3})>")


class TimingLine(NamedTuple):
    """A timing line that was not written our way (no hours, tabs, …) and what it says, so an unaltered cue is written back as it was."""

    line: str
    start_ms: int
    end_ms: int
    settings: str


@dataclass(slots=True)
class Cue:
    """One caption. `text` is cue text with its markup; `settings` are the words after the end time, as written."""

    start_ms: int
    end_ms: int
    text: str = ""
    id: str = ""
    settings: str = ""
    as_read: TimingLine | None = field(default=None, repr=False, compare=False)

    @classmethod
    def at(cls, start: float, end: float, text: str, *, id: str = "", settings: str = "") -> Cue:  # noqa: A002 - the format's own word
        """From seconds, rounded to the millisecond."""
        return cls(round(start * 1000), round(end * 1000), text, id, settings)

    @property
    def start(self) -> float:
        return self.start_ms / 1000

    @property
    def end(self) -> float:
        return self.end_ms / 1000

    @property
    def duration(self) -> float:
        return (self.end_ms - self.start_ms) / 1000

    def write(self) -> str:
        """The block, made safe: whatever the fields hold, a reader finds exactly this one cue."""
        line = _timing_line(self)
        text = "\n".join(_lines(self.text)).replace("-->", "--&gt;")
        head = " ".join(_lines(self.id)).replace("-->", "->")
        return "\n".join(part for part in (head, line, text) if part)


@dataclass(slots=True)
class Note:
    """A comment. `separator` is what stands between NOTE and the text."""

    text: str
    separator: str = field(default=" ", compare=False)

    def write(self) -> str:
        text = "\n".join(_lines(self.text)).replace("-->", "->")
        # White space only, and no blank line: that would end the comment.
        blank = not self.separator.strip(" \t\n") and "\n\n" not in self.separator
        separator = self.separator if blank else " "
        return f"NOTE{separator or ' '}{text}" if text else "NOTE" + separator.rstrip("\n")


@dataclass(slots=True)
class Style:
    css: str
    opening: str = field(default="STYLE", repr=False, compare=False)

    def write(self) -> str:
        return "\n".join([self.opening, *_lines(self.css.replace("-->", "- ->"))])


@dataclass(slots=True)
class Region:
    """`text` is the block's settings as written; `settings` is what they mean."""

    text: str
    opening: str = field(default="REGION", repr=False, compare=False)

    @property
    def settings(self) -> RegionSettings:
        return parse_region_settings(self.text)

    def write(self) -> str:
        return "\n".join([self.opening, *_lines(self.text.replace("-->", "->"))])


Block = Cue | Note | Style | Region


@dataclass(frozen=True, slots=True)
class Dropped:
    """A block that the standard's reader leaves out. `line` is the line at fault, from 1; `text` the whole block."""

    line: int
    reason: str
    text: str


@dataclass(slots=True)
class Document:
    """`header` is what follows WEBVTT on its line, `header_lines` the lines below it up to the first blank one."""

    blocks: list[Block] = field(default_factory=list)
    header: str = ""
    header_lines: str = ""
    dropped: list[Dropped] = field(default_factory=list, compare=False)

    @property
    def cues(self) -> list[Cue]:
        return [block for block in self.blocks if type(block) is Cue]

    @property
    def notes(self) -> list[Note]:
        return [block for block in self.blocks if type(block) is Note]

    @property
    def styles(self) -> list[Style]:
        return [block for block in self.blocks if type(block) is Style]

    @property
    def regions(self) -> list[Region]:
        return [block for block in self.blocks if type(block) is Region]

    def layout(self, cue: Cue) -> CueSettings:
        """Where and how `cue` is shown."""
        return parse_cue_settings(cue.settings, regions=[region.settings.id for region in self.regions])

    def shift(self, ms: int, *, first: int = 0, last: int | None = None) -> None:
        """Move cues `first` to `last` (inclusive, from 0) and the timestamps inside their text; CueBeforeZero moves nothing."""
        cues = self.cues
        chosen = cues[first : None if last is None else last + 1]
        for index, cue in enumerate(chosen, start=first):
            if cue.start_ms + ms < 0:
                raise CueBeforeZero(index)
        for cue in chosen:
            cue.start_ms += ms
            cue.end_ms += ms
            cue.text = move_inline_timestamps(cue.text, lambda at: at + ms)

    def write(self) -> str:
        """The file's text: LF line ends, one blank line between blocks, one LF at the end.

        A document that was read and not altered comes out as it went in, but for the newlines.
        """
        minutes, seconds, millis = MINUTE_TEXT, SECOND_TEXT, MILLI_TEXT
        # One expression for nearly every cue of nearly every file: this is where the time of writing goes.
        blocks = [
            f"{block.id and block.id + NEWLINE}"
            f"{minutes[block.start_ms // 60_000]}{seconds[block.start_ms // 1000 % 60]}{millis[block.start_ms % 1000]} --> "
            f"{minutes[block.end_ms // 60_000]}{seconds[block.end_ms // 1000 % 60]}{millis[block.end_ms % 1000]}"
            f"{block.settings and ' ' + block.settings}\n{block.text}"
            if type(block) is Cue
            and block.as_read is None
            and 0 <= block.start_ms <= block.end_ms < TABLE_ENDS_MS
            and "\n" not in block.id
            else block.write()
            for block in self.blocks
        ]
        blocks.insert(0, _safe_header(self.header, self.header_lines))
        cues = sum([type(block) is Cue for block in self.blocks])
        return _joined(blocks, cues=cues) or self._write_carefully()

    def _write_carefully(self) -> str:
        blocks = (block.write() for block in self.blocks)
        return "\n\n".join([_safe_header(self.header, self.header_lines), *blocks]) + "\n"


def _joined(blocks: list[str], *, cues: int) -> str:
    """The file, or nothing when some field breaks the frame (a blank line, an arrow in a text).

    Looking once at the finished text is far cheaper than looking at each field of each cue.
    """
    if [block for block in blocks if block[-1] == "\n"]:  # a list is twice as fast as any() here
        return ""
    blocks[-1] += "\n"
    text = "\n\n".join(blocks)
    if text.count("\n\n") != len(blocks) - 1 or "\r" in text or "\0" in text:
        return ""
    if text.count(">") != cues and text.count("-->") != cues:
        return ""
    return text


def _timing_line(cue: Cue) -> str:
    read = cue.as_read
    if read is not None and read[1:] == (cue.start_ms, cue.end_ms, cue.settings):
        return read.line
    line = f"{format_timestamp(max(0, cue.start_ms))} --> {format_timestamp(max(0, cue.end_ms))}"
    settings = " ".join(_lines(cue.settings)).replace("-->", "")
    return f"{line} {settings}" if settings else line


def _safe_header(header: str, lines: str) -> str:
    first = " ".join(_lines(header))
    if first and first[0] not in " \t":
        first = " " + first
    return "\n".join(["WEBVTT" + first, *_lines(lines.replace("-->", "->"))])


def _lines(text: str) -> Sequence[str]:
    """The lines that are not empty: an empty line would end the block."""
    text = text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in text.split("\n") if line]


def move_inline_timestamps(text: str, move: Callable[[int], int]) -> str:
    """Karaoke-style `<00:01.000>` marks go where `move` sends their milliseconds."""

    def moved(found: re.Match[str]) -> str:
        stamp = match_timestamp(found[1], 0)
        if stamp is None or stamp[1] != len(found[1]):
            return found[0]
        return f"<{format_timestamp(max(0, move(stamp[0])))}>"

    return _INLINE_TIMESTAMP.sub(moved, text) if "<" in text else text
