"""How loud pieces of sound are, by ITU-R BS.1770, computed on blocks of samples as they pass."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from media_library.media.decoding import RATE, Samples

SLICE_SECONDS = 0.1
_SLICE = round(RATE * SLICE_SECONDS)
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_GATING_SLICES = 4
SILENCE = -120.0

# The two K-weighting filters of BS.1770 at 48 kHz, as (b, a).
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))

# Bands whose inner flatness tells a tone from a noise, whatever the slope of the whole spectrum.
_BANDS_HZ = (120, 250, 500, 1000, 2000, 4000, 8000)
_NOISE_FLATNESS = 0.8

Floats = npt.NDArray[np.float64]


@functools.cache
def _weights(samples: int) -> Floats:
    """|K(f)|² at the bins of a real FFT of `samples`."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(samples))
    power = np.ones(len(z))
    for b, a in (_SHELF, _HIGH_PASS):
        power = power * np.abs((b[0] + b[1] * z + b[2] * z**2) / (a[0] + a[1] * z + a[2] * z**2)) ** 2
    # Both halves of a real signal's spectrum, but DC and Nyquist once; Parseval's 1/N².
    power[1:-1] *= 2
    weights: Floats = power / samples**2
    return weights


@dataclass(frozen=True)
class Profile:
    """K-weighted mean square of each tenth of a second, channels summed, and how noise-like each second is (0 tone, 1 noise)."""

    energy: Floats
    flatness: Floats

    def loudness(self, spans: Sequence[tuple[float, float]]) -> float:
        """Gated loudness (LUFS) inside these spans of seconds; SILENCE when nothing is there."""
        pieces = [self.energy[max(0, round(start * 10)) : max(0, round(end * 10))] for start, end in spans]
        blocks = [_block_energies(piece) for piece in pieces if len(piece)]
        return gated(np.concatenate(blocks)) if blocks else SILENCE

    def is_ambience(self, start: float, end: float) -> bool:
        """Noise-like rather than tonal: wind, rain, a street, not music."""
        inside = self.flatness[int(start) : max(int(start) + 1, int(np.ceil(end)))]
        return len(inside) > 0 and float(inside.mean()) > _NOISE_FLATNESS


def profile(blocks: Iterable[Samples]) -> Profile:
    energies: list[Floats] = []
    flatness: list[float] = []
    for block in _seconds(blocks):
        usable = len(block) // _SLICE
        if usable:
            sliced = block[: usable * _SLICE].reshape(usable, _SLICE, -1)
            spectrum = np.abs(np.fft.rfft(sliced, axis=1)) ** 2
            energies.append((spectrum * _weights(_SLICE)[None, :, None]).sum(axis=(1, 2)))
            flatness.append(_flatness(spectrum.mean(axis=(0, 2))))
    return Profile(np.concatenate(energies) if energies else np.zeros(0), np.array(flatness))


def clip_loudness(samples: Samples) -> float:
    """Gated loudness of one short clip (LUFS)."""
    usable = len(samples) // _SLICE
    if not usable:
        return SILENCE
    sliced = samples[: usable * _SLICE].reshape(usable, _SLICE, -1)
    spectrum = np.abs(np.fft.rfft(sliced, axis=1)) ** 2
    return gated(_block_energies((spectrum * _weights(_SLICE)[None, :, None]).sum(axis=(1, 2))))


def gated(energies: Floats) -> float:
    audible = energies[_lufs(energies) > _ABSOLUTE_GATE]
    if not len(audible):
        return SILENCE
    loud = audible[_lufs(audible) > _lufs(audible.mean(keepdims=True))[0] + _RELATIVE_GATE]
    return float(_lufs((loud if len(loud) else audible).mean(keepdims=True))[0])


def decibels(factor: float) -> float:
    return 20 * float(np.log10(max(factor, 1e-6)))


def factor(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def _lufs(energies: Floats) -> Floats:
    lufs: Floats = -0.691 + 10 * np.log10(np.maximum(energies, 1e-12))
    return lufs


def _block_energies(slices: Floats) -> Floats:
    """400 ms blocks that overlap by three quarters; what is shorter counts as one block."""
    if len(slices) < _GATING_SLICES:
        short: Floats = slices.mean(keepdims=True)
        return short
    summed = np.cumsum(np.concatenate([[0.0], slices]))
    blocks: Floats = (summed[_GATING_SLICES:] - summed[:-_GATING_SLICES]) / _GATING_SLICES
    return blocks


def _flatness(spectrum: Floats) -> float:
    """Mean over bands of geometric over arithmetic mean."""
    hertz = RATE / _SLICE
    found = []
    for low, high in pairwise(_BANDS_HZ):
        band = spectrum[round(low / hertz) : round(high / hertz)] + 1e-12
        found.append(float(np.exp(np.log(band).mean()) / band.mean()))
    return sum(found) / len(found)


def _seconds(blocks: Iterable[Samples]) -> Iterator[Samples]:
    held: list[Samples] = []
    have = 0
    for block in blocks:
        held.append(block)
        have += len(block)
        while have >= RATE:
            joined = np.concatenate(held)
            yield joined[:RATE]
            held, have = [joined[RATE:]], have - RATE
    if have:
        yield np.concatenate(held)
