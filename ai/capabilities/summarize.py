"""Reading what is said in a recording: a title, a description and tags for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ai.capabilities.base import Engine, Usage

LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 1200
LONGEST_TAG = 50
MOST_TAGS = 10


@dataclass(frozen=True)
class Summary:
    """`measured` tells that every word of it is taken from the recording, chosen by counting and comparing, not by understanding."""

    title: str
    description: str
    tags: list[str] = field(default_factory=list)
    measured: bool = False


class Summarize(Protocol):
    engine: Engine

    def summarize(self, lines: list[str], *, language: str) -> tuple[Summary, Usage]:
        """`lines` are what is said, in order; `language` (BCP 47) is theirs and that of the answer."""
