"""WebVTT: parse and write of 10,000 cues against webvtt-py."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable
from typing import Any

import webvtt as peer

from bench import Row, alternate, at_least, rounds_for
from media_library.media import webvtt

NAME = "vtt"
GOAL = at_least(7)
WRITE_GOAL = at_least(6)
CUES = 10_000
QUICK_CUES = 2_000
REPEATS = 10
WORDS = [
    "the",
    "a",
    "of",
    "and",
    "to",
    "in",
    "house",
    "was",
    "very",
    "small",
    "amiable",
    "consider",
    "leisure",
    "respectable",
    "prudently",
]


def rows(*, quick: bool) -> Iterable[Row]:
    text = track(QUICK_CUES if quick else CUES)
    rounds = rounds_for(quick=quick)

    ours, theirs = alternate(often(lambda: webvtt.parse(text)), often(lambda: peer.from_string(text)), rounds=rounds)
    document, captions = ours.value, theirs.value
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in document.cues] == [
        (milliseconds(caption.start), milliseconds(caption.end), caption.text) for caption in captions
    ], "the two readers disagree"
    yield Row("vtt_parse", ours=ours.cpu / REPEATS, peer=theirs.cpu / REPEATS)

    ours, theirs = alternate(often(document.write), often(lambda: written_by_peer(captions)), rounds=rounds)
    assert ours.value == text, "what was read is not what was written"
    assert webvtt.parse(theirs.value).cues == document.cues, "the two writers disagree"
    yield Row("vtt_write", ours=ours.cpu / REPEATS, peer=theirs.cpu / REPEATS, goal=WRITE_GOAL)


def often(call: Callable[[], Any]) -> Callable[[], Any]:
    """The clock of process times ticks every 10 ms: one call would be lost between two ticks."""

    def repeated() -> Any:
        for _ in range(REPEATS - 1):
            call()
        return call()

    return repeated


def milliseconds(timestamp: str) -> int:
    hours, minutes, seconds = timestamp.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + int(seconds.replace(".", ""))


def written_by_peer(captions: peer.WebVTT) -> str:
    out = io.StringIO()
    captions.write(out)
    return out.getvalue()


def track(cues: int) -> str:
    """Two lines a cue, ids on every second, settings on every third."""
    chance = random.Random(20)
    blocks = ["WEBVTT"]
    at = 0
    for index in range(cues):
        end = at + chance.randint(900, 6000)
        timing = f"{webvtt.format_timestamp(at)} --> {webvtt.format_timestamp(end)}"
        settings = " line:80% align:start" if index % 3 == 0 else ""
        name = f"{index}\n" if index % 2 else ""
        lines = "\n".join(" ".join(chance.choice(WORDS) for _ in range(7)) for _ in range(2))
        blocks.append(f"{name}{timing}{settings}\n{lines}")
        at = end + 80
    return "\n\n".join(blocks) + "\n"
