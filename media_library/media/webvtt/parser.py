"""The WebVTT parser of the W3C standard (WebVTT §6.1 "WebVTT file parsing").

The standard reads line by line. Blocks end at blank lines, so we split there first and take the blocks that are a plain cue (nearly
all of them) apart with a few string operations; every other block goes through the standard's own steps, line by line. Both
ways give the same answer: the tests compare them on generated files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from media_library.media.webvtt.errors import InvalidWebVTT, WebVTTTooLarge
from media_library.media.webvtt.model import Cue, Document, Dropped, Note, Region, Style, TimingLine
from media_library.media.webvtt.timestamps import MILLIS, MINUTES, SECONDS, match_timestamp

MAX_BYTES = 2 * 1024 * 1024
MAX_CUES = 20_000

_SPACE = "\t\n\f\r "
_SPACES = re.compile(r"[\t\n\f\r ]*")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[\t\n\f\r ]?|(.))", re.DOTALL)
# Whatever makes a browser fetch something or run something. A caption file may colour text, not call home.
_REACHES_OUT = (
    "url(",
    "src(",
    "@import",
    "@font-face",
    "image(",
    "image-set(",
    "expression(",
    "-moz-binding",
    "behavior:",
    "</",
)


def parse(source: str | bytes) -> Document:
    """What a conforming reader sees; `dropped` lists what it leaves out.

    Raises InvalidWebVTT when the signature is missing, WebVTTTooLarge beyond 2 MB or 20,000 cues.
    """
    return _parse(source, plain_cues=True)


def parse_strict(source: str | bytes) -> Document:
    """As `parse`, but a block that would be dropped is an error naming its line: to an author a dropped cue is lost text."""
    document = parse(source)
    if document.dropped:
        first = min(document.dropped, key=lambda dropped: dropped.line)
        raise InvalidWebVTT(first.line, first.reason)
    return document


def parse_line_by_line(source: str | bytes) -> Document:
    """The standard's steps for every block: slower, the yardstick for `parse`."""
    return _parse(source, plain_cues=False)


def _parse(source: str | bytes, *, plain_cues: bool) -> Document:
    text = _decode(source)
    if not text.startswith("WEBVTT") or text[6:7] not in {"", " ", "\t", "\n"}:
        raise InvalidWebVTT(1, "the file must start with WEBVTT")
    first_line, _, body = text.partition("\n")
    reader = _Reader(text, Document(header=first_line[6:]))
    position = len(first_line) + 1
    if body and not body.startswith("\n"):
        position = reader.read_header(position)
    reader.read_blocks(position, plain_cues=plain_cues)
    return reader.document


def _decode(source: str | bytes) -> str:
    if isinstance(source, bytes):
        size = len(source)
        text = source.decode("utf-8", errors="replace") if size <= MAX_BYTES else ""
    else:
        text = source
        size = len(text) if text.isascii() or len(text) > MAX_BYTES else len(text.encode("utf-8", errors="replace"))
    if size > MAX_BYTES:
        raise WebVTTTooLarge(1, "the file is larger than 2 MB")
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


