"""Speaking: text becomes a WAV file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ai.capabilities.base import Engine, Progress, Usage, silent


@dataclass(frozen=True)
class Voice:
    """`language` is BCP 47 (en-US). `gender` is what the voice's makers state, or empty."""

    id: str
    name: str
    language: str
    gender: str = ""


@dataclass(frozen=True)
class Speech:
    path: Path  # WAV, mono, 16 bit
    seconds: float  # measured from the samples
    voice: Voice


class TextToSpeech(Protocol):
    engine: Engine

    def voices(self) -> list[Voice]:
        """Everything it can speak with, best default of each language first."""

    def speak(
        self, text: str, into: Path, *, language: str, voice: str = "", speed: float = 1.0, progress: Progress = silent
    ) -> tuple[Speech, Usage]:
        """Writes `into`. An unknown `voice` falls back to the language's default; `speed` is 0.5 to 2."""
