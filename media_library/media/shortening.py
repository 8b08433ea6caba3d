"""A line made shorter by rule: asides in brackets, words that fill a pause, and small adverbs go. What is left says the same; nothing is
put in other words, and the caller tells that a rule did it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# In the order in which they are given up. What may stand for something else in a sentence is not among them.
FILLERS: dict[str, tuple[str, ...]] = {
    "en": (
        "you know",
        "I mean",
        "sort of",
        "kind of",
        "as it were",
        "so to speak",
        "of course",
        "in fact",
        "basically",
        "actually",
        "obviously",
        "really",
        "simply",
        "quite",
        "very",
        "just",
        "well,",
        "um",
        "uh",
    ),
    "es": (
        "por así decirlo",
        "es decir",
        "por supuesto",
        "de hecho",
        "en realidad",
        "básicamente",
        "realmente",
        "simplemente",
        "obviamente",
        "bastante",
        "muy",
        "bueno,",
        "pues",
        "o sea",
        "eh",
    ),
    "de": (
        "sozusagen",
        "gewissermaßen",
        "natürlich",
        "tatsächlich",
        "eigentlich",
        "einfach",
        "wirklich",
        "ziemlich",
        "sehr",
        "also,",
        "halt",
        "äh",
        "ähm",
    ),
    "fr": (
        "pour ainsi dire",
        "c'est-à-dire",
        "bien sûr",
        "en fait",
        "en réalité",
        "évidemment",
        "vraiment",
        "simplement",
        "plutôt",
        "très",
        "eh bien,",
        "euh",
    ),
    "it": (
        "per così dire",
        "vale a dire",
        "naturalmente",
        "in realtà",
        "praticamente",
        "davvero",
        "semplicemente",
        "piuttosto",
        "molto",
        "beh,",
        "ehm",
    ),
    "pt": (
        "por assim dizer",
        "ou seja",
        "é claro",
        "na verdade",
        "na realidade",
        "basicamente",
        "realmente",
        "simplesmente",
        "bastante",
        "muito",
        "bem,",
        "hum",
    ),
}
_ASIDE = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|\s[–—]\s[^–—]+\s[–—](?=\s))")


@dataclass(frozen=True)
class Shortened:
    """`dropped` is what was left out, in order."""

    text: str
    dropped: tuple[str, ...]


def shortened(text: str, *, language: str, most: int) -> Shortened:
    """Nothing more is left out than it takes to come down to `most` characters; where that is not enough, all of it is."""
    now, dropped = " ".join(text.split()), list[str]()
    own = FILLERS.get(language.partition("-")[0].lower(), ())
    for pattern in [_ASIDE, *map(_whole_words, own)]:
        while len(now) > most and (found := pattern.search(now)):
            rest = _mended(now[: found.start()], now[found.end() :])
            if not any(map(str.isalnum, rest)):
                break
            dropped.append(found[0].strip(" ,"))
            now = rest
    return Shortened(now, tuple(dropped))


def _whole_words(filler: str) -> re.Pattern[str]:
    """With the comma after it."""
    bare = filler.rstrip(",")
    comma = "," if filler.endswith(",") else ",?"
    return re.compile(rf"\s*(?<!\w){re.escape(bare)}(?!\w){comma}", re.IGNORECASE)


def _mended(before: str, after: str) -> str:
    joined = re.sub(r"\s+([,.;:!?…])", r"\1", " ".join(filter(None, (before.strip(), after.strip()))))
    joined = re.sub(r"^[,;:\s]+", "", re.sub(r",(?:\s*,)+", ",", joined))
    return joined[:1].upper() + joined[1:] if before.strip() == "" else joined
