"""Translating: lines in, as many lines out, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ai.capabilities.base import Engine, Progress, Usage, silent


@dataclass(frozen=True)
class TranslationRequest:
    """`lines` are cue texts in order; neighbours are context for each other. `glossary` maps source terms to their translation."""

    lines: list[str]
    source: str
    target: str
    glossary: dict[str, str] = field(default_factory=dict)


class Translate(Protocol):
    engine: Engine

    def speaks(self, source: str, target: str) -> bool:
        """Whether this pair of BCP 47 languages can be done here."""

    def translate(self, request: TranslationRequest, *, progress: Progress = silent) -> tuple[list[str], Usage]: ...
