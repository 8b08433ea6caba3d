"""Peaks of a sound track for drawing: computed once, at import."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from media_library.media.errors import HaltedError, NoAudioError
from media_library.media.opening import open_media

PEAKS_PER_SECOND = 50
_FRAMES_AT_ONCE = 512


@dataclass(frozen=True, kw_only=True)
class Waveform:
    """`low[i]` and `high[i]`, -128..127, are the extremes over all channels in the i-th of `per_second` slices of a second."""

    per_second: int
    duration: float
    low: list[int]
    high: list[int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def waveform(path: Path, *, per_second: int = PEAKS_PER_SECOND, halt: threading.Event | None = None) -> Waveform:
    """Raises NoAudioError."""
    with open_media(path) as container:
        if not container.streams.audio:
            raise NoAudioError
        stream = container.streams.audio[0]
        rate = stream.codec_context.sample_rate
        peaks = _Peaks(rate=rate, per_second=per_second)
        batch: list[AudioFrame] = []
        for frame in container.decode(stream):
            batch.append(frame)
            if len(batch) == _FRAMES_AT_ONCE:
                if halt is not None and halt.is_set():
                    raise HaltedError
                peaks.add(_mono_extremes(batch, stream))
                batch = []
        peaks.add(_mono_extremes(batch, stream))
        low, high = peaks.finish()
        return Waveform(per_second=per_second, duration=peaks.samples / rate, low=low.tolist(), high=high.tolist())


Extremes = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


def _mono_extremes(frames: list[AudioFrame], stream: AudioStream) -> Extremes:
    """The lowest and the highest channel of each sample, as floats in [-1, 1]."""
    if not frames:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    channels = stream.codec_context.channels
    if frames[0].format.is_planar:
        joined = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    else:
        joined = np.concatenate([frame.to_ndarray().reshape(-1, channels) for frame in frames]).T
    if joined.dtype.kind in "iu":
        scale = float(np.iinfo(joined.dtype).max)
        floats = joined.astype(np.float32)
        joined = (floats - 128) / 128 if joined.dtype == np.uint8 else floats / scale
    if len(joined) == 1:
        return joined[0], joined[0]
    return joined.min(axis=0), joined.max(axis=0)


class _Peaks:
    """Slices have whole numbers of samples that add up exactly: 44 100 / 50 = 882, and other rates are spread."""

    def __init__(self, *, rate: int, per_second: int) -> None:
        self.rate, self.per_second = rate, per_second
        self.samples = 0
        self._lows: list[npt.NDArray[np.float32]] = []
        self._highs: list[npt.NDArray[np.float32]] = []
        self._rest: Extremes = (np.zeros(0, np.float32), np.zeros(0, np.float32))
        self._done = 0

    def add(self, extremes: Extremes) -> None:
        self.samples += len(extremes[0])
        low, high = (np.concatenate([rest, new]) for rest, new in zip(self._rest, extremes, strict=True))
        ready = self.samples * self.per_second // self.rate
        if ready > self._done:
            begin = self._start(self._done)
            starts = np.array([self._start(index) - begin for index in range(self._done, ready)])
            end = self._start(ready) - begin
            self._lows.append(np.minimum.reduceat(low[:end], starts))
            self._highs.append(np.maximum.reduceat(high[:end], starts))
            low, high = low[end:], high[end:]
            self._done = ready
        self._rest = (low, high)

    def finish(self) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        if len(self._rest[0]):
            self._lows.append(self._rest[0].min(keepdims=True))
            self._highs.append(self._rest[1].max(keepdims=True))
        low = np.concatenate(self._lows) if self._lows else np.zeros(0, np.float32)
        high = np.concatenate(self._highs) if self._highs else np.zeros(0, np.float32)
        return (_to_int8(np.floor(low * 128)), _to_int8(np.ceil(high * 127)))

    def _start(self, index: int) -> int:
        return -(-index * self.rate // self.per_second)


def _to_int8(values: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    return np.clip(values, -128, 127).astype(np.int8)
