"""What a file is, by its content. A closed list: playlists and scripts that would make ffmpeg open other files are not on it."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from media_library.media.errors import NotMediaError, TruncatedError, UnsupportedError, WrongTypeError

Family = Literal["video", "audio", "image", "text", "document"]
MEDIA: frozenset[Family] = frozenset({"video", "audio", "image", "text"})
EVERYTHING: frozenset[Family] = MEDIA | {"document"}

HEAD_BYTES = 64 * 1024
TS_PACKET, M2TS_PACKET = 188, 192


@dataclass(frozen=True)
class Kind:
    """`demuxer` is ffmpeg's name, always forced, so that ffmpeg never guesses; empty for what ffmpeg is never given.

    `family` is what such a container usually holds; `text` are subtitles.
    """

    mime: str
    family: Family
    demuxer: str
    label: str


MP4 = Kind("video/mp4", "video", "mov", "an MP4 video")
QUICKTIME = Kind("video/quicktime", "video", "mov", "a QuickTime video")
M4A = Kind("audio/mp4", "audio", "mov", "M4A audio")
WEBM = Kind("video/webm", "video", "matroska", "a WebM video")
MATROSKA = Kind("video/x-matroska", "video", "matroska", "a Matroska video")
AVI = Kind("video/x-msvideo", "video", "avi", "an AVI video")
MPEG_TS = Kind("video/mp2t", "video", "mpegts", "an MPEG transport stream")
MP3 = Kind("audio/mpeg", "audio", "mp3", "MP3 audio")
WAV = Kind("audio/wav", "audio", "wav", "WAV audio")
OGG = Kind("audio/ogg", "audio", "ogg", "Ogg audio")
FLAC = Kind("audio/flac", "audio", "flac", "FLAC audio")
AAC = Kind("audio/aac", "audio", "aac", "AAC audio")
PNG = Kind("image/png", "image", "png_pipe", "a PNG picture")
JPEG = Kind("image/jpeg", "image", "jpeg_pipe", "a JPEG picture")
WEBP = Kind("image/webp", "image", "webp_pipe", "a WebP picture")
GIF = Kind("image/gif", "image", "gif", "a GIF picture")
TIFF = Kind("image/tiff", "image", "", "a TIFF picture")
AVIF = Kind("image/avif", "image", "", "an AVIF picture")
WEBVTT = Kind("text/vtt", "text", "webvtt", "WebVTT subtitles")
SUBRIP = Kind("application/x-subrip", "text", "srt", "SubRip subtitles")
PDF = Kind("application/pdf", "document", "", "a PDF document")
DOCX = Kind(
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document", "", "a Word document"
)
PLAIN = Kind("text/plain", "document", "", "plain text")

KINDS = (
    *(MP4, QUICKTIME, M4A, WEBM, MATROSKA, AVI, MPEG_TS),
    *(MP3, WAV, OGG, FLAC, AAC),
    *(PNG, JPEG, WEBP, GIF, TIFF, AVIF),
    *(WEBVTT, SUBRIP),
    *(PDF, DOCX, PLAIN),
)

# What a browser or a client may call each kind, and the names its files have.
_ALIASES: dict[str, Kind] = {kind.mime: kind for kind in KINDS} | {
    "audio/x-m4a": M4A,
    "audio/m4a": M4A,
    "video/x-m4v": MP4,
    "video/3gpp": MP4,
    "application/mp4": MP4,
    "audio/webm": WEBM,
    "audio/x-matroska": MATROSKA,
    "video/matroska": MATROSKA,
    "video/avi": AVI,
    "video/vnd.avi": AVI,
    "video/mpeg": MPEG_TS,
    "audio/mp3": MP3,
    "audio/x-wav": WAV,
    "audio/wave": WAV,
    "audio/vnd.wave": WAV,
    "video/ogg": OGG,
    "application/ogg": OGG,
    "audio/opus": OGG,
    "audio/x-flac": FLAC,
    "audio/x-aac": AAC,
    "audio/aacp": AAC,
    "image/tif": TIFF,
    "application/x-pdf": PDF,
    "image/jpg": JPEG,
    "text/srt": SUBRIP,
    "application/srt": SUBRIP,
}
_EXTENSIONS: dict[str, Kind] = {
    "mp4": MP4,
    "m4v": MP4,
    "3gp": MP4,
    "mov": QUICKTIME,
    "qt": QUICKTIME,
    "m4a": M4A,
    "m4b": M4A,
    "webm": WEBM,
    "mkv": MATROSKA,
    "mka": MATROSKA,
    "avi": AVI,
    "ts": MPEG_TS,
    "mts": MPEG_TS,
    "m2ts": MPEG_TS,
    "mp3": MP3,
    "wav": WAV,
    "ogg": OGG,
    "oga": OGG,
    "ogv": OGG,
    "opus": OGG,
    "flac": FLAC,
    "aac": AAC,
    "png": PNG,
    "jpg": JPEG,
    "jpeg": JPEG,
    "webp": WEBP,
    "gif": GIF,
    "tif": TIFF,
    "tiff": TIFF,
    "avif": AVIF,
    "vtt": WEBVTT,
    "srt": SUBRIP,
    "pdf": PDF,
    "docx": DOCX,
    "txt": PLAIN,
}
# A client that does not know says one of these; then the name decides.
_UNSAID = {"", "application/octet-stream", "binary/octet-stream", "text/plain"}

_M4A_BRANDS = {b"M4A ", b"M4B ", b"M4P "}
_HEIF_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"hevc"}
_MOV_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_PLAYLIST = re.compile(
    rb"#EXTM3U|ffconcat|<MPD\b|<\?xml|v=0\r?\n|\[playlist\]|<SmoothStreamingMedia|<AssetMap|<CompositionPlaylist|\[Reference\]|RTSPtext|rtsp://|<asx\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\s*(?:<[!?a-z]|#!|\{\\rtf)", re.IGNORECASE)
_DRAWING = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_SRT_START = re.compile(r"\A\s*\d+[ \t]*\r?\n\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}[ \t]*-->")


def sniff(path: Path, *, allowed: frozenset[Family] = MEDIA) -> Kind:
    """The kind of this file by content alone. Raises NotMediaError, or UnsupportedError for kinds we know and refuse."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise TruncatedError("This file is empty. Upload it again.")
    kind = _binary(head) or _subtitles(head)
    if kind is None and "document" in allowed:
        kind = _document(path, head)
    if kind is not None and kind.family in allowed:
        return kind
    if _DRAWING.search(head[:4096]):
        raise UnsupportedError("SVG drawings can hold scripts and are not accepted. Export the drawing as PNG.")
    if _PLAYLIST.search(head[:2048]):
        raise NotMediaError(
            "This file is a playlist or a script, not media: it only names other files. Upload the media file itself."
        )
    raise NotMediaError


