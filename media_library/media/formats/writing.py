"""The one model, written as a file of any kind."""

from __future__ import annotations

from media_library.media.formats import ass, cue_json, plain, srt, transcript, ttml
from media_library.media.formats.kinds import WRITABLE
from media_library.media.webvtt.model import Document


def write(document: Document, kind: str, *, language: str, title: str = "") -> bytes:
    """`kind` is one of WRITABLE; the caller offers no other."""
    if kind == "vtt":
        return document.write().encode("utf-8", errors="replace")
    if kind == "srt":
        return srt.write(document)
    if kind == "ttml":
        return ttml.write(document, language=language, title=title)
    if kind == "ass":
        return ass.write(document, title=title)
    if kind == "txt":
        return plain.write(document)
    if kind == "json":
        return cue_json.write(document, language=language, title=title)
    if kind == "docx":
        return transcript.write(document, language=language, title=title)
    raise ValueError(f"{kind!r} is none of {', '.join(WRITABLE)}")
