"""What a stored file may do in a browser, and which part of it a client asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Types that browsers show without running anything; all others are downloaded.
INLINE = frozenset(
    {
        "video/mp4",
        "video/webm",
        "audio/mpeg",
        "audio/mp4",
        "audio/x-m4a",
        "audio/wav",
        "audio/x-wav",
        "audio/ogg",
        "audio/webm",
        "image/png",
        "image/jpeg",
        "image/webp",
        "text/vtt",
    }
)
ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def shown_inline(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in INLINE


class UnsatisfiableRangeError(Exception):
    """416: several ranges at once, none, or one outside the file."""


@dataclass(frozen=True)
class Span:
    """Bytes `start` up to, not including, `end`."""

    start: int
    end: int


def span_of(header: str, size: int) -> Span | None:
    """The one range of a Range header (RFC 9110, 14.2); None when the whole file is meant."""
    if not header.startswith("bytes="):
        # A unit that we do not know is to be ignored.
        return None
    found = ONE_RANGE.fullmatch(header.replace(" ", ""))
    if found is None:
        raise UnsatisfiableRangeError
    first, last = found[1], found[2]
    if first:
        start, end = int(first), min(int(last) + 1, size) if last else size
        valid = start < size and start < end
    else:
        length = int(last or 0)
        start, end = max(size - length, 0), size
        valid = length > 0 and size > 0
    if not valid:
        raise UnsatisfiableRangeError
    return Span(start, end)
