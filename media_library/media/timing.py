"""How frames follow each other: keyframes, steps, open groups of pictures. Read from the index, or from a bounded number of packets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

# Enough to meet every habit of an encoder; reading all entries of a long film would cost more than everything else together.
_WINDOWS, _WINDOW_ENTRIES = 5, 500
_PACKETS_READ = 600
_KEYFRAMES_LOOKED_AT = 3

Entry = tuple[int, bool]


@dataclass(frozen=True)
class FrameIndex:
    """Stretches of consecutive frames as (time in ticks, whether it is a keyframe), from a few places of the file."""

    base: Fraction
    windows: tuple[tuple[Entry, ...], ...]

    def keyframes(self) -> list[float]:
        """Seconds, of the first stretch only."""
        return [float(at * self.base) for at, is_key in self.windows[0] if is_key] if self.windows else []

    def keyframe_interval(self, *, duration: float) -> float | None:
        """The longest in seconds; where a stretch has fewer than two keyframes, at least its length. None: no frame is known."""
        longest = [self._longest(window) for window in self.windows if window]
        if not longest:
            return None
        return duration if len(self.keyframes()) < 2 and len(self.windows) == 1 else max(longest)

    def _longest(self, window: tuple[Entry, ...]) -> float:
        keys = [at for at, is_key in window if is_key]
        if len(keys) < 2:
            return float((window[-1][0] - window[0][0]) * self.base)
        return float(max(later - earlier for earlier, later in pairwise(keys)) * self.base)

    def steps(self) -> list[int]:
        return [later[0] - earlier[0] for window in self.windows for earlier, later in pairwise(window)]


def frame_index(container: InputContainer, stream: VideoStream) -> FrameIndex:
    """From the index where it lists every frame, else from the first packets."""
    base, entries = stream.time_base or Fraction(1), stream.index_entries
    count = len(entries)
    if count <= _WINDOWS * _WINDOW_ENTRIES:
        starts = [0]
        length = count
    else:
        length = _WINDOW_ENTRIES
        starts = [(count - length) * number // (_WINDOWS - 1) for number in range(_WINDOWS)]
    windows = [
        tuple((entry.timestamp, entry.is_keyframe) for entry in (entries[at] for at in range(start, start + length)))
        for start in starts
    ]
    if count < 2 or all(is_key for _, is_key in windows[0]):
        packets = _packets(container, stream, at_most=_PACKETS_READ)
        windows = [tuple(sorted((packet.pts, packet.is_keyframe) for packet in packets if packet.pts is not None))]
        container.seek(0)
    return FrameIndex(base, tuple(windows))


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
