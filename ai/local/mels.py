"""Mel energies of speech as librosa computes them, which is what the speaker encoder was trained on."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft
from scipy.signal.windows import hann

from ai.local.listening import RATE
from ai.local.wav import Samples

LENGTH = 400  # samples a frame, 25 ms
STEP = 160  # samples between frames, 10 ms
BANDS = 40
BLOCK = 4096  # frames at a time, so that an hour of speech needs no gigabyte

Mels = npt.NDArray[np.float32]

# Slaney's mel scale: linear up to 1000 Hz, logarithmic above.
LINEAR = 200.0 / 3
CORNER = 1000.0
GROWTH = np.log(6.4) / 27.0


def energies(samples: Samples) -> Mels:
    """[frames, bands]: the energy in each band around every STEP-th sample, with silence before and after the sound."""
    padded = np.pad(samples.astype(np.float32, copy=False), LENGTH // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, LENGTH)[::STEP]
    mels = np.empty((len(frames), BANDS), np.float32)
    for first in range(0, len(frames), BLOCK):
        spectrum = rfft(frames[first : first + BLOCK] * _window(), axis=1)
        mels[first : first + BLOCK] = (spectrum.real**2 + spectrum.imag**2) @ _filters()
    return mels


@cache
def _window() -> Samples:
    window: Samples = hann(LENGTH, sym=False).astype(np.float32)
    return window


@cache
def _filters() -> npt.NDArray[np.float32]:
    """Triangles of equal area, one column a band."""
    edges = _hertz(np.linspace(0.0, _mel(RATE / 2), BANDS + 2))
    bins = np.linspace(0.0, RATE / 2, LENGTH // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    filters: npt.NDArray[np.float32] = (triangles * 2.0 / (edges[2:] - edges[:-2])).astype(np.float32)
    return filters


def _mel(hertz: float) -> float:
    return float(CORNER / LINEAR + np.log(hertz / CORNER) / GROWTH)


def _hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    corner = CORNER / LINEAR
    hertz: npt.NDArray[np.float64] = np.where(mels < corner, mels * LINEAR, CORNER * np.exp(GROWTH * (mels - corner)))
    return hertz
