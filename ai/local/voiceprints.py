"""What a voice sounds like, as 256 numbers: Resemblyzer's speaker encoder, built as ONNX from its published weights."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ai import weights
from ai.capabilities.base import Progress, silent
from ai.local import mels
from ai.local.listening import RATE, Passage
from ai.local.wav import Samples

MODEL = "resemblyzer"
FRAMES = 160  # of 10 ms in a window: what the encoder was trained on
HOP = 25  # frames between windows
LOUDNESS = 10 ** (
    -30 / 20
)  # the encoder hears energies, not their logarithm: every passage comes at the level of its training
SILENCE = 10 ** (-80 / 20)
SHORTEST = 0.4  # seconds; what is shorter is heard together with what is around it
BATCH = 32
THREADS = 2

Vectors = npt.NDArray[np.float32]

_lock = threading.Lock()


@dataclass(frozen=True)
class Windows:
    """One row a window. `passages` tells which passage each lies in; windows of a passage are in order."""

    vectors: Vectors
    starts: npt.NDArray[np.float64]
    ends: npt.NDArray[np.float64]
    passages: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.vectors)


def require() -> Path:
    """The encoder's file, or the error that says how to fetch it."""
    return weights.require(MODEL) / "model.onnx"


def listen(samples: Samples, passages: Sequence[Passage], *, progress: Progress = silent) -> Windows:
    """A passage shorter than a window is heard over and over until it fills one; a silent passage has none."""
    inputs: list[mels.Mels] = []
    vectors: list[Vectors] = []
    places: list[tuple[float, float, int]] = []
    session = _session()
    for number, passage in enumerate(passages):
        start, end = _within(*passage, len(samples) / RATE)
        sound = samples[int(start * RATE) : int(end * RATE)]
        loudness = float(np.sqrt(np.mean(np.square(sound)))) if len(sound) else 0.0
        if loudness < SILENCE:
            continue
        energies = mels.energies(sound * (LOUDNESS / loudness))
        last = len(energies) - FRAMES
        if last < 0:
            energies = np.resize(energies, (FRAMES, mels.BANDS))
        firsts = [*range(0, max(last, 1), HOP), *([last] if last > 0 else [])]
        for first in firsts:
            inputs.append(energies[first : first + FRAMES])
            places.append((start + first / 100, min(start + (first + FRAMES) / 100, end), number))
            if len(inputs) == BATCH:
                progress(places[-1][1] * RATE / len(samples), "Telling voices apart")
                vectors.append(_embed(session, inputs))
                inputs = []
    if inputs:
        vectors.append(_embed(session, inputs))
    rows = np.array(places, float).reshape(-1, 3)
    together = np.concatenate(vectors) if vectors else np.zeros((0, 256), np.float32)
    return Windows(together, rows[:, 0], rows[:, 1], rows[:, 2].astype(np.int64))


def mean(vectors: Vectors) -> Vectors:
    """One unit vector for many."""
    total = vectors.mean(axis=0)
    unit: Vectors = total / max(float(np.linalg.norm(total)), 1e-9)
    return unit


def _within(start: float, end: float, duration: float) -> Passage:
    missing = max(SHORTEST - (end - start), 0.0) / 2
    return max(start - missing, 0.0), min(end + missing, duration)


def _embed(session: Any, inputs: list[mels.Mels]) -> Vectors:
    return np.asarray(session.run(["voices"], {"mels": np.stack(inputs)})[0], np.float32)


def _session() -> Any:
    with _lock:
        return _load(str(require()))


@cache
def _load(path: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
