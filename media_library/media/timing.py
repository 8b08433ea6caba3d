"""How frames follow each other: keyframes, steps, open groups of pictures. Read from the index, or from a bounded number of packets."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import islice, pairwise

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

_INDEX_ENTRIES_READ = 20_000
_PACKETS_READ = 600
_KEYFRAMES_LOOKED_AT = 3


def frame_index(container: InputContainer, stream: VideoStream) -> tuple[list[float], list[int]]:
    """(times of keyframes in seconds, steps between frames in ticks), from the index where it lists every frame, else from packets."""
    base = stream.time_base or Fraction(1, 1)
    entries = [(entry.timestamp, entry.is_keyframe) for entry in islice(stream.index_entries, _INDEX_ENTRIES_READ)]
    if len(entries) < 2 or all(is_key for _, is_key in entries):
        packets = _packets(container, stream, at_most=_PACKETS_READ)
        entries = sorted((packet.pts, packet.is_keyframe) for packet in packets if packet.pts is not None)
        container.seek(0)
    return [float(at * base) for at, is_key in entries if is_key], [
        later - earlier for (earlier, _), (later, _) in pairwise(entries)
    ]


def _packets(container: InputContainer, stream: VideoStream, *, at_most: int) -> list[av.Packet[VideoStream]]:
    return [packet for packet in islice(container.demux(stream), at_most) if packet.size]


def is_vfr(steps: list[int]) -> bool:
    """Frames further apart or closer than rounding explains. A lone odd step is an edit, not a variable rate."""
    if len(steps) < 2:
        return False
    usual = Counter(steps).most_common(1)[0][0]
    slack = max(1, usual // 50)
    odd = sum(abs(step - usual) > slack for step in steps)
    return odd > max(1, len(steps) // 200)


def is_open_gop(container: InputContainer, stream: VideoStream, keyframes: list[float]) -> bool:
    """Whether a picture after a keyframe (in file order) is shown before it, and so needs the pictures before the keyframe."""
    if not stream.codec_context.has_b_frames or stream.time_base is None:
        return False
    for at in keyframes[1 : 1 + _KEYFRAMES_LOOKED_AT]:
        container.seek(int((at + 0.001) / stream.time_base), stream=stream, backward=True)
        packets = _packets(container, stream, at_most=8)
        if not packets or not packets[0].is_keyframe or packets[0].pts is None:
            continue
        shown = packets[0].pts
        if any(packet.pts is not None and packet.pts < shown for packet in packets[1:]):
            container.seek(0)
            return True
    container.seek(0)
    return False


def decoded_rotation(container: InputContainer, stream: VideoStream) -> int:
    try:
        frame = next(iter(container.decode(stream)), None)
        container.seek(0)
    except av.error.InvalidDataError:
        return 0
    return (-frame.rotation) % 360 if frame is not None else 0