def check_declared(path: Path, *, declared_mime: str, filename: str, allowed: frozenset[Family] = MEDIA) -> Kind:
    """The sniffed kind, provided that what the client said about the file agrees with it; otherwise WrongTypeError."""
    kind = sniff(path, allowed=allowed)
    declared = declared_mime.partition(";")[0].strip().lower()
    if declared not in _UNSAID and not _agrees(_ALIASES.get(declared), kind):
        raise WrongTypeError(
            f"This file is {kind.label}, but it was announced as “{declared[:60]}”. Upload it under its right type."
        )
    extension = Path(filename).suffix.lower().lstrip(".")
    if extension and not _agrees(_EXTENSIONS.get(extension), kind):
        raise WrongTypeError(
            f"This file is {kind.label}, but its name ends in “.{extension[:12]}”. Give it its right name and try again."
        )
    return kind


def _agrees(said: Kind | None, found: Kind) -> bool:
    if said is None:
        return False
    # MP4, QuickTime and M4A are one format with different brands, and so are WebM and Matroska: tools mix the names freely.
    if said == PLAIN:
        return found.family == "text" or found == PLAIN
    return said == found or (bool(found.demuxer) and said.demuxer == found.demuxer)


def _binary(head: bytes) -> Kind | None:  # noqa: C901, PLR0911 -- a table of signatures, read from top to bottom
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    if head[4:8] in _MOV_BOXES:
        return QUICKTIME
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        if b"webm" in head[:4096]:
            return WEBM
        return MATROSKA if b"matroska" in head[:4096] else None
    if head.startswith((b"RIFF", b"RF64")):
        return {b"AVI ": AVI, b"WAVE": WAV, b"WEBP": WEBP}.get(head[8:12])
    if head.startswith(b"OggS"):
        return OGG
    if head.startswith(b"fLaC"):
        return FLAC
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head.startswith((b"II*\0", b"MM\0*")):
        return TIFF
    if head.startswith(b"ID3") or _mp3_frames(head):
        return MP3
    if _adts_frames(head):
        return AAC
    if _sync_bytes(head, 0, TS_PACKET) or _sync_bytes(head, 4, M2TS_PACKET):
        return MPEG_TS
    return None


