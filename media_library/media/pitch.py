"""How high somebody speaks: the middle of the voice, measured on the stretches that are theirs."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_library.media.decoding import RATE, blocks

# A voice is known after so much of it.
MOST_SECONDS = 30.0
_STEP = 6  # to 8 kHz: what voices swing at lies far below
_RATE = RATE // _STEP
_FRAME = round(0.04 * _RATE)
_LOWEST, _HIGHEST = 70.0, 400.0
_QUIET = 0.01
# How much of a frame has to come again after one swing for it to be voiced.
_VOICED = 0.55
_FEWEST_FRAMES = 10

Floats = npt.NDArray[np.float32]


def pitches(
    path: Path, spans: Mapping[str, Sequence[tuple[float, float]]], *, halt: threading.Event | None = None
) -> dict[str, float]:
    """Hertz, by speaker; those of whom too little is heard are left out. Reads the file once."""
    found: dict[str, list[Floats]] = {speaker: [] for speaker in spans}
    have = dict.fromkeys(spans, 0)
    for number, block in enumerate(blocks(path, halt=halt)):
        if all(count >= MOST_SECONDS * _RATE for count in have.values()):
            break
        low = _lowered(block.mean(axis=1))
        for speaker, own in spans.items():
            for start, end in own:
                first, last = (round((at - number) * _RATE) for at in (start, end))
                part = low[max(0, first) : max(0, last)]
                if len(part) and have[speaker] < MOST_SECONDS * _RATE:
                    found[speaker].append(part)
                    have[speaker] += len(part)
    told = {speaker: pitch_of(np.concatenate(parts)) for speaker, parts in found.items() if parts}
    return {speaker: pitch for speaker, pitch in told.items() if pitch}


def _lowered(sound: Floats) -> Floats:
    usable = len(sound) // _STEP * _STEP
    low: Floats = sound[:usable].reshape(-1, _STEP).mean(axis=1).astype(np.float32)
    return low


def pitch_of(sound: Floats) -> float:
    """The middle of the voiced frames' own; 0 where hardly any is voiced."""
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    frames = frames[np.sqrt((frames**2).mean(axis=1)) > _QUIET] if len(frames) else frames
    if not len(frames):
        return 0.0
    frames = frames - frames.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(frames, 2 * _FRAME, axis=1)
    alike = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :_FRAME]
    # What a shorter overlap lacks is made up for, or short swings would always win.
    alike = alike / np.maximum(alike[:, :1], 1e-9) / (1 - np.arange(_FRAME) / _FRAME)
    first, last = round(_RATE / _HIGHEST), round(_RATE / _LOWEST)
    window = alike[:, first:last]
    best = window.max(axis=1)
    voiced = best > _VOICED
    if voiced.sum() < _FEWEST_FRAMES:
        return 0.0
    swings = [_swing(row, float(top)) + first for row, top in zip(window[voiced], best[voiced], strict=True)]
    return round(float(np.median(_RATE / np.array(swings))), 1)


def _swing(alike: Floats, best: float) -> int:
    """The first that is nearly as good as the best: twice it is as good, and an octave too low."""
    begin = int((alike >= 0.9 * best).argmax())
    return begin + int(alike[begin : begin + max(3, begin // 3)].argmax())
