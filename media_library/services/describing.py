"""What people say of an asset, in order."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import InvalidFieldError

MOST_TAGS = 20
LONGEST_TAG = 50


def clean_tags(tags: Iterable[str]) -> list[str]:
    """In the order given, each once whatever its case, in the spelling that came first."""
    clean: dict[str, str] = {}
    for tag in tags:
        text = " ".join(tag.split())
        if len(text) > LONGEST_TAG:
            raise InvalidFieldError(f"A tag has at most {LONGEST_TAG} characters.", field="tags")
        if text:
            clean.setdefault(text.casefold(), text)
    if len(clean) > MOST_TAGS:
        raise InvalidFieldError(f"An asset has at most {MOST_TAGS} tags.", field="tags")
    return list(clean.values())
