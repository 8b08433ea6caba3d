"""Sound as numpy blocks, however long the file is: never more than one block in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.container import InputContainer

from media_library.media.errors import HaltedError, NoAudioError
from media_library.media.opening import open_media

RATE = 48_000
CHANNELS = 2
BLOCK_SAMPLES = RATE
# Codecs lean on what came before: where reading begins in the middle, so much is decoded and thrown away.
_RUN_UP = RATE // 4

Samples = npt.NDArray[np.float32]


def blocks(
    path: Path, *, block: int = BLOCK_SAMPLES, track: int = 0, start: int = 0, halt: threading.Event | None = None
) -> Iterator[Samples]:
    """48 kHz stereo, float32 in [-1, 1], shape (samples, 2). All blocks have `block` samples but the last. Sample 0 is time 0 of the file,
    or sample `start` of what would be read from there.

    A hole between packets becomes silence and an overlap is cut, so that sound stays with the picture.
    """
    held: list[Samples] = []
    have = 0
    with open_media(path) as container:
        for piece in _placed(container, track, start):
            if halt is not None and halt.is_set():
                raise HaltedError
            held.append(piece)
            have += len(piece)
            while have >= block:
                joined = np.concatenate(held)
                yield joined[:block]
                held = [joined[block:]]
                have -= block
    if have:
        yield np.concatenate(held)


def whole(path: Path, *, halt: threading.Event | None = None) -> Samples:
    """For short clips such as one spoken description."""
    parts = list(blocks(path, halt=halt))
    return np.concatenate(parts) if parts else np.zeros((0, CHANNELS), np.float32)


def _placed(container: InputContainer, track: int, start: int) -> Iterator[Samples]:
    if track >= len(container.streams.audio):
        raise NoAudioError
    if start > _RUN_UP:
        stream = container.streams.audio[track]
        container.seek(int((start - _RUN_UP) / RATE / (stream.time_base or Fraction(1))), stream=stream)
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
    written = skip = 0
    tolerance = RATE // 50
    due: int | None = None
    for frame in _frames(container, track):
        if frame.time is not None and (due is None or abs(round(frame.time * RATE) - due) > tolerance):
            # The first frame, or a jump: put it where its clock says, unless that is only rounding.
            for tail in resampler.resample(None) if due is not None else []:
                written += tail.samples
                yield _array(tail)
            resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
            wanted = round(frame.time * RATE) - start
            if wanted > written:
                yield from _silence(wanted - written)
                written = wanted
            skip = max(0, written - wanted)
        due = (round(frame.time * RATE) if frame.time is not None else due or 0) + round(
            frame.samples * RATE / frame.sample_rate
        )
        frame.pts = None
        for ready in resampler.resample(frame):
            array = _array(ready)[skip:]
            skip = max(0, skip - ready.samples)
            written += len(array)
            yield array
    for ready in resampler.resample(None):
        yield _array(ready)


def _frames(container: InputContainer, track: int) -> Iterator[AudioFrame]:
    for packet in container.demux(container.streams.audio[track]):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            # One damaged packet: a hole, filled with silence by the clock of the next.
            continue


def _array(frame: AudioFrame) -> Samples:
    return frame.to_ndarray().reshape(-1, CHANNELS).astype(np.float32, copy=False)


def _silence(samples: int) -> Iterator[Samples]:
    while samples > 0:
        now = min(samples, BLOCK_SAMPLES)
        yield np.zeros((now, CHANNELS), np.float32)
        samples -= now
