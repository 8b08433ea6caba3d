"""Rules of a sound track: every cue has text, times in order, and is not the source's text again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from media_library.media.quality.track import Finding, Track
from media_library.media.webvtt.cuetext import parse_text, plain_text, serialise


def empty(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        if not line.plain.strip():
            yield Finding("empty", line.index, "The cue has no text.")


def bad_tag(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        text = line.cue.text
        if "<" in text and _tags(serialise(parse_text(text))) != _tags(text):
            yield Finding("bad_tag", line.index, "A tag is unknown, not closed or closed twice.")


def _tags(text: str) -> list[str]:
    return [re.sub(r"\s+", " ", tag) for tag in re.findall(r"<[^>0-9][^>]*>?", text)]


def nonmonotonic(track: Track) -> Iterator[Finding]:
    for line in track.lines:
        if line.cue.end_ms <= line.cue.start_ms:
            yield Finding("nonmonotonic", line.index, "The cue ends before it starts.")
    for line, following in track.pairs:
        if following.cue.start_ms < line.cue.start_ms:
            yield Finding("nonmonotonic", following.index, "The cue starts before the cue above it.")


def past_end(track: Track) -> Iterator[Finding]:
    if track.duration is None:
        return
    for line in track.lines:
        if line.cue.end > track.duration + 0.5 / track.fps:
            yield Finding(
                "past_end", line.index, "The cue ends after the film.", measured=line.cue.end, limit=track.duration
            )


def against_source(track: Track) -> Iterator[Finding]:
    for line, source in zip(track.lines, track.sources, strict=False):
        text, given = " ".join(line.plain.split()), " ".join(plain_text(source).split())
        if given and not text:
            yield Finding("missing_target", line.index, "The cue is not translated.")
        elif text == given and len(text.split()) > 3:
            yield Finding("same_as_source", line.index, "The text is the same as in the source language.")
