"""Pictures from words: one picture a call, so that each is a piece of work of its own in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ai.capabilities.base import Engine, Progress, Usage, silent

# IPTC digital source types (cv.iptc.org/newscodes/digitalsourcetype): how a picture came to be.
BY_MODEL = "trainedAlgorithmicMedia"
BY_PROGRAM = "algorithmicMedia"

ASPECT_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")


@dataclass(frozen=True)
class Found:
    """A picture of the caller's library that fits the prompt by meaning. `score` is 0 to 1."""

    path: Path
    title: str
    score: float
    asset_id: str


@dataclass(frozen=True)
class ImageRequest:
    """`found` are candidates for an engine that takes pictures from the library, best first; models of providers ignore them.
    `reference` is a picture to follow, for engines that can."""

    prompt: str
    aspect_ratio: str = "16:9"
    seed: int = 0
    found: tuple[Found, ...] = ()
    reference: Path | None = None


@dataclass(frozen=True)
class Picture:
    """`source` is an IPTC digital source type; `made_from` the id of the asset that it was taken from, if it was.

    `by` is for a local engine that works in several ways: the name under which the answer, the ledger and the costs say who
    made this picture (`library`, `storyboard`). Empty: the engine's own model.
    """

    path: Path
    width: int
    height: int
    source: str
    made_from: str = ""
    seed: int = 0
    by: str = ""


class GenerateImage(Protocol):
    engine: Engine

    def generate(self, request: ImageRequest, into: Path, *, progress: Progress = silent) -> tuple[Picture, Usage]:
        """Writes `into`: PNG, JPEG or WebP, whichever the engine makes."""
