"""Caption formats: every one is read to and written from the one model, `media_library.media.webvtt`.

document, notes = formats.read(data, filename="captions.srt")
formats.write(document, "ttml", language="en", title="Opening night")
"""

from media_library.media.formats.characters import MAX_BYTES
from media_library.media.formats.errors import CaptionsTooLarge, InvalidCaptions, Notice, UnknownCaptions
from media_library.media.formats.kinds import KINDS, READABLE, WRITABLE, Kind
from media_library.media.formats.reading import Reading, read, sniff
from media_library.media.formats.writing import write

__all__ = [
    "KINDS",
    "MAX_BYTES",
    "READABLE",
    "WRITABLE",
    "CaptionsTooLarge",
    "InvalidCaptions",
    "Kind",
    "Notice",
    "Reading",
    "UnknownCaptions",
    "read",
    "sniff",
    "write",
]
