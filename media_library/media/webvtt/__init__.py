"""Reading and writing WebVTT as the W3C standard says."""

from media_library.media.webvtt.cuetext import parse_text, plain_text, sanitise
from media_library.media.webvtt.errors import CueBeforeZero, InvalidWebVTT, WebVTTTooLarge
from media_library.media.webvtt.model import Block, Cue, Document, Dropped, Note, Region, Style
from media_library.media.webvtt.parser import MAX_BYTES, MAX_CUES, parse, parse_strict
from media_library.media.webvtt.settings import CueSettings, RegionSettings
from media_library.media.webvtt.timestamps import format_timestamp

__all__ = [
    "MAX_BYTES",
    "MAX_CUES",
    "Block",
    "Cue",
    "CueBeforeZero",
    "CueSettings",
    "Document",
    "Dropped",
    "InvalidWebVTT",
    "Note",
    "Region",
    "RegionSettings",
    "Style",
    "WebVTTTooLarge",
    "format_timestamp",
    "parse",
    "parse_strict",
    "parse_text",
    "plain_text",
    "sanitise",
]
