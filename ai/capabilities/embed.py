"""Meaning as numbers, for search."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ai.capabilities.base import Engine, Usage

Vectors = npt.NDArray[np.float32]


class Embed(Protocol):
    engine: Engine
    dimensions: int

    def passages(self, texts: list[str]) -> tuple[Vectors, Usage]:
        """One unit vector a row."""

    def query(self, text: str) -> tuple[Vectors, Usage]:
        """One unit vector, comparable with passages by dot product."""
