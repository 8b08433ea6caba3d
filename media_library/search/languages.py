"""Which languages are spoken in the library: by whose rules a query's words are read."""

from __future__ import annotations

from collections.abc import Collection

from django.core.cache import cache

from media_library.models import Passage

KEY = "search:languages"
SECONDS = 600


def spoken() -> frozenset[str]:
    """In the whole studio: that decides only how words are read, not what is seen."""
    known: frozenset[str] | None = cache.get(KEY)
    if known is None:
        known = frozenset(Passage.objects.order_by().values_list("language", flat=True).distinct())
        cache.set(KEY, known, SECONDS)
    return known


def noted(languages: Collection[str]) -> None:
    """Somebody indexed something in these."""
    if not frozenset(languages) <= (cache.get(KEY) or frozenset()):
        cache.delete(KEY)
