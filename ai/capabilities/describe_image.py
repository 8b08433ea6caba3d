"""Looking: frames of one shot become a sentence for somebody who cannot see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ai.capabilities.base import Engine, Usage


@dataclass(frozen=True)
class Seen:
    """`measured` tells that the sentences come from measurements and text recognition, not from understanding."""

    description: str  # whole sentences, present tense
    tags: list[str] = field(default_factory=list)
    onscreen_text: list[str] = field(default_factory=list)
    faces: int = 0
    palette: list[str] = field(default_factory=list)  # #rrggbb, most frequent first
    measured: bool = False


class DescribeImage(Protocol):
    engine: Engine

    def languages(self) -> frozenset[str] | None:
        """Primary subtags it writes sentences in, or None for any."""

    def describe(
        self, frames: list[Path], *, language: str = "en", context: str = "", max_words: int | None = None
    ) -> tuple[Seen, Usage]:
        """`frames` belong to one shot, in order. `context` is what was said and seen around it, quoted as data."""
