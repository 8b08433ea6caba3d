"""Telling voices apart: who speaks when."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ai.capabilities.base import Engine, Progress, Usage, silent

Span = tuple[float, float]
"""Start and end of something that is said, in seconds."""


@dataclass(frozen=True)
class Turn:
    """`speaker` counts from 0 in the order in which voices are first heard."""

    start: float
    end: float
    speaker: int


@dataclass(frozen=True)
class Diarization:
    """`voices` holds one unit vector of 256 numbers a speaker: the dot product of two says how alike the voices are, in any
    recordings. `confidence` 0..1 says how far the voices lie apart; it is no probability."""

    turns: list[Turn]
    voices: list[list[float]]
    confidence: float

    @property
    def speakers(self) -> int:
        return len({turn.speaker for turn in self.turns})


class Diarize(Protocol):
    engine: Engine

    def diarize(
        self, audio: Path, *, speakers: int | None = None, spans: list[Span] | None = None, progress: Progress = silent
    ) -> tuple[Diarization, Usage]:
        """`speakers` None asks the engine to count them. With `spans` (a transcript's segments or words, in order) there is
        one turn a span; without them the engine finds where somebody speaks. No turns at all: nobody does."""
