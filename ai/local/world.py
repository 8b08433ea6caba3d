"""The melody and timbre of a voice: measured, and moved toward another's by the WORLD vocoder and a gentle filter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from ai.local.wav import Samples

LOWEST, HIGHEST = 60.0, 450.0  # Hz; what voices speak at
STEP_MS = 5.0
OCTAVE = 12.0  # semitones
NEAR = 0.7  # octaves from the middle: what lies farther is a half or a double of the true pitch

# How far a voice is moved at the most. Beyond these it begins to sound like a machine.
MOST_SHIFT = 4.0  # semitones
MOST_SPREAD = 1.4  # times wider or narrower
MOST_TILT = 9.0  # dB

# The spectrum is compared in these places.
BINS = 129
TOP = 8_000.0  # Hz; the speaker encoder hears no higher
FILTER = 512  # taps at the rate of the sound

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Move:
    """What is done to speech after it was synthesized. `tilt` is dB at BINS places up to TOP; `shift` in semitones; `spread` times."""

    tilt: Curve
    shift: float = 0.0
    spread: float = 1.0

    def apply(self, sound: Samples, *, rate: int) -> Samples:
        moved = sung(sound, rate=rate, shift=self.shift, spread=self.spread) if self.sings else sound
        return tilted(moved, self.tilt, rate=rate)

    @property
    def sings(self) -> bool:
        """Whether the vocoder is needed: the filter alone leaves no trace of itself."""
        return self.shift != 0.0 or self.spread != 1.0


def melody(sound: Samples, *, rate: int) -> tuple[float, float]:
    """The middle of the voice in Hz and its standard deviation in semitones; zeros where nothing is voiced."""
    wave = sound.astype(np.float64)
    if len(wave) < rate // 10:
        return 0.0, 0.0
    pitch, _ = _pitch(wave, rate)
    voiced = np.log2(pitch[pitch > LOWEST])
    if not len(voiced):
        return 0.0, 0.0
    middle = float(np.median(voiced))
    near = voiced[np.abs(voiced - middle) < NEAR]
    return float(2**middle), float(near.std() * OCTAVE)


def sung(sound: Samples, *, rate: int, shift: float, spread: float) -> Samples:
    """The same words with the melody `shift` semitones higher and `spread` times as lively."""
    import pyworld

    wave = sound.astype(np.float64)
    pitch, times = _pitch(wave, rate)
    voiced = pitch > LOWEST
    if not voiced.any():
        return sound
    envelope = pyworld.cheaptrick(wave, pitch, times, rate)
    noise = pyworld.d4c(wave, pitch, times, rate)
    logs = np.log2(np.where(voiced, pitch, 1.0))
    middle = float(np.median(logs[voiced]))
    moved = np.where(voiced, 2 ** (middle + (logs - middle) * spread + shift / OCTAVE), 0.0)
    made = pyworld.synthesize(moved, envelope, noise, rate, STEP_MS)[: len(sound)]
    return np.pad(made, (0, len(sound) - len(made))).astype(np.float32)


def spectrum(sound: Samples, *, rate: int) -> Curve:
    """The average spectrum of what is loud in it, in dB, smoothed as coarsely as timbre is heard."""
    size = int(rate / (2 * TOP) * 2 * (BINS - 1))
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (0, size)), size)[:: size // 2] * np.hanning(size)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1)))[:, :BINS]
    levels = power.sum(axis=1)
    loud = power[levels >= np.quantile(levels, 0.4)]
    curve: Curve = _smooth() @ (10 * np.log10(loud.mean(axis=0) + 1e-12))
    return curve


def tilt(towards: Curve, of: Curve, *, share: float = 1.0) -> Curve:
    """The filter that gives the spectrum `of` the shape of the other, within limits."""
    places = np.linspace(0.0, TOP, BINS)
    difference = towards - of
    difference = difference - difference[(places > 100) & (places < 7000)].mean()
    moved: Curve = np.clip(share * difference, -MOST_TILT, MOST_TILT)
    return moved


def tilted(sound: Samples, curve: Curve, *, rate: int) -> Samples:
    """As loud as before. Above TOP the filter goes on as it ends."""
    if not np.any(curve):
        return sound
    places = np.linspace(0.0, rate / 2, FILTER // 2 + 1)
    gain = 10 ** (np.interp(places, np.linspace(0.0, TOP, BINS), curve) / 20)
    taps = np.roll(np.fft.irfft(gain), FILTER // 2) * np.hanning(FILTER)
    made = fftconvolve(sound, taps, "same")
    level = float(np.sqrt(np.mean(np.square(sound)))) / max(float(np.sqrt(np.mean(np.square(made)))), 1e-9)
    louder: Samples = (made * min(level, 0.99 / max(float(np.abs(made).max()), 1e-9))).astype(np.float32)
    return louder


def towards(middle: float, spread: float, *, of: tuple[float, float]) -> tuple[float, float]:
    """The shift and the spread that give the melody `of` the wanted middle and spread, within limits."""
    if not (middle and spread and all(of)):
        return 0.0, 1.0
    shift = OCTAVE * float(np.log2(middle / of[0]))
    return float(np.clip(shift, -MOST_SHIFT, MOST_SHIFT)), float(np.clip(spread / of[1], 1 / MOST_SPREAD, MOST_SPREAD))


def _pitch(wave: npt.NDArray[np.float64], rate: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    import pyworld

    rough, times = pyworld.dio(wave, rate, f0_floor=LOWEST, f0_ceil=HIGHEST, frame_period=STEP_MS)
    return pyworld.stonemask(wave, rough, times, rate), times


def _smooth() -> Curve:
    """Averages over an eighth of the frequency, at least 100 Hz."""
    places = np.linspace(0.0, TOP, BINS)
    width = np.maximum(100.0, places * 0.12)[:, None]
    weights = np.exp(-0.5 * np.square((places[:, None] - places[None]) / width))
    smooth: Curve = weights / weights.sum(axis=1, keepdims=True)
    return smooth
