"""The caption formats by name: what a file of each is called and how it is served."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`readable` and `writable` say which way we go. The first of `extensions` is the one we write."""

    id: str
    name: str
    media_type: str
    extensions: tuple[str, ...]
    readable: bool = True
    writable: bool = True


KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("vtt", "WebVTT", "text/vtt; charset=utf-8", ("vtt", "webvtt")),
        Kind("srt", "SubRip", "application/x-subrip; charset=utf-8", ("srt",)),
        Kind("ttml", "TTML (IMSC 1.1 Text)", "application/ttml+xml", ("ttml", "dfxp", "xml", "imsc", "itt")),
        Kind("ass", "Advanced SubStation Alpha", "text/x-ssa; charset=utf-8", ("ass",)),
        # Read for old archives; nobody asks for it any more.
        Kind("ssa", "SubStation Alpha", "text/x-ssa; charset=utf-8", ("ssa",), writable=False),
        Kind("txt", "Plain text", "text/plain; charset=utf-8", ("txt", "text")),
        Kind("json", "JSON", "application/json", ("json",)),
        Kind(
            "docx",
            "Word document",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ("docx",),
            readable=False,
        ),
    )
}
READABLE = tuple(kind.id for kind in KINDS.values() if kind.readable)
WRITABLE = tuple(kind.id for kind in KINDS.values() if kind.writable)


def kind_of_name(filename: str) -> str | None:
    """By the file's ending alone."""
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    return next((kind.id for kind in KINDS.values() if ending in kind.extensions), None)
