"""Captions of any kind we read, from bytes to the one model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from media_library.media import webvtt
from media_library.media.formats import ass, cue_json, plain, srt, ttml
from media_library.media.formats.characters import MAX_BYTES, decode
from media_library.media.formats.errors import CaptionsTooLarge, Notice, Notices, UnknownCaptions
from media_library.media.formats.kinds import KINDS, READABLE, kind_of_name
from media_library.media.formats.track import Track
from media_library.media.webvtt.model import Document

_READERS: dict[str, Callable[[str, Notices], Track]] = {
    "srt": srt.read,
    "ttml": ttml.read,
    "ass": ass.read,
    "ssa": ass.read,
    "txt": plain.read,
    "json": cue_json.read,
}
# XML and JSON need more letters to say the same.
_WORDY = {"ttml", "json"}
_HEAD = 20_000
_SECTION = re.compile(r"\[(?:script info|v4\+? styles|events)\]", re.IGNORECASE)
_TT = re.compile(r"<(?:[\w.-]{1,40}:)?tt[\s>/]")
_SRT_TIMING = re.compile(r"^[ \t]*-?[\d:.,]{4,20}[ \t]*--+>", re.MULTILINE)
_FRAMES = re.compile(r"\{\d+\}\{\d+\}")


class Reading(NamedTuple):
    document: Document
    notes: list[Notice]


def read(data: bytes, *, kind: str | None = None, filename: str = "") -> Reading:
    """The captions in `data`, and what was mended or left out on the way.

    Without `kind` the content decides, then the name. Raises InvalidCaptions (or webvtt.InvalidWebVTT) with the line at fault.
    """
    if data[:4] == b"PK\x03\x04":
        raise UnknownCaptions(0, "this is a ZIP or Word file; export the captions as SRT, VTT or TTML")
    if kind is not None and kind not in READABLE:
        raise UnknownCaptions(0, f"{kind} files cannot be read; we read {', '.join(READABLE)}")
    notices = Notices()
    text = decode(data, notices)
    if not text.strip(" \t\n\ufeff"):
        raise UnknownCaptions(1, "the file is empty")
    kind = kind or sniff(text, filename=filename)
    if kind not in _WORDY and len(text) > MAX_BYTES // 2:
        raise CaptionsTooLarge(0, f"the file is larger than {MAX_BYTES // (2 * 1024 * 1024)} MB")
    if kind == "vtt":
        document = webvtt.parse(text)
        for dropped in document.dropped:
            notices.add(dropped.line, f"A block was left out: {dropped.reason}.", lost=dropped.text)
    else:
        document = _READERS[kind](text, notices).document()
    return Reading(document, notices.told())


def sniff(text: str, *, filename: str = "") -> str:
    """The kind by what the text begins with; plain text only when its name or nothing else speaks against it."""
    head = text[:_HEAD].lstrip("\ufeff \t\n")
    named = kind_of_name(filename)
    if head.startswith("WEBVTT"):
        return "vtt"
    if _SECTION.match(head) or (head.startswith((";", "!")) and _SECTION.search(head)):
        return "ssa" if named == "ssa" else "ass"
    if _FRAMES.match(head):
        raise UnknownCaptions(1, "this is MicroDVD, which counts frames; convert it to SRT first")
    if head.startswith("<") and _TT.search(head):
        return "ttml"
    if head.startswith("<") and not _SRT_TIMING.search(head):
        raise UnknownCaptions(1, "this is XML or HTML, but not TTML")
    if head.startswith(("{", "[")) and (named == "json" or re.match(r"[{\[]\s*[\"{\[\]}]", head)):
        return "json"
    if _SRT_TIMING.search(head):
        return "srt"
    if named not in {None, "txt"}:
        raise UnknownCaptions(1, f"this does not read as {KINDS[named or 'txt'].name}, as its name says")
    return "txt"
