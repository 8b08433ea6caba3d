"""Recordings of somebody's voice: what can be matched, which part of it is used, and how the voice moves."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ai import recordings
from ai.capabilities.match_voice import Checked
from ai.local import grouping, voiceprints, world
from ai.local.listening import RATE, Passage, decode, speech
from ai.local.voiceprints import Windows
from ai.local.wav import Samples
from core.errors import UnsupportedTypeError

PAUSE_MS = 200
MARGIN_MS = 30
LEAST_SPEECH = 3.0  # seconds
MOST_SPEECH = 60.0  # seconds; more makes the voice's vector no better
FRAME = RATE // 50
SILENT_DB = -55.0
NOISY_DB = 12.0  # speech above what is heard between the words
FLAT = 0.98  # of the peak: samples that lie there are many only where a wave was cut off
CLIPPED_SHARE = 0.004
SECOND_VOICE_SHARE = 0.15
SECOND_VOICE = 0.75  # likeness of two groups' means above which they are one person


@dataclass(frozen=True)
class Heard:
    """The part of a recording that is used: 16 kHz samples and where in them somebody speaks."""

    samples: Samples
    passages: list[Passage]
    windows: Windows

    @property
    def voice(self) -> voiceprints.Vectors:
        return voiceprints.mean(self.windows.vectors)

    @property
    def sound(self) -> Samples:
        """What is spoken, without the pauses."""
        return np.concatenate([self.samples[int(start * RATE) : int(end * RATE)] for start, end in self.passages])


def check(path: Path) -> Checked:
    try:
        seconds, samples = recordings.seconds(path), _beginning(path)
    except UnsupportedTypeError as error:
        return _refused(error.message)
    seconds = seconds or len(samples) / RATE
    if not len(samples) or _decibels(samples) < SILENT_DB:
        return _refused("This recording is silent. Check the microphone and record again.", seconds=seconds)
    passages = speech(samples, pause_ms=PAUSE_MS, margin_ms=MARGIN_MS)
    spoken = sum(end - start for start, end in passages)
    if not passages:
        return _refused("Nobody speaks in this recording. Record some sentences, read aloud.", seconds=seconds)
    heard = _best(samples, passages)
    loudness = _decibels(heard.sound)
    pitch, spread = world.melody(heard.sound, rate=RATE)
    speakers = _speakers(heard.windows)
    problem = ""
    if spoken < LEAST_SPEECH:
        problem = (
            f"Only {spoken:.1f} s of speech were heard, and {LEAST_SPEECH:.0f} are the least. Record ten seconds or more of "
            "one person speaking."
        )
    elif _clipped(heard.sound):
        problem = "The recording is too loud: its peaks are cut off. Record again with the level turned down."
    elif _above_noise(samples, passages) < NOISY_DB:
        problem = "There is too much noise behind the voice. Record again in a quiet room, nearer to the microphone."
    elif speakers > 1:
        problem = (
            "More than one person is heard. Use a recording, or a part of this one, in which one person speaks alone."
        )
    return Checked(
        ok=not problem,
        problem=problem,
        seconds=round(seconds, 3),
        speech_seconds=round(spoken, 3),
        speakers=speakers,
        pitch=round(pitch, 1),
        spread=round(spread, 2),
        loudness=round(loudness, 1),
    )


def hear(path: Path) -> Heard:
    """The best minute of the recording. UnsupportedTypeError when nobody speaks in it."""
    samples = _beginning(path)
    heard = _best(samples, speech(samples, pause_ms=PAUSE_MS, margin_ms=MARGIN_MS))
    if not len(heard.windows):
        raise UnsupportedTypeError("Nobody speaks in this recording.")
    return heard


def _refused(problem: str, *, seconds: float = 0.0) -> Checked:
    return Checked(False, problem, round(seconds, 3), 0.0, 0, 0.0, 0.0, SILENT_DB)


def _beginning(path: Path) -> Samples:
    """The first ten minutes: a long recording must not fill the memory, and no voice needs more."""
    with tempfile.TemporaryDirectory(prefix="sample-") as folder:
        first = next(recordings.pieces(path, Path(folder)), None)
        if first is None:
            raise UnsupportedTypeError("This file has no sound that can be read.")
        return decode(first.path)


def _best(samples: Samples, passages: list[Passage]) -> Heard:
    """The passages that sound most like the whole voice, in order, until there is a minute of them."""
    windows = voiceprints.listen(samples, passages)
    if sum(end - start for start, end in passages) <= MOST_SPEECH or not len(windows):
        return Heard(samples, passages, windows)
    likeness = windows.vectors @ voiceprints.mean(windows.vectors)
    known = np.unique(windows.passages)
    by_likeness = sorted(known, key=lambda number: -float(likeness[windows.passages == number].mean()))
    chosen: list[int] = []
    left = MOST_SPEECH
    for number in by_likeness:
        start, end = passages[number]
        if end - start <= left:
            chosen.append(int(number))
            left -= end - start
    chosen = chosen or [int(by_likeness[0])]
    kept = np.isin(windows.passages, chosen)
    part = Windows(windows.vectors[kept], windows.starts[kept], windows.ends[kept], windows.passages[kept])
    return Heard(samples, [passages[number] for number in sorted(chosen)], part)


def _speakers(windows: Windows) -> int:
    """Groups of windows that are large and strange enough to be somebody else."""
    if not len(windows):
        return 0
    labels = grouping.group(windows.vectors, None)
    sizes = np.bincount(labels) / len(labels)
    likeness = grouping.centres(windows.vectors, labels) @ grouping.centres(windows.vectors, labels)[sizes.argmax()]
    others = (sizes >= SECOND_VOICE_SHARE) & (likeness < SECOND_VOICE)
    return 1 + int(others.sum())


def _clipped(sound: Samples) -> bool:
    level = np.abs(sound)
    return float(np.mean(level >= FLAT * level.max())) > CLIPPED_SHARE


def _above_noise(samples: Samples, passages: list[Passage]) -> float:
    """Decibels between speech and the quietest tenth of the frames around and inside it."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    levels = np.sqrt(np.mean(np.square(frames), axis=1))
    times = (np.arange(len(levels)) + 0.5) * FRAME / RATE
    inside = np.zeros(len(levels), bool)
    for start, end in passages:
        inside |= (times >= start) & (times < end)
    if not inside.any():
        return 0.0
    loud = float(np.sqrt(np.mean(np.square(levels[inside]))))
    quiet = float(np.quantile(levels, 0.05))
    return 20 * float(np.log10(max(loud, 1e-6) / max(quiet, 1e-6)))


def _decibels(samples: Samples) -> float:
    return 20 * float(np.log10(max(float(np.sqrt(np.mean(np.square(samples)))), 1e-6)))
