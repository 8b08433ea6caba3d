"""Sound as the engines that listen to speech take it: 16 kHz samples, and where in them somebody speaks."""

from __future__ import annotations

from pathlib import Path

from ai.local.wav import Samples
from core.errors import UnsupportedTypeError

RATE = 16_000

Passage = tuple[float, float]
"""Start and end, in seconds."""


def decode(audio: Path) -> Samples:
    from av.error import FFmpegError
    from faster_whisper.audio import decode_audio

    try:
        samples: Samples = decode_audio(str(audio), sampling_rate=RATE)
    except (FFmpegError, IndexError, ValueError) as error:
        raise UnsupportedTypeError("This file has no sound that can be read.") from error
    return samples


def speech(samples: Samples, *, pause_ms: int, margin_ms: int) -> list[Passage]:
    """Where somebody speaks, by Silero VAD. Shorter pauses stay inside; `margin_ms` is left on both sides."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=pause_ms, speech_pad_ms=margin_ms)
    return [(found["start"] / RATE, found["end"] / RATE) for found in get_speech_timestamps(samples, options)]