def _by_brand(brand: bytes) -> Kind:
    if brand in {b"avif", b"avis"}:
        return AVIF
    if brand in _HEIF_BRANDS:
        raise UnsupportedError("HEIC pictures are not supported. Export the picture as JPEG or PNG and try again.")
    if brand in _M4A_BRANDS:
        return M4A
    return QUICKTIME if brand == b"qt  " else MP4


def _sync_bytes(head: bytes, first: int, step: int) -> bool:
    marks = range(first, min(len(head), first + 8 * step), step)
    return len(marks) >= 4 and all(head[at] == 0x47 for at in marks)


# kbit/s by index, for layer III of MPEG 1 and of MPEG 2/2.5 (ISO 11172-3, 13818-3).
_MP3_RATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_MP3_SAMPLE_RATES = {3: (44100, 48000, 32000, 0), 2: (22050, 24000, 16000, 0), 0: (11025, 12000, 8000, 0)}


def _mp3_frames(head: bytes) -> bool:
    """Three layer III frames in a row: two bytes of sync alone are far too common in other files."""
    at = 0
    for _ in range(3):
        length = _mp3_frame_length(head[at : at + 4])
        if not length:
            return False
        at += length
    return True


def _mp3_frame_length(header: bytes) -> int:
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, rate_index, sample_index = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1:
        return 0
    rate, sample_rate = _MP3_RATES[version == 3][rate_index], _MP3_SAMPLE_RATES[version][sample_index]
    if not rate or not sample_rate:
        return 0
    return (144 if version == 3 else 72) * rate * 1000 // sample_rate + (header[2] >> 1 & 1)


def _adts_frames(head: bytes) -> bool:
    """Three AAC frames in a row (ISO 13818-7); the length counts the header."""
    at = 0
    for _ in range(3):
        header = head[at : at + 7]
        if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:
            return False
        length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
        if length < 7:
            return False
        at += length
    return True


def _document(path: Path, head: bytes) -> Kind | None:
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return DOCX if _is_word(path) else None
    return PLAIN if _is_plain(head) else None


def _is_word(path: Path) -> bool:
    """By its table of contents; nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    # A file with macros says so by this part, whatever its own name.
    return {"[Content_Types].xml", "word/document.xml"} <= names and "word/vbaProject.bin" not in names


def _is_plain(head: bytes) -> bool:
    """Words in UTF-8; markup, scripts and playlists mean something else than their words."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4 or len(head) < HEAD_BYTES:  # else only the last letter is cut in two
            return False
        text = head[: error.start].decode("utf-8-sig")
    if _PLAYLIST.match(text.lstrip().encode()) or _MARKUP.match(text):
        return False
    return all(letter.isprintable() or letter in "\n\r\t\f\u200b\u200e\u200f\ufeff\xad" for letter in text)


def _subtitles(head: bytes) -> Kind | None:
    if b"\x00" in head:
        return None
    text = head.decode("utf-8-sig", errors="ignore")
    if re.match(r"WEBVTT(?:[ \t\r\n]|\Z)", text):
        return WEBVTT
    return SUBRIP if _SRT_START.match(text) else None


def endings() -> frozenset[str]:
    """Endings of names that `kind_of_name` knows."""
    return frozenset(_EXTENSIONS)


def kind_of_name(filename: str) -> Kind | None:
    """What a file of such a name should be, by its ending alone."""
    return _EXTENSIONS.get(Path(filename).suffix.lower().lstrip("."))


def kind_of_type(mime: str) -> Kind | None:
    """What a client means by this media type."""
    return _ALIASES.get(mime.partition(";")[0].strip().lower())


def ending_of(kind: Kind) -> str:
    """What the names of such files end in."""
    return next(ending for ending, named in _EXTENSIONS.items() if named == kind)
