"""Who speaks when, and whose voice it is: Silero VAD finds the speech, an encoder hears each 1.6 s of it, windows that sound
alike are one person.

Measured figures are in docs/speakers.md. People who speak at once are heard as one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ai import turns as telling
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.diarize import Diarization, Span, Turn
from ai.local import grouping, voiceprints
from ai.local.listening import RATE, Passage, decode, speech
from ai.local.voiceprints import Vectors, Windows
from core.errors import UnsupportedTypeError

PAUSE_MS = 200
MARGIN_MS = 30
LONG_ENOUGH = 1.6  # seconds; a span of that length is listened to by itself
NEAR = 0.5  # seconds between short spans (words) that are listened to together


class Voices:
    engine = Engine("local", voiceprints.MODEL)

    def diarize(
        self, audio: Path, *, speakers: int | None = None, spans: list[Span] | None = None, progress: Progress = silent
    ) -> tuple[Diarization, Usage]:
        progress(0.0, "Listening for voices")
        samples = decode(audio)
        usage = Usage(seconds=len(samples) / RATE)
        passages = speech(samples, pause_ms=PAUSE_MS, margin_ms=MARGIN_MS) if spans is None else _passages(spans)
        windows = voiceprints.listen(samples, passages, progress=lambda done, said: progress(0.05 + 0.9 * done, said))
        if not len(windows):
            return Diarization([], [], 0.0), usage
        labels = grouping.smoothed(windows, grouping.group(windows.vectors, speakers))
        found = _turns(windows, labels)
        if spans is not None:
            found = _everybody(telling.over(spans, found), windows, labels, told=speakers)
        turns, former = telling.numbered(found)
        voices = grouping.centres(windows.vectors, labels)[former]
        progress(1.0, "Told the voices apart")
        return Diarization(turns, _plain(voices), grouping.confidence(windows.vectors, labels)), usage


def embed_voice(audio: Path, start: float = 0.0, end: float | None = None) -> Vectors:
    """The voice in a stretch of a recording, as a unit vector: the dot product of two tells how alike they are. One person is
    above 0.85 with some seconds of clean speech, two people are mostly below 0.7."""
    samples = decode(audio)[int(start * RATE) : None if end is None else int(end * RATE)]
    windows = voiceprints.listen(samples, speech(samples, pause_ms=PAUSE_MS, margin_ms=MARGIN_MS))
    if not len(windows):
        raise UnsupportedTypeError("Nobody speaks in this recording.")
    return voiceprints.mean(windows.vectors)


def recognised(audio: Path, turns: Sequence[Turn]) -> tuple[list[list[float]], float]:
    """The voices of turns that another engine told apart, by speaker, and the confidence. A speaker of whom nothing can be heard
    has zeros."""
    windows = voiceprints.listen(decode(audio), [(turn.start, turn.end) for turn in turns])
    speakers = np.array([turn.speaker for turn in turns], np.int64)[windows.passages]
    voices = np.zeros((max((turn.speaker for turn in turns), default=-1) + 1, 256), np.float32)
    for speaker in np.unique(speakers):
        voices[speaker] = voiceprints.mean(windows.vectors[speakers == speaker])
    everybody = len(np.unique(speakers)) == len(voices) > 0
    return _plain(voices), grouping.confidence(windows.vectors, speakers) if everybody else 0.0


def _passages(spans: Sequence[Span]) -> list[Passage]:
    """Long spans by themselves, short ones with their neighbours: a voice is hard to tell from one word."""
    passages: list[Passage] = []
    open_ended = False
    for start, end in spans:
        if end - start >= LONG_ENOUGH:
            passages.append((start, end))
            open_ended = False
        elif open_ended and start - passages[-1][1] <= NEAR:
            passages[-1] = (passages[-1][0], max(end, passages[-1][1]))
        else:
            passages.append((start, end))
            open_ended = True
    return passages


def _turns(windows: Windows, labels: grouping.Labels) -> list[Turn]:
    """A window speaks for the time that is nearest to its middle."""
    turns: list[Turn] = []
    middles = (windows.starts + windows.ends) / 2
    for passage in np.unique(windows.passages):
        own = np.flatnonzero(windows.passages == passage)
        between = (middles[own][:-1] + middles[own][1:]) / 2
        edges = [float(windows.starts[own[0]]), *between.tolist(), float(windows.ends[own[-1]])]
        parts = [Turn(edges[place], edges[place + 1], int(labels[one])) for place, one in enumerate(own)]
        turns += telling.joined(parts)
    return turns


def _everybody(turns: list[Turn], windows: Windows, labels: grouping.Labels, *, told: int | None) -> list[Turn]:
    """Gives a speaker whom the caller knows to be there, but who came out second in every span, the span that fits best."""
    if not told:
        return turns
    turns = list(turns)
    likeness = windows.vectors @ grouping.centres(windows.vectors, labels).T
    for missing in sorted(set(labels.tolist()) - {turn.speaker for turn in turns}):
        held = [turn.speaker for turn in turns]
        best, place = -np.inf, None
        for number, turn in enumerate(turns):
            inside = (windows.starts < turn.end) & (windows.ends > turn.start)
            if held.count(turn.speaker) > 1 and inside.any():
                gain = float(np.mean(likeness[inside, missing] - likeness[inside, turn.speaker]))
                best, place = max((best, place), (gain, number), key=lambda one: one[0])
        if place is not None:
            turns[place] = Turn(turns[place].start, turns[place].end, missing)
    return turns


def _plain(voices: Vectors) -> list[list[float]]:
    return [[round(float(number), 6) for number in voice] for voice in voices]
