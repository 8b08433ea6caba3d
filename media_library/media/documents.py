"""The words of a document or a caption file, for finding it by them. Word and PDF files are opened in a limited child: they are programs
to be unpacked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from media_library.media import formats, webvtt
from media_library.media.errors import MediaError, TooLargeError, TruncatedError
from media_library.media.formats.characters import MAX_BYTES, decode
from media_library.media.formats.errors import InvalidCaptions, Notices
from media_library.media.limited_child import OverLimitError, ask
from media_library.media.sniff import DOCX, PDF, PLAIN

# Words beyond these are not found; a book has fewer.
MOST_CHARACTERS = 2_000_000
LARGEST_PACKED = 32 * 2**20
NO_TEXT = "There is no text in this PDF, only pictures of it: it is found by its name, tags and description."
WALL_SECONDS = 60
LIMITS = {
    "RLIMIT_CPU": 20,
    "RLIMIT_AS": 768 * 2**20,
    "RLIMIT_FSIZE": 0,
    "RLIMIT_NOFILE": 64,
    "RLIMIT_CORE": 0,
}
CHILD = Path(__file__).with_name("document_child.py")
PLAIN_TEXT = frozenset({PLAIN.mime, "text/markdown"})
UNREAD = {
    "application/rtf": "The text of RTF documents is not read here: this one is found by its name, tags and description.",
}


@dataclass(frozen=True)
class Text:
    """`note` says what could not be read, and why."""

    paragraphs: list[str]
    note: str = ""

    @property
    def words(self) -> int:
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)


def read(path: Path, *, content_type: str) -> Text:
    """The words of a document. What cannot be read has none, and a note that says so. Raises MediaError for what is damaged."""
    if content_type in UNREAD:
        return Text([], UNREAD[content_type])
    if content_type in {DOCX.mime, PDF.mime}:
        unpacked = _bounded(_in_child(path))
        return unpacked if unpacked.paragraphs or content_type == DOCX.mime else Text([], NO_TEXT)
    with path.open("rb") as file:
        text = _decoded(file.read(MAX_BYTES))
    cut = "Only the beginning of this document is searched: it is very long." if path.stat().st_size > MAX_BYTES else ""
    found = _bounded(_blocks(text))
    return Text(found.paragraphs, found.note or cut)


def read_captions(path: Path, *, filename: str) -> Text:
    """What the cues say. Raises MediaError."""
    try:
        document = formats.read(path.read_bytes()[: MAX_BYTES + 1], filename=filename).document
    except (InvalidCaptions, webvtt.InvalidWebVTT) as error:
        raise TruncatedError(f"These captions cannot be read: {error}.") from error
    return _bounded([" ".join(webvtt.plain_text(cue.text).split()) for cue in document.cues])


def _bounded(paragraphs: list[str]) -> Text:
    kept: list[str] = []
    left = MOST_CHARACTERS
    for paragraph in filter(None, paragraphs):
        kept.append(paragraph[:left])
        left -= len(paragraph)
        if left <= 0:
            return Text(kept, "Only the beginning of this document is searched: it is very long.")
    return Text(kept)


def _blocks(text: str) -> list[str]:
    """Paragraphs: what blank lines part."""
    return [" ".join(block.split()) for block in re.split(r"\n[ \t]*\n", text) if block.strip()]


def _decoded(data: bytes) -> str:
    try:
        return decode(data, Notices())
    except InvalidCaptions as error:
        raise TruncatedError("This text is in an encoding that cannot be told. Save it as UTF-8.") from error


def _in_child(path: Path) -> list[str]:
    if path.stat().st_size > LARGEST_PACKED:
        raise TooLargeError(
            f"A Word or PDF document of more than {LARGEST_PACKED // 2**20} MB is not read. Save it without pictures."
        )
    too_much = TooLargeError("This document takes more time or memory than a document may.")
    try:
        answer = ask(CHILD, question=path.read_bytes(), limits=LIMITS, wall_seconds=WALL_SECONDS)
    except OverLimitError as error:
        raise too_much from error
    if "refusal" in answer:
        raise MediaError(answer["refusal"], log=answer.get("log", ""))
    if "paragraphs" not in answer:
        raise too_much
    found: list[str] = answer["paragraphs"]
    return found
