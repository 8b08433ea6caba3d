"""Which words two texts share, near enough to find what somebody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable

WORD = re.compile(r"[^\W\d_]{3,}")
# Words that say nothing of a story.
COMMON = frozenset(
    WORD.findall(
        """about above after again all also and another any are around ask because been before being better between both but can
    choice choose could did different does don down each else ever every few film for from get give goes going good had has have
    having her here hers him his how idea into its just kind let like little made make many maybe more most movie much must not now
    off one only other our out over please put really same series she should show some something somewhere step story such
    suggest take than thank that the their them then there these they thing things think this those through too under until
    use very want was way were what when where which while who why will with without would yes you your"""
    )
)
# Shorter stems mean anything.
SHORTEST_STEM = 4
SHORTEST_PART = 5
ENDINGS = ("ness", "ing", "ers", "ies", "ed", "es", "er", "ly", "s", "y", "e")


def stem(word: str) -> str:
    """So that harbours meets harbour, and haunting meets haunted."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in WORD.findall(text.lower()) if word not in COMMON)


def all_of(texts: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(stems(text) for text in texts))


def shared(told: frozenset[str], wanted: frozenset[str]) -> int:
    """How many of the wanted words are told of, whole or as part of a longer one: a lighthouse meets a light."""
    return sum(any(_near(word, other) for other in told) for word in wanted)


def _near(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= SHORTEST_PART and long.startswith(short))
