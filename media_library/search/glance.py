"""A quick look for who is still typing: by words alone, the best few of one kind."""

from __future__ import annotations

from accounts.models import User
from media_library.search import candidates
from media_library.search.asking import Filters, understand
from media_library.search.presenting import Found, present
from media_library.search.results import Hit
from media_library.search.scope import scope_of


def glance(user: User, text: str, part: str, *, limit: int) -> list[Hit]:
    asked = understand(text, Filters(parts=(part,)))
    words = candidates.tsquery(asked)
    if not words:
        return []
    listed, _ = candidates.by_words(scope_of(user, asked.filters), words, limit=limit)
    found = [Found(passage, 0, None, by_words=True) for passage in listed]
    return present(user, found, words=asked.words, last=asked.last, context=False)
