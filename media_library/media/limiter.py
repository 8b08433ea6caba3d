"""A true-peak limiter that works on a stream of blocks: looks ahead, lowers the gain in time, never hears a block edge."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from media_library.media.decoding import CHANNELS, RATE, Samples

OVERSAMPLING = 4
_TAPS = 12
_WINDOW = RATE // 50
# The minimum and the mean each look one window both ways; the interpolation filter a few samples more.
_CONTEXT = 2 * _WINDOW + _TAPS
# Between two samples a band-limited wave rises above both by less than this in practice; below it no oversampling is needed.
_INTERSAMPLE_MARGIN = 0.5

Floats = npt.NDArray[np.float32]


def limited(blocks: Iterable[Samples], *, ceiling: float) -> Iterator[Samples]:
    """The same samples, lowered where their true peak would pass `ceiling` (linear)."""
    before = np.zeros((_CONTEXT, CHANNELS), np.float32)
    current: Samples | None = None
    for following in blocks:
        if current is not None:
            yield _limit(before, current, following[:_CONTEXT], ceiling)
            before = np.concatenate([before, current])[-_CONTEXT:]
        current = following
    if current is not None:
        yield _limit(before, current, np.zeros((0, CHANNELS), np.float32), ceiling)


def _limit(before: Samples, block: Samples, after: Samples, ceiling: float) -> Samples:
    # Short blocks give short context; zeros stand in for what is beyond the end.
    after = np.concatenate([after, np.zeros((_CONTEXT - len(after), CHANNELS), np.float32)])
    around = np.concatenate([before, block, after])
    if not len(block) or np.abs(around).max() <= ceiling * _INTERSAMPLE_MARGIN:
        return block
    wanted = np.minimum(1.0, ceiling / np.maximum(_true_peaks(around), 1e-9))
    if wanted.min() >= 1.0:
        return block
    lowest = _sliding_minimum(wanted, 2 * _WINDOW + 1)
    # The mean of minima that all cover a sample is never above what that sample needs.
    summed = np.cumsum(np.concatenate([[0.0], lowest]))
    width = 2 * _WINDOW + 1
    smooth = (summed[width:] - summed[:-width]) / width
    first = _CONTEXT - _WINDOW
    gain = smooth[first : first + len(block)]
    lowered: Samples = (block * gain[:, None]).astype(np.float32)
    return lowered


def _sliding_minimum(values: Floats, width: int) -> Floats:
    """Centred; the ends see fewer samples. Doubling windows: log2(width) passes."""
    half = width // 2
    padded = np.concatenate([np.ones(half, values.dtype), values, np.ones(half, values.dtype)])
    span = 1
    while span * 2 <= width:
        padded = np.minimum(padded[:-span], padded[span:])
        span *= 2
    rest = width - span
    found: Floats = np.minimum(padded[: len(padded) - rest], padded[rest:]) if rest else padded
    return found


@functools.cache
def _phases() -> list[Floats]:
    """Windowed-sinc filters that give the wave at 1/4, 2/4 and 3/4 between two samples."""
    phases = []
    for step in range(1, OVERSAMPLING):
        at = np.arange(-_TAPS // 2 + 1, _TAPS // 2 + 1) - step / OVERSAMPLING
        taps = np.sinc(at) * np.hanning(_TAPS + 2)[1:-1]
        phases.append((taps / taps.sum()).astype(np.float32)[::-1])
    return phases


def _true_peaks(samples: Samples) -> Floats:
    """The larger channel's peak in the neighbourhood of each sample."""
    peaks: Floats = np.abs(samples).max(axis=1)
    for channel in range(CHANNELS):
        for taps in _phases():
            between = np.abs(np.convolve(samples[:, channel], taps, mode="same"))
            # A peak between two samples counts for both.
            peaks = np.maximum(peaks, between)
            peaks[1:] = np.maximum(peaks[1:], between[:-1])
            peaks[:-1] = np.maximum(peaks[:-1], between[1:])
    return peaks
