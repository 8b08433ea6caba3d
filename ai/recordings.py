"""Long recordings in pieces that a hosted transcriber takes, so that a retry pays only for what is still missing."""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from ai.capabilities.base import Progress
from ai.capabilities.speech_to_text import Segment, Transcription
from core.errors import UnsupportedTypeError

RATE = 16_000
PIECE_SECONDS = 600.0  # 19 MB of samples; 25 MB is the most that whisper-1 takes
LOOK_BACK_SECONDS = 20.0  # how far before the end of a piece the quietest place is looked for
WINDOW = RATE // 5

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Piece:
    path: Path
    start: float  # seconds in the recording
    seconds: float


def pieces(audio: Path, folder: Path) -> Iterator[Piece]:
    """Mono 16 kHz WAV files of at most PIECE_SECONDS, cut where it is quietest. Memory stays at one piece."""
    longest = int(PIECE_SECONDS * RATE)
    waiting: list[Samples] = []
    held, start, number = 0, 0, 0
    for block in _decoded(audio):
        waiting.append(block)
        held += len(block)
        while held > longest:
            together = np.concatenate(waiting)
            cut = quietest(together[:longest])
            yield _written(folder / f"piece-{number}.wav", together[:cut], start)
            waiting, held, start, number = [together[cut:]], held - cut, start + cut, number + 1
    if held:
        yield _written(folder / f"piece-{number}.wav", np.concatenate(waiting), start)


def quietest(samples: Samples) -> int:
    """Where to cut: the middle of the quietest fifth of a second near the end."""
    first = max(len(samples) - int(LOOK_BACK_SECONDS * RATE), 0)
    tail = samples[first:].astype(np.float32)
    windows = len(tail) // WINDOW
    energy = np.square(tail[: windows * WINDOW]).reshape(windows, WINDOW).sum(axis=1)
    # The last of equally quiet windows keeps pieces long.
    best = windows - 1 - int(np.argmin(energy[::-1]))
    return first + best * WINDOW + WINDOW // 2


def joined(parts: list[tuple[Piece, Transcription]]) -> Transcription:
    """One transcription with the times of the whole recording, in the language of its longest-heard piece."""
    segments = [_shifted(segment, piece.start) for piece, heard in parts for segment in heard.segments]
    _, leading = max(parts, key=lambda part: sum(len(segment.text) for segment in part[1].segments))
    duration = parts[-1][0].start + parts[-1][0].seconds
    return Transcription(leading.language, leading.language_confidence, duration, segments)


def _shifted(segment: Segment, by: float) -> Segment:
    words = [replace(word, start=word.start + by, end=word.end + by) for word in segment.words]
    return Segment(segment.start + by, segment.end + by, segment.text, words)


def _decoded(audio: Path) -> Iterator[Samples]:
    try:
        with av.open(str(audio), options={"protocol_whitelist": "file"}) as container:
            if not container.streams.audio:
                raise UnsupportedTypeError("This file has no sound that can be read.")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                for out in resampler.resample(frame):
                    yield out.to_ndarray()[0]
            for out in resampler.resample(None):
                yield out.to_ndarray()[0]
    except av.FFmpegError as error:
        raise UnsupportedTypeError("This file has no sound that can be read.") from error


def _written(path: Path, samples: Samples, start: int) -> Piece:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return Piece(path, start / RATE, len(samples) / RATE)


def seconds(audio: Path) -> float:
    """How long the recording says it is; 0 when it does not say."""
    try:
        with av.open(str(audio), options={"protocol_whitelist": "file"}) as container:
            return container.duration / av.time_base if container.duration else 0.0
    except av.FFmpegError as error:
        raise UnsupportedTypeError("This file has no sound that can be read.") from error


def about(audio: Path) -> dict[str, Any]:
    """What the log of model use says of a recording: never what is in it."""
    return {"file": audio.name, "bytes": audio.stat().st_size, "seconds": round(seconds(audio), 3)}


def share(progress: Progress, piece: Piece, total: float) -> Progress:
    """Progress within a piece, told as progress of the whole."""
    whole = max(total, piece.start + piece.seconds, 0.001)
    return lambda fraction, message: progress((piece.start + fraction * piece.seconds) / whole, message)


def digest(audio: Path) -> bytes:
    with audio.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
