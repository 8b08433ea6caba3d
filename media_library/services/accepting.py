"""Which files the library takes: a closed list by name and announced type, and what the bytes say about both."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from core.errors import InvalidFieldError, UnsupportedTypeError
from media_library.media import errors as media
from media_library.media import sniff
from media_library.media.formats import kinds as captions
from media_library.models import Asset

K = Asset.Kind
TAKEN = (
    "The library takes video, audio, pictures (JPEG, PNG, WebP, GIF, TIFF, AVIF), documents (PDF, DOCX, TXT, MD, RTF) "
    "and captions (VTT, SRT, TTML, ASS)."
)
FAMILIES = {"video": K.VIDEO, "audio": K.AUDIO, "image": K.IMAGE, "text": K.CAPTION, "document": K.DOCUMENT}
# What the media code never opens, and therefore does not know.
WRITTEN = {
    "md": (K.DOCUMENT, "text/markdown"),
    "markdown": (K.DOCUMENT, "text/markdown"),
    "rtf": (K.DOCUMENT, "application/rtf"),
    **dict.fromkeys(("ttml", "dfxp", "imsc", "itt"), (K.CAPTION, "application/ttml+xml")),
    **dict.fromkeys(captions.KINDS["ass"].extensions, (K.CAPTION, "text/x-ssa")),
    **dict.fromkeys(captions.KINDS["ssa"].extensions, (K.CAPTION, "text/x-ssa")),
}
# A program that does not know says one of these; then the name decides.
UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-binary"})
MOVING = frozenset({K.VIDEO, K.AUDIO})


def accept_type(filename: str, content_type: str = "") -> tuple[str, str]:
    """(kind, media type) by name and announcement. UnsupportedTypeError: not on the list, or the two disagree."""
    declared = content_type.partition(";")[0].strip().lower()
    ending = PurePosixPath(filename).suffix.lower().lstrip(".")
    named = WRITTEN.get(ending) or _known(sniff.kind_of_name(filename))
    if named is None and not ending and declared not in UNSAID:
        named = _known(sniff.kind_of_type(declared))
    if named is None:
        raise UnsupportedTypeError(
            f"Files that end in “.{ending[:12]}” are not accepted. {TAKEN}" if ending else f"What is this? {TAKEN}"
        )
    if declared in UNSAID:
        return named
    return _agreed(*named, declared)


def endings() -> list[str]:
    """What the names of files that are taken end in."""
    return sorted({*WRITTEN, *sniff.endings()})


def _known(found: sniff.Kind | None) -> tuple[str, str] | None:
    return None if found is None else (FAMILIES[found.family], found.mime)


def _agreed(kind: str, mime: str, declared: str) -> tuple[str, str]:
    """Containers hold sound alone as well as pictures: then what was announced tells which."""
    family = declared.partition("/")[0]
    if family == kind or declared == mime:
        return kind, mime
    if kind in MOVING and family in MOVING:
        said = sniff.kind_of_type(declared)
        if said is not None and said.demuxer == getattr(sniff.kind_of_type(mime), "demuxer", ""):
            return family, declared
    # Systems disagree about the types of texts and documents, never about those of media.
    if kind in MOVING and declared == "application/ogg":
        return kind, mime
    if kind in {K.CAPTION, K.DOCUMENT} and family in {"text", "application"}:
        return kind, mime
    raise UnsupportedTypeError(f"The file was announced as “{declared[:60]}”, which does not fit its name.")


def confirm(path: Path, *, filename: str, content_type: str) -> str:
    """The media type that the bytes have. UnsupportedTypeError: they are not what name and announcement say."""
    if path.stat().st_size == 0:
        raise InvalidFieldError("The file is empty.", field="file")
    # Ours to keep, nobody's to decode: any encoding of text will do.
    if content_type in {sniff.PLAIN.mime, *(mime for _, mime in WRITTEN.values())}:
        _is_text(path)
        return content_type
    try:
        return sniff.check_declared(path, declared_mime=content_type, filename=filename, allowed=sniff.EVERYTHING).mime
    except media.MediaError as error:
        raise UnsupportedTypeError(error.message) from error


def _is_text(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(sniff.HEAD_BYTES)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnsupportedTypeError("This file is not the text that its name says.")
