"""Translating: lines in, as many lines out, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ai.capabilities.base import Engine, Progress, Usage, silent


@dataclass(frozen=True)
class TranslationRequest:
    """`lines` are sentences in order; neighbours are context for each other. `glossary` maps source terms to their translation, `forbidden`
    to what must not be written for them. `room` is how many characters each line can show, where that is known.

    `title`, `before` and `after` are context alone: the film's name, and what is said around the lines.
    """

    lines: list[str]
    source: str
    target: str
    glossary: dict[str, str] = field(default_factory=dict)
    forbidden: dict[str, list[str]] = field(default_factory=dict)
    room: list[int] = field(default_factory=list)
    title: str = ""
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


class Translate(Protocol):
    engine: Engine

    def speaks(self, source: str, target: str) -> bool:
        """Whether this pair of BCP 47 languages can be done here."""

    def translate(self, request: TranslationRequest, *, progress: Progress = silent) -> tuple[list[str], Usage]: ...
