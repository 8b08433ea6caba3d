"""What somebody wants who writes this: by rules, so that no engine is waited for before the one that answers."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ai.written import language_of
from chat.models import Message

LANGUAGES = ("en", "de", "es", "fr")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_ELISION = re.compile(r"^(?:[ldjmtsnc]|qu|jusqu|lorsqu)['’]", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{2,200})[\"”“»]")
_FILTER = re.compile(r"\b(?:speaker|tag|kind|language):(?:\"[^\"]*\"|\S+)", re.IGNORECASE)
MOST_TOPIC_WORDS = 24


@dataclass(frozen=True)
class Wish:
    """`topic` are the words that tell what it is about, `phrases` what stood in quotation marks, `filters` such as speaker:Anna."""

    intent: str
    language: str
    text: str
    topic: tuple[str, ...]
    phrases: tuple[str, ...]
    filters: tuple[str, ...]
    repeats: bool

    @property
    def meaning(self) -> str:
        return " ".join((*self.topic, *self.filters)) or self.text[:300]

    @property
    def words(self) -> str:
        """For the search by words: any of them, phrases as they stand."""
        inside = {word for phrase in self.phrases for word in _WORD.findall(phrase.casefold())}
        loose = [word for word in self.topic if word.casefold() not in inside]
        either = " or ".join([*(f'"{phrase}"' for phrase in self.phrases), *loose])
        return " ".join(filter(None, (either, *self.filters)))


def understand(text: str, *, picked: str = "", has_cut: bool = False) -> Wish:
    """`picked` is the kind that a person chose, which holds. Nothing is an edit where there is no cut yet."""
    language = _language(text)
    filters = tuple(match[0] for match in _FILTER.finditer(text))
    plain = _FILTER.sub(" ", text)
    return Wish(
        intent=picked or _intent(plain, language, has_cut=has_cut),
        language=language,
        text=text,
        topic=_topic(plain, language),
        phrases=tuple(match[1].strip() for match in _QUOTED.finditer(plain))[:5],
        filters=filters,
        repeats=any(rule.search(plain.casefold()) for rule in _rules(language)["repeat"]),
    )


def is_about_length(feedback: str) -> bool:
    """Whether it is wished shorter, and nothing else is named."""
    wish = understand(feedback)
    shorter = any(rule.search(feedback.casefold()) for code in LANGUAGES for rule in _rules(code)["shorter"])
    return shorter and len(wish.topic) <= 1


def _language(text: str) -> str:
    """Requests are short: the words that one asks with tell more than the little words of the language."""
    words = [_ELISION.sub("", word.casefold()) for word in _WORD.findall(text[:2_000])]
    points = {code: sum(word in _chatter(code) for word in words) for code in LANGUAGES}
    code, rest = max(points, key=lambda code: points[code]), language_of(text)
    alone = sum(count == points[code] for count in points.values()) == 1
    return code if alone and points[code] > (0 if rest in LANGUAGES else 1) else rest


def _intent(text: str, language: str, *, has_cut: bool) -> str:
    lowered = " ".join(text.casefold().split())
    # What is asked in one language often names things in English.
    for code in dict.fromkeys((language if language in LANGUAGES else "en", "en")):
        rules = _rules(code)
        for kind in _order():
            if kind == Message.Intent.EDIT and not has_cut:
                continue
            if any(rule.search(lowered) for rule in rules[kind]):
                return kind
    return Message.Intent.QUESTION if len(lowered.split()) > 3 else Message.Intent.FIND


def _topic(text: str, language: str) -> tuple[str, ...]:
    chatter = _chatter(language) | _chatter("en")
    words = (_ELISION.sub("", word) for word in _WORD.findall(text[:4_000]))
    kept = [word for word in words if word.casefold() not in chatter and (len(word) > 1 or not word.isascii())]
    kept = [word for word in kept if not re.fullmatch(r"\d+(?:-\w+)?", word) or len(word) == 4]
    return tuple(dict.fromkeys(kept))[:MOST_TOPIC_WORDS]


@cache
def _table() -> dict[str, Any]:
    with Path(__file__).with_name("asking.toml").open("rb") as file:
        return tomllib.load(file)


def _order() -> list[str]:
    order: list[str] = _table()["order"]
    return order


@cache
def _rules(language: str) -> dict[str, list[re.Pattern[str]]]:
    table = _table().get(language, _table()["en"])
    return {kind: [re.compile(rule) for rule in table[kind]] for kind in (*_order(), "repeat", "shorter")}


@cache
def _chatter(language: str) -> frozenset[str]:
    return frozenset(_table().get(language, {}).get("chatter", "").split())
