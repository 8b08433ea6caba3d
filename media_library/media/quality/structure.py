"""Rules of a sound track: every cue has text, sound tags, and times in order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from media_library.media.quality.track import Finding, Track, where
from media_library.media.webvtt.cuetext import parse_text, serialise

_NAMED_TAG = re.compile(r"<[^>0-9][^>]*>?")
_SPACES = re.compile(r"\s+")


def empty(track: Track) -> Iterator[Finding]:
    for index in where(track.letters.words == 0):
        yield Finding("empty", index, "The cue has no text.")


def bad_tag(track: Track) -> Iterator[Finding]:
    for index, text in enumerate(track.texts):
        if "<" in text and _tags(serialise(parse_text(text))) != _tags(text):
            yield Finding("bad_tag", index, "A tag is unknown, not closed or closed twice.")


def _tags(text: str) -> list[str]:
    return [_SPACES.sub(" ", tag) for tag in _NAMED_TAG.findall(text)]


def nonmonotonic(track: Track) -> Iterator[Finding]:
    for index in where(track.end_ms <= track.start_ms):
        yield Finding("nonmonotonic", index, "The cue ends before it starts.")
    for index in where(track.start_ms[1:] < track.start_ms[:-1]):
        yield Finding("nonmonotonic", index + 1, "The cue starts before the cue above it.")


def past_end(track: Track) -> Iterator[Finding]:
    if track.duration is None:
        return
    for index in where(track.end_ms / 1000 > track.duration + 0.5 / track.fps):
        end = int(track.end_ms[index]) / 1000
        yield Finding("past_end", index, "The cue ends after the film.", measured=end, limit=track.duration)
