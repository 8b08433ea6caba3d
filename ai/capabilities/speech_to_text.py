"""Hearing: an audio file becomes words with times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ai.capabilities.base import Engine, Progress, Usage, silent


@dataclass(frozen=True)
class Word:
    """`text` carries its own punctuation and no surrounding space. Times are seconds from the start of the file."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class Segment:
    start: float
    end: float
    text: str
    words: list[Word]


@dataclass(frozen=True)
class Transcription:
    language: str  # BCP 47, as heard or as told
    language_confidence: float
    duration: float
    segments: list[Segment]

    @property
    def words(self) -> list[Word]:
        return [word for segment in self.segments for word in segment.words]


class SpeechToText(Protocol):
    engine: Engine

    def languages(self) -> frozenset[str] | None:
        """Primary language subtags it hears, or None for any."""

    def transcribe(
        self, audio: Path, *, language: str | None = None, progress: Progress = silent
    ) -> tuple[Transcription, Usage]:
        """`language` None asks the engine to detect it."""
