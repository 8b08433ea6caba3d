"""Words given to a voice in the way that it says right. What is read on the screen is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media_library.media.term_use import pattern


@dataclass(frozen=True, slots=True)
class Respelling:
    term: str
    respelling: str
    case_sensitive: bool = False


def respelled(text: str, entries: Sequence[Respelling]) -> str:
    """Every whole word of the list replaced; where two begin at one place the longer term. What was put in is not looked at again."""
    ordered = sorted(entries, key=lambda entry: -len(entry.term))
    found: list[str] = []
    at = 0
    while at < len(text):
        hits = [
            (match.start(), -len(match[0]), match.end(), entry)
            for entry in ordered
            if (match := pattern(entry.term, entry.case_sensitive).search(text, at))
        ]
        if not hits:
            break
        start, _, end, entry = min(hits, key=lambda hit: hit[:2])
        found += [text[at:start], entry.respelling]
        at = end
    return "".join([*found, text[at:]])
