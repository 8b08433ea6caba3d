"""An engine that costs nothing: a text means its words, and a few words mean the same."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache

from ai import services as ai
from ai.capabilities.base import Engine
from ai.work import Answer

SAME = {"argent": "money", "geld": "money", "budget": "money", "naufrage": "shipwreck"}
ENGINE = Engine("local", "by-words")


def vector(text: str) -> Any:
    made = np.full(384, 0.01, np.float32)
    for word in re.findall(r"\w+", text.lower()):
        digest = hashlib.sha256(SAME.get(word, word).encode()).hexdigest()
        made[int(digest, 16) % 384] += 1
    return made / np.linalg.norm(made)


@pytest.fixture
def meaningful(monkeypatch: pytest.MonkeyPatch) -> None:
    def passages(texts: list[str], *, use: ai.Use) -> Answer[Any]:
        return Answer(np.array([vector(text) for text in texts]), ENGINE, uuid.uuid4(), reused=False)

    def query(text: str, *, use: ai.Use) -> Answer[Any]:
        return Answer(vector(text), ENGINE, uuid.uuid4(), reused=False)

    monkeypatch.setattr(ai, "embed_passages", passages)
    monkeypatch.setattr(ai, "embed_query", query)
    monkeypatch.setattr(ai, "engine_for", lambda _capability: ENGINE)


@pytest.fixture(autouse=True)
def _forget_languages() -> None:
    """Each test has a library of its own."""
    cache.delete("search:languages")
