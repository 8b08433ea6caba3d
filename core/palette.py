"""What the command palette finds. Each app registers what it can open: `source(user, text)` gives entries, best first.

`text` is what was typed; empty while nothing is. A source answers what the user may see and nothing else, in a few queries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

SECTIONS = {
    "actions": "Do",
    "pages": "Go to",
    "jobs": "Jobs",
    "conversations": "Conversations",
    "projects": "Projects",
    "assets": "Files",
    "words": "Said",
    "people": "People",
}
MOST = 6
# Of fewer letters everything is found, which is nothing.
SHORTEST = 2


@dataclass(frozen=True)
class Entry:
    """`marked` is the title in pieces, True where it is what was typed; `text` stands beside it."""

    title: str
    url: str
    icon: str
    text: str = ""
    marked: list[tuple[str, bool]] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    entries: list[Entry]


Source = Callable[[Any, str], Iterable[Entry]]
_sources: list[tuple[str, Source]] = []


def source(section: str) -> Callable[[Source], Source]:
    """Registers a function for one of SECTIONS."""
    assert section in SECTIONS, section  # noqa: S101  (a mistake in the code)

    def registered(function: Source) -> Source:
        _sources.append((section, function))
        return function

    return registered


def find(user: Any, text: str) -> list[Section]:
    text = text.strip()
    found: dict[str, list[Entry]] = {key: [] for key in SECTIONS}
    for section, function in _sources:
        found[section] += function(user, text)
    return [
        Section(key, SECTIONS[key], entries[:MOST] if text else entries) for key, entries in found.items() if entries
    ]


@dataclass(frozen=True)
class Place:
    """A page or an action that has one. `words` are others that people look for it by; `query` goes behind its address."""

    title: str
    view: str
    icon: str
    words: str = ""
    query: str = ""

    def answers(self, text: str) -> bool:
        """Every word that was typed begins a word of it."""
        known = re.findall(r"\w+", f"{self.title} {self.words}".casefold())
        return all(any(word.startswith(typed) for word in known) for typed in re.findall(r"\w+", text.casefold()))

    @property
    def entry(self) -> Entry:
        return Entry(self.title, reverse(self.view) + self.query, self.icon)


def among(places: Iterable[Place], text: str) -> list[Entry]:
    return [place.entry for place in places if place.answers(text)]
