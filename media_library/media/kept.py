"""Parts of a file that was rendered before, found again by what they were made of, so that only what changed is encoded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from av.packet import Packet

from media_library.media.opening import open_media

# What is written into parts has changed: none of before fits.
_MADE = 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """`count` samples of the track from number `first` on, in the order of the file."""

    key: str
    first: int
    count: int


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The file of before. `parts` are those of its first track of the kind that is asked for."""

    path: Path
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Sample:
    data: bytes
    is_key: bool


def key_of(*made_of: Any) -> str:
    """Names a part by everything its bytes depend on."""
    return hashlib.sha256(json.dumps([_MADE, *made_of], separators=(",", ":")).encode()).hexdigest()[:32]


class Parts:
    """Reads parts in the order in which they stand in the file. One asked for again, or out of order, is not found, and is made anew."""

    def __init__(self, packets: Iterator[Packet[Any]], parts: Iterable[Part]) -> None:
        self._packets = packets
        self._parts = {part.key: part for part in parts}
        self._at = 0

    def take(self, key: str) -> list[Sample]:
        part = self._parts.get(key)
        if part is None or part.first < self._at:
            return []
        found: list[Sample] = []
        for packet in self._packets:
            self._at += 1
            if self._at > part.first:
                found.append(Sample(bytes(packet), packet.is_keyframe))
            if len(found) == part.count:
                break
        return found if len(found) == part.count else []


@contextmanager
def parts_of(kept: Kept | None, kind: Literal["video", "audio"]) -> Iterator[Parts]:
    if kept is None:
        yield Parts(iter(()), ())
        return
    with open_media(kept.path) as container:
        streams = container.streams.video if kind == "video" else container.streams.audio
        packets = (packet for packet in container.demux(streams[0]) if packet.size) if streams else iter(())
        yield Parts(packets, kept.parts)
