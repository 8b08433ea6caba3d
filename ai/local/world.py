"""The melody and timbre of a voice taken apart and put together again, by the WORLD vocoder."""

from __future__ import annotations

import numpy as np

from ai.local.wav import Samples

LOWEST, HIGHEST = 60.0, 450.0  # Hz; what voices speak at
STEP_MS = 5.0
OCTAVE = 12.0  # semitones


def melody(sound: Samples, *, rate: int) -> tuple[float, float]:
    """The middle of the voice in Hz and its standard deviation in semitones; zeros where nothing is voiced."""
    import pyworld

    wave = sound.astype(np.float64)
    if len(wave) < rate // 10:
        return 0.0, 0.0
    pitch, times = pyworld.dio(wave, rate, f0_floor=LOWEST, f0_ceil=HIGHEST, frame_period=STEP_MS)
    pitch = pyworld.stonemask(wave, pitch, times, rate)
    voiced = np.log2(pitch[pitch > LOWEST])
    if not len(voiced):
        return 0.0, 0.0
    # Half and double readings are rare and far away: they are left out of the spread.
    middle = float(np.median(voiced))
    near = voiced[np.abs(voiced - middle) < 0.7]
    return float(2**middle), float(near.std() * OCTAVE)
