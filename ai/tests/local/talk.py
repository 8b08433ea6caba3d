"""Conversations joined from recordings of known readers, so that it is known who speaks when."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ai.local.wav import Samples
from ai.tests.local.conftest import DATA

RATE = 16_000
AUSTEN = sorted((DATA / "speech").glob("*.wav"))
CARDS = sorted((DATA / "voices").glob("*.wav"))

Said = tuple[float, float, int]
"""Start, end and reader."""


def samples(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return spoken(pcm.astype(np.float32) / 32768)


def spoken(sound: Samples) -> Samples:
    """Without the silence around it, at one loudness."""
    loud = np.flatnonzero(np.abs(sound) > 0.05 * np.abs(sound).max())
    sound = sound[loud[0] : loud[-1]]
    level: Samples = (sound * (0.06 / np.sqrt(np.mean(np.square(sound))))).astype(np.float32)
    return level


def in_turn(*readers: Sequence[Path], pause: float = 0.4) -> tuple[Samples, list[Said]]:
    """Readers one after the other, a clip each, until all clips are spoken. Whoever has fewer is heard less often."""
    parts: list[Samples] = []
    said: list[Said] = []
    at = 0.0
    silence: Samples = np.zeros(int(pause * RATE), np.float32)
    for clips in zip_longest(*readers):
        for reader, clip in enumerate(clips):
            if clip is not None:
                sound = samples(clip)
                parts += [silence, sound]
                at += pause
                said.append((at, at + len(sound) / RATE, reader))
                at += len(sound) / RATE
    return np.concatenate(parts), said


def wrong(said: Sequence[Said], turns: Sequence[tuple[float, float, int]]) -> float:
    """The share of what is said that is missed or given to somebody else, if speakers are numbered alike."""
    steps = int(max(end for _, end, _ in said) * 100) + 1
    truth, told = _steps(said, steps), _steps(turns, steps)
    return float(np.mean(truth[truth >= 0] != told[truth >= 0]))


def _steps(turns: Sequence[tuple[float, float, int]], steps: int) -> npt.NDArray[np.int64]:
    line = np.full(steps, -1)
    for start, end, speaker in turns:
        line[int(start * 100) : int(end * 100)] = speaker
    return line
