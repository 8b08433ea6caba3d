"""Where words of a list occur in a text: whole words, with or without regard to capitals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=4096)
def pattern(term: str, case_sensitive: bool) -> re.Pattern[str]:
    """The term as a whole word. A sign at its end is its own boundary: `C++` is found before a space, `.NET` after one."""
    words = r"\s+".join(re.escape(word) for word in term.split())
    left = r"(?<!\w)" if term[:1].isalnum() else ""
    right = r"(?!\w)" if term[-1:].isalnum() else ""
    return re.compile(f"{left}{words}{right}", 0 if case_sensitive else re.IGNORECASE)


def occurring(term: str, text: str, case_sensitive: bool) -> bool:
    return bool(term.strip()) and pattern(term, case_sensitive).search(text) is not None


def forbidden_of(terms: Iterable[tuple[str, list[str]]]) -> dict[str, list[str]]:
    """What must not be written for each source term."""
    found: dict[str, list[str]] = {}
    for source, words in terms:
        found.setdefault(source, []).extend(words)
    return found
