"""Speech for tests: the sample as a real engine heard it, and generated talk of ordinary speed."""

from __future__ import annotations

import json
import random
from pathlib import Path

from media_library.media.words import Word

SAMPLE_SHOTS = [10.0, 19.0, 28.0, 38.0]
SAMPLE_DURATION = 48.0
VOCABULARY = (  # noqa: SIM905 - a list of words reads better as text
    "the of and to in a house was very small amiable consider leisure respectable prudently captain's disposition I he she they "
    "never quite although because from with without understanding circumstances yes no oh extraordinarily"
).split()


def sample_words() -> list[Word]:
    path = Path(__file__).parent.parent / "data" / "sample_words.json"
    return [Word(**word) for word in json.loads(path.read_text())["words"]]


def talk(seed: int, *, words: int, slowest: float = 10, fastest: float = 14) -> tuple[list[Word], float]:
    """Sentences with commas and pauses, `slowest` to `fastest` characters a second; and when they end."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    spoken: list[Word] = []
    at, length = chance.uniform(0, 3), 0
    cps = chance.uniform(slowest, fastest)
    for _ in range(words):
        length += 1
        text = chance.choice(VOCABULARY)
        ends = length > 3 and chance.random() < 0.12
        comma = not ends and chance.random() < 0.08
        text = (text.capitalize() if length == 1 else text) + ("." if ends else "," if comma else "")
        lasts = (len(text) + 1) / cps * chance.uniform(0.8, 1.2)
        spoken.append(Word(text, round(at, 3), round(at + lasts * chance.uniform(0.85, 1), 3)))
        at += lasts
        if ends:
            length = 0
            at += chance.choice([0, 0.1, 0.3, 0.6, 1, 3])
            cps = chance.uniform(slowest, fastest)
        elif comma:
            at += chance.choice([0, 0.1, 0.2, 0.4])
        if chance.random() < 0.03:
            at += chance.uniform(0.5, 4)
    return spoken, at


def cuts(seed: int, *, until: float, closest: float) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    found: list[float] = []
    at = chance.uniform(closest, 8)
    while at < until:
        found.append(at)
        at += chance.uniform(closest, 8)
    return found
