"""Plain text: what is said, to read or to send on. It holds no times, so reading it makes some and says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from media_library.media.formats.characters import showable
from media_library.media.formats.errors import InvalidCaptions, Notices
from media_library.media.formats.runs import Run
from media_library.media.formats.track import MAX_TEXT, Track, captions
from media_library.media.webvtt.model import Document

# Reading speed of the usual style guides for untimed lines, in characters a second.
_CHARACTERS_A_SECOND = 15
_SHORTEST_MS = 1000
_LONGEST_MS = 7000
# A longer silence begins a new paragraph.
_PAUSE_MS = 2000
_STAMP = re.compile(
    r"[\[(]?(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?[\])]?(?:[ \t]*[-–—:][ \t]+|[ \t]+|\Z)(.*)"
)


def read(text: str, notices: Notices) -> Track:
    """Lines that begin with a time (`[00:01:02] Hello`) start there; without times, captions are laid end to end."""
    track = Track(notices)
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise InvalidCaptions(1, "the file is empty")
    if _STAMP.fullmatch(first.strip()):
        _read_stamped(lines, track)
    else:
        notices.add(1, "Plain text has no times: the captions were laid end to end. Time them against the film.")
        now = 0
        for number, paragraph in _paragraphs(lines):
            if len(paragraph) > MAX_TEXT:
                track.too_long(number, paragraph)
                continue
            end = now + _reading_ms(paragraph)
            track.add(number, now, end, [Run(paragraph)])
            now = end
    return track


def _read_stamped(lines: list[str], track: Track) -> None:
    found: list[tuple[int, int, list[str]]] = []
    for number, line in enumerate(lines, start=1):
        stamp = _STAMP.fullmatch(line.strip())
        if stamp and int(stamp[2]) < 60 and int(stamp[3]) < 60:
            seconds = int(stamp[1] or 0) * 3600 + int(stamp[2]) * 60 + int(stamp[3])
            found.append((number, seconds * 1000 + int((stamp[4] or "0").ljust(3, "0")), [stamp[5]]))
        elif line.strip() and found:
            found[-1][2].append(line.strip())
        elif line.strip():
            track.leave_out(number, "A line before the first time was left out.", line.strip())
    track.notices.add(1, "This text says when captions begin, not when they end: each ends before the next one.")
    starts = sorted({start for _, start, _ in found})
    following = dict(pairwise(starts))
    for number, start, parts in found:
        text = "\n".join(part for part in parts if part)
        if len(text) > MAX_TEXT:
            track.too_long(number, text)
            continue
        end = min(start + _reading_ms(text), following.get(start, start + _LONGEST_MS))
        track.add(number, start, end, [Run(text)])


def _paragraphs(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Parted by blank lines, or where there are none by line ends; each with the number of its first line."""
    parted = any(not line.strip() for line in "\n".join(lines).strip().split("\n"))
    paragraph: list[str] = []
    begins = 0
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            begins = begins if paragraph else number
            paragraph.append(line.strip())
        if paragraph and (not parted or not line.strip()):
            yield begins, "\n".join(paragraph)
            paragraph = []


def _reading_ms(text: str) -> int:
    return min(_LONGEST_MS, max(_SHORTEST_MS, len(text) * 1000 // _CHARACTERS_A_SECOND))


def write(document: Document) -> bytes:
    """One caption a line, a name where the speaker changes, a blank line before it and after a pause."""
    lines: list[str] = []
    speaker, ended = "", 0
    for caption in captions(document):
        text = " ".join(caption.text.split())
        if not text:
            continue
        name = ", ".join(caption.voices)
        changed = bool(name) and name != speaker
        if lines and (changed or caption.start_ms - ended > _PAUSE_MS):
            lines.append("")
        lines.append(f"{name}: {text}" if changed else text)
        speaker, ended = name, caption.end_ms
    return showable("".join(f"{line}\n" for line in lines)).encode()