@dataclass(slots=True)
class _Reader:
    text: str
    document: Document
    cue_count: int = 0
    counted_to: int = 0
    lines_before: int = 0

    def read_header(self, position: int) -> int:
        """Lines directly below the signature belong to the header, unless one is a timing line: then its cue begins there."""
        lines: list[str] = []
        while position < len(self.text):
            end = self.text.find("\n", position)
            end = len(self.text) if end == -1 else end
            line = self.text[position:end]
            if not line or "-->" in line:
                break
            lines.append(line)
            position = end + 1
        self.document.header_lines = "\n".join(lines)
        return position

    def read_blocks(self, position: int, *, plain_cues: bool) -> None:
        append = self.document.blocks.append
        minutes, seconds, millis = MINUTES, SECONDS, MILLIS
        for chunk in self.text[position:].split("\n\n"):
            if plain_cues:
                # The plain cue: [id LF] HH:MM:SS.mmm --> HH:MM:SS.mmm [settings] [LF text]
                before, arrow, after = chunk.partition(" --> ")
                if arrow and "-->" not in after:
                    try:
                        start = minutes[before[-12:-6]] + seconds[before[-6:-3]] + millis[before[-3:]]
                        end = minutes[after[:6]] + seconds[after[6:9]] + millis[after[9:12]]
                    except KeyError:
                        pass
                    else:
                        name = before[:-12].lstrip("\n")
                        line, _, text = after[12:].partition("\n")
                        if (
                            (not name or (name.find("\n") == len(name) - 1 and "-->" not in name))
                            and (not line or (line[0] == " " and line[1:2] not in _SPACE and line[-1] not in _SPACE))
                            and chunk[-1] != "\n"
                        ):
                            self.cue_count += 1
                            append(Cue(start, end, text, name[:-1], line[1:]))
                            position += len(chunk) + 2
                            continue
            lead = len(chunk) - len(chunk.lstrip("\n"))
            lines = chunk.strip("\n")
            if lines:
                self.read_lines(lines.split("\n"), position + lead)
            position += len(chunk) + 2
            if self.cue_count > MAX_CUES:
                break
        if self.cue_count > MAX_CUES:
            raise WebVTTTooLarge(1, f"the file has more than {MAX_CUES:,} cues")

    def read_lines(self, lines: list[str], position: int) -> None:
        """A run of lines without a blank one; a further timing line begins a further block."""
        at = 0
        while at < len(lines):
            at = self.collect_block(lines, at, position)

    def collect_block(self, lines: list[str], first: int, position: int) -> int:
        """ "Collect a WebVTT block", from line `first` of the run that starts at `position`; returns the line after the block."""
        buffer: list[str] = []
        cue: Cue | None = None
        opening = ""
        fault: tuple[int, str] | None = None
        seen_arrow = False
        at = first
        while at < len(lines):
            line = lines[at]
            count = at - first + 1
            if "-->" in line:
                if not (count == 1 or (count == 2 and not seen_arrow)):
                    break
                seen_arrow = True
                read = self.collect_timings(line)
                if isinstance(read, str):
                    fault = (at, read)
                else:
                    cue = read
                    cue.id = "\n".join(buffer)
                    buffer = []
                    self.cue_count += 1
            else:
                if count == 2 and not self.cue_count and buffer and buffer[0].rstrip(_SPACE) in {"STYLE", "REGION"}:
                    opening = buffer.pop()
                buffer.append(line)
            at += 1
        text = "\n".join(buffer)
        if cue is not None:
            cue.text = text
            self.document.blocks.append(cue)
        elif fault is None and opening.startswith("REGION"):
            self.document.blocks.append(Region(text, opening))
        elif fault is None and opening.startswith("STYLE") and not reaches_out(text):
            self.document.blocks.append(Style(text, opening))
        elif fault is None and (note := _note(lines[first:at])):
            self.document.blocks.append(note)
        else:
            fault = fault or (first, _why_dropped(lines[first], opening=opening))
            self.drop(fault[1], lines[first:at], self.line_number(lines, fault[0], position))
        return at

    def collect_timings(self, line: str) -> Cue | str:
        """ "Collect WebVTT cue timings and settings": a cue without its text, or what is wrong."""
        found = match_timestamp(line, _skip_spaces(line, 0))
        if found is None:
            return "bad timestamp"
        start, position = found
        position = _skip_spaces(line, position)
        if not line.startswith("-->", position):
            return "expected --> after the start time"
        found = match_timestamp(line, _skip_spaces(line, position + 3))
        if found is None:
            return "bad timestamp"
        end, position = found
        settings = line[position:].strip(_SPACE)
        return Cue(start, end, settings=settings, as_read=TimingLine(line, start, end, settings))

    def line_number(self, lines: list[str], at: int, position: int) -> int:
        """Counted on from the last fault, so a file of nothing but faults is still read in one pass."""
        position += sum(len(line) + 1 for line in lines[:at])
        self.lines_before += self.text.count("\n", self.counted_to, position)
        self.counted_to = position
        return self.lines_before + 1

    def drop(self, reason: str, lines: list[str], line: int) -> None:
        self.document.dropped.append(Dropped(line=line, reason=reason, text="\n".join(lines)))


def _skip_spaces(line: str, position: int) -> int:
    found = _SPACES.match(line, position)
    return found.end() if found else position


def _note(lines: list[str]) -> Note | None:
    if lines[0] != "NOTE" and not lines[0].startswith(("NOTE ", "NOTE\t")):
        return None
    rest = "\n".join(lines)[4:]
    text = rest.lstrip(" \t\n")
    return Note(text, rest[: len(rest) - len(text)])


def _why_dropped(line: str, *, opening: str) -> str:
    if opening.startswith("STYLE"):
        return "a style that loads something from elsewhere is not kept"
    word = line.rstrip(_SPACE)
    if word in {"STYLE", "REGION"}:
        return f"a {word} block must have lines and stand before the first cue"
    return "a block without a timing line is not shown"


def reaches_out(css: str) -> bool:
    """Whether a style sheet names anything outside itself. Comments and escapes (`u\\72l(`) are undone first, as a browser would."""
    plain = _CSS_ESCAPE.sub(_unescaped, css)
    return any(word in text.lower() for text in (plain, _COMMENT.sub("", plain)) for word in _REACHES_OUT)


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        value = int(found[1], 16)
        return chr(value) if 0 < value < 0x110000 and not 0xD800 <= value < 0xE000 else "\ufffd"
    return found[2] or ""
