"""Sound in pieces that meet where the picture is held. Each is encoded by itself, or taken from the file of before.

At the beginning of a hold the programme has faded out and the description has not begun: a sixth of a second of silence, in which one
piece ends and the next begins. Pieces begin on whole packets, so each stands up to half a packet (11 ms) beside its exact time; it never
adds up, and is a fraction of what anybody sees or hears. In return a hold that grows moves all that follows without touching it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from media_library.media.decoding import RATE, Samples
from media_library.media.errors import HaltedError, RenderError
from media_library.media.kept import Kept, Part, Parts, parts_of
from media_library.media.writing import written

PACKET = 1024
# Into a hold, in samples: later than the programme's fade, earlier than the description.
CUT = round(0.1 * RATE)
_QUIET = round(0.05 * RATE)
_SHORTEST_HOLD = round(0.25 * RATE)
# How many silent packets may be added to a piece or left out of it where its neighbour begins.
_SLACK = 2


@dataclass(frozen=True)
class Hold:
    """In samples: where in the source, for how long, and when it begins in the output."""

    at: int
    length: int
    begins: int


@dataclass(frozen=True)
class Piece:
    """Samples `begins` to `ends` of the output, the source from `source` on. `opening` is what is left of the hold that it begins in."""

    begins: int
    ends: int
    source: int
    source_ends: int | None
    opening: int
    holds: tuple[Hold, ...]


def holds_of(pauses: Iterable[tuple[float, float]]) -> list[Hold]:
    found: list[Hold] = []
    gone = 0
    for at, seconds in sorted(pauses):
        point, length = round(at * RATE), round(seconds * RATE)
        found.append(Hold(point, length, point + gone))
        gone += length
    return found


def pieces(holds: Sequence[Hold], *, busy: Sequence[tuple[int, int]], total: int) -> list[Piece]:
    """`busy` are the samples of the output in which a description is heard: nothing is cut there."""
    cuts = [hold for hold in holds if _is_quiet(hold, busy) and hold.begins + CUT < total]
    edges: list[Hold | None] = [None, *cuts, None]
    found = []
    for first, last in pairwise(edges):
        begins = first.begins + CUT if first else 0
        ends = last.begins + CUT if last else total
        inside = [
            hold
            for hold in holds
            if hold is not first and (first is None or hold.at > first.at) and (last is None or hold.at < last.at)
        ]
        found.append(
            Piece(
                begins,
                ends,
                first.at if first else 0,
                last.at if last else None,
                first.length - CUT if first else 0,
                tuple(inside),
            )
        )
    return found


def _is_quiet(hold: Hold, busy: Sequence[tuple[int, int]]) -> bool:
    cut = hold.begins + CUT
    return hold.length >= _SHORTEST_HOLD and all(end <= cut - _QUIET or start >= cut + _QUIET for start, end in busy)


def splice(
    found: Sequence[Piece],
    into: Path,
    *,
    total: int,
    bit_rate: int,
    keys: Sequence[str],
    samples: Callable[[Piece], Iterable[Samples]],
    kept: Kept | None,
    report: Callable[[int], None],
    halt: threading.Event | None,
) -> tuple[Part, ...]:
    """Write one AAC track (.m4a) of exactly `total` samples. `keys` name the pieces by what they are made of."""
    firsts = [round(piece.begins / PACKET) for piece in found]
    counts = [later - first for first, later in pairwise([*firsts, math.ceil(total / PACKET)])]
    parts: list[Part] = []
    with written(into) as part, parts_of(kept, "audio") as before, av.open(str(part), "w", format="mp4") as container:
        track: AudioStream = container.add_stream("aac", rate=RATE, layout="stereo", bit_rate=bit_rate)
        writer = _Writer(container, track, total)
        for number, (piece, key, count) in enumerate(zip(found, keys, counts, strict=True)):
            report(piece.begins)
            if halt is not None and halt.is_set():
                raise HaltedError
            # The first one brings the packet with which the encoder begins; players know that it is not heard.
            wanted = count + (1 if number == 0 else 0)
            data = _taken(before, key, wanted, bit_rate)
            if data is None:
                data = _fitted(_encoded(samples(piece), piece, bit_rate, leads=number == 0), wanted, bit_rate)
            parts.append(Part(key=key, first=writer.count, count=len(data)))
            for one in data:
                writer.write(one)
            report(piece.ends)
    return tuple(parts)


def _taken(before: Parts, key: str, wanted: int, bit_rate: int) -> list[bytes] | None:
    data = [sample.data for sample in before.take(key)]
    if not data or abs(len(data) - wanted) > _SLACK:
        return None
    return _fitted(data, wanted, bit_rate)


def _fitted(data: list[bytes], wanted: int, bit_rate: int) -> list[bytes]:
    """As long as its place: its end is silent."""
    if len(data) < wanted:
        return data + [_silence(bit_rate)] * (wanted - len(data))
    return data[:wanted]


def _encoded(stream: Iterable[Samples], piece: Piece, bit_rate: int, *, leads: bool) -> list[bytes]:
    encoder = _encoder(bit_rate)
    data: list[bytes] = []
    at = 0
    filled = math.ceil((piece.ends - piece.begins) / PACKET) * PACKET
    for block in _filled(stream, filled):
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(np.clip(block, -1.0, 1.0).T), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts = RATE, at
        data += [bytes(packet) for packet in encoder.encode(frame)]
        at += len(block)
    data += [bytes(packet) for packet in encoder.encode(None)]
    if len(data) != at // PACKET + 1:
        raise RenderError(log=f"{len(data)} packets of sound came out for {at} samples")
    return data if leads else data[1:]


def _filled(stream: Iterable[Samples], total: int) -> Iterator[Samples]:
    given = 0
    for block in stream:
        taken = block[: total - given]
        if len(taken):
            yield taken
        given += len(taken)
    if given < total:
        yield np.zeros((total - given, 2), np.float32)


def _encoder(bit_rate: int) -> AudioCodecContext:
    encoder = av.CodecContext.create("aac", "w")
    if not isinstance(encoder, AudioCodecContext):
        raise RenderError
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "fltp"
    encoder.bit_rate, encoder.time_base = bit_rate, Fraction(1, RATE)
    encoder.open()
    return encoder


def _silence(bit_rate: int) -> bytes:
    """A packet in which nothing is heard."""
    empty = Piece(0, PACKET * 2, 0, None, 0, ())
    return _encoded([np.zeros((PACKET * 2, 2), np.float32)], empty, bit_rate, leads=True)[-1]


@dataclass
class _Writer:
    """Gives each packet its time, and the last one what is left."""

    container: Any
    track: AudioStream
    total: int
    count: int = 0

    def write(self, data: bytes) -> None:
        packet = av.Packet(data)
        pts = (self.count - 1) * PACKET
        packet.time_base = Fraction(1, RATE)
        packet.pts = packet.dts = pts
        packet.duration = min(PACKET, self.total - pts)
        packet.is_keyframe = True
        packet.stream = self.track
        self.container.mux_one(packet)
        self.count += 1
