"""Speech on disk."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


def write(path: Path, samples: Samples, *, rate: int) -> float:
    """Writes mono 16-bit PCM of samples in -1..1 and returns its length in seconds."""
    pcm = (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return len(pcm) / rate


def seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def trimmed(samples: Samples, *, rate: int, quiet: float = 0.01, keep: float = 0.03) -> Samples:
    """Without the silence at both ends, but for `keep` seconds of it."""
    loud = np.flatnonzero(np.abs(samples) > quiet)
    if not len(loud):
        return samples[:0]
    margin = int(keep * rate)
    return samples[max(0, int(loud[0]) - margin) : int(loud[-1]) + margin]
