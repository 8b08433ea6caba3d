"""Whether a file is all there, and which way up it is, read from its outermost structure without decoding anything."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from media_library.media.errors import TruncatedError
from media_library.media.sniff import Kind

_CUT_OFF = "This file is incomplete: its end is missing ({percent:.0f} % of it is there). Upload or export it again."
_NO_INDEX = "This file is incomplete: the recording was not finished, its index is missing. Export it again and upload it once more."
_MOST_BOXES = 100_000
_MP3_HEADER_WITHIN = 2048
_CONTAINER_BOXES = {b"moov", b"trak"}


def check_complete(path: Path, *, kind: Kind) -> None:
    """Raises TruncatedError when the container itself says it should be longer, or its index never came."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if kind.demuxer == "mov":
            _check_mov(file, size)
        elif kind.demuxer == "matroska":
            _check_matroska(file, size)
        elif kind.demuxer in {"avi", "wav", "webp_pipe"}:
            _check_riff(file, size, kind)
        elif kind.demuxer in {"png_pipe", "jpeg_pipe"}:
            _check_picture(file, size, kind)


def mov_rotation(path: Path) -> int:
    """Degrees clockwise that the first visual track asks to be turned by when shown: 0, 90, 180 or 270."""
    with path.open("rb") as file:
        for name, start, end in _boxes(file, 0, path.stat().st_size, inside=_CONTAINER_BOXES):
            if name != b"tkhd" or end - start < 84:
                continue
            file.seek(start)
            box = file.read(min(end - start, 104))
            matrix_at = 52 if box[0] == 1 else 40
            a, b = struct.unpack(">ii", box[matrix_at : matrix_at + 8])
            width, height = struct.unpack(">II", box[matrix_at + 36 : matrix_at + 44])
            if width and height:
                return round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360
    return 0


def is_faststart(path: Path) -> bool:
    """Whether the index of an MP4 comes before its data, so that a browser can start before the end has come."""
    with path.open("rb") as file:
        names = [name for name, _, _ in _boxes(file, 0, path.stat().st_size) if name in {b"moov", b"mdat"}]
    return names[:1] == [b"moov"]


def announces_length(path: Path, *, kind: Kind) -> bool:
    """Not: bare AAC, and MP3 without the header that most encoders write. What ffmpeg then says is a guess from the first packets."""
    if kind.demuxer != "mp3":
        return kind.demuxer != "aac"
    with path.open("rb") as file:
        tag = file.read(10)
        if tag.startswith(b"ID3"):
            # Four bytes of seven bits each (ID3v2, 6.2).
            size = 0
            for byte in tag[6:10]:
                size = size << 7 | byte & 0x7F
            file.seek(10 + size)
        else:
            file.seek(0)
        first = file.read(_MP3_HEADER_WITHIN)
    return any(name in first for name in (b"Xing", b"Info", b"VBRI"))


def media_bytes(path: Path) -> int:
    """How much an MP4 holds beside its index: the samples, and whatever no index names."""
    with path.open("rb") as file:
        return sum(end - start for name, start, end in _boxes(file, 0, path.stat().st_size) if name == b"mdat")


def _boxes(
    file: BinaryIO, start: int, end: int, *, inside: set[bytes] | None = None
) -> Iterator[tuple[bytes, int, int]]:
    """(name, first byte of content, end) of each ISO box; `inside` names the boxes to descend into."""
    at, seen = start, 0
    while at + 8 <= end and seen < _MOST_BOXES:
        seen += 1
        file.seek(at)
        header = file.read(16)
        length, name = struct.unpack(">I4s", header[:8])
        content = at + 8
        if length == 1 and len(header) == 16:
            length, content = struct.unpack(">Q", header[8:])[0], at + 16
        elif length == 0:
            length = end - at
        if length < content - at:
            return
        yield name, content, at + length
        if inside and name in inside:
            yield from _boxes(file, content, min(at + length, end), inside=inside)
        at += length


def _check_mov(file: BinaryIO, size: int) -> None:
    names = set()
    for name, _, end in _boxes(file, 0, size):
        names.add(name)
        if end > size and name in {b"mdat", b"moov", b"moof"}:
            raise TruncatedError(_CUT_OFF.format(percent=100 * size / end))
    if b"moov" not in names:
        raise TruncatedError(_NO_INDEX)


def _check_matroska(file: BinaryIO, size: int) -> None:
    file.seek(4)
    header_length, unknown = _ebml_size(file)
    if unknown:
        return
    file.seek(header_length, os.SEEK_CUR)
    if file.read(4) != b"\x18\x53\x80\x67":
        return
    # A recorder that writes as it goes leaves the size unknown: then nothing can be told here.
    length, unknown = _ebml_size(file)
    expected = file.tell() + length
    if not unknown and expected > size:
        raise TruncatedError(_CUT_OFF.format(percent=100 * size / expected))


def _ebml_size(file: BinaryIO) -> tuple[int, bool]:
    """An EBML length, and whether it stands for "unknown"."""
    first = file.read(1)
    if not first or first[0] == 0:
        return 0, True
    octets = 9 - first[0].bit_length()
    rest = file.read(octets - 1)
    value = int.from_bytes(bytes([first[0] & (1 << (8 - octets)) - 1]) + rest, "big")
    return value, value == (1 << 7 * octets) - 1


def _check_riff(file: BinaryIO, size: int, kind: Kind) -> None:
    file.seek(0)
    tag, length = struct.unpack("<4sI", file.read(8).ljust(8, b"\0"))
    # 0 and the largest number are written by programs that send sound down a pipe and never learn its length.
    if tag == b"RF64" or length in {0, 0xFFFFFFFF, 0x7FFFFFFF}:
        return
    expected = length + 8
    # AVI files over 1 GB go on in further chunks; sound tools round the last chunk up by a byte.
    if expected > size + 1 and not (kind.demuxer == "wav" and length >= 0xFFFFFF00):
        raise TruncatedError(_CUT_OFF.format(percent=100 * size / expected))


def _check_picture(file: BinaryIO, size: int, kind: Kind) -> None:
    file.seek(max(0, size - 4096))
    tail = file.read()
    if (b"IEND" if kind.demuxer == "png_pipe" else b"\xff\xd9") not in tail:
        raise TruncatedError("This picture is incomplete: its end is missing. Upload it again.")
