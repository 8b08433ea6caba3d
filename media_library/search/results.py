"""What a search answers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from media_library.models import Asset

Parts = list[tuple[str, bool]]
"""Text in pieces; True marks what was asked for."""


@dataclass(frozen=True)
class Neighbour:
    """What is said just before or after, for context."""

    start: float | None
    speaker: str
    text: str


@dataclass(frozen=True)
class Hit:
    """`start` is the first word that was asked for, else where the passage begins; None for what is true of the whole asset.

    `similarity` is the cosine of meaning, where meaning was compared; e5's lie between 0.7 and 0.9, so it ranks and does not judge.
    """

    passage_id: int
    asset: Asset
    kind: str
    segment_id: uuid.UUID | None
    start: float | None
    end: float | None
    language: str
    speaker: str
    text: str
    highlighted: Parts
    score: float
    similarity: float | None
    by_words: bool
    before: Neighbour | None = None
    after: Neighbour | None = None


@dataclass(frozen=True)
class FacetValue:
    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Results:
    """`facets` and `total_estimate` are of the best that were looked at, which `more` says are not all there are."""

    hits: list[Hit]
    facets: dict[str, list[FacetValue]]
    total_estimate: int
    more: bool
    took_ms: int
    engine: str
    did_you_mean: str = ""
    # Why meaning was not compared, where it was asked for.
    without_meaning: str = ""
    grouped: bool = False


@dataclass(frozen=True)
class Meant:
    """An asset with the cosine of its nearest passage, and what in it is near."""

    asset: Asset
    similarity: float
    matching: list[str] = field(default_factory=list)
