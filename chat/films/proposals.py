"""What is proposed for a step, and what whoever proposes has to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Draft:
    """One way to go on. `details` is what the bible gets when it is taken."""

    title: str
    description: str = ""
    difficulty: str = "medium"
    duration: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    engine: str = ""


@dataclass(frozen=True)
class Situation:
    """Where a film stands. `wishes` are what people said in this step, oldest first; `offered` the titles they have seen and not
    taken; `before` what was chosen here before the step was gone back to."""

    film: str
    title: str
    description: str
    genre: str
    audience: str
    episodes: int
    minutes: int
    step: str
    bible: dict[str, Any]
    wishes: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    before: Draft | None = None
    # What was just decided, for the first sentence of the answer.
    decided: str = ""


@dataclass(frozen=True)
class Proposal:
    """`composed` tells that it was put together from a catalogue rather than written."""

    content: str
    drafts: tuple[Draft, ...]
    engine: str
    composed: bool
    seconds: float
    call: UUID | None = None
