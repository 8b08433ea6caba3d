"""Who knows which stored files. What nobody knows is left over and can go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from core.storage import store
from core.storage.models import Removal, Upload

Holder = Callable[[], Iterable[str]]
_holders: list[Holder] = []

# A file is noted before it is written, but a health check's is gone before anybody looks.
GRACE_SECONDS = 60.0


def register(holder: Holder) -> Holder:
    """`holder` answers with every key that rows of its app name."""
    _holders.append(holder)
    return holder


@register
def coming_and_going() -> Iterator[str]:
    yield from Upload.objects.values_list("key", flat=True).iterator()
    yield from Removal.objects.values_list("key", flat=True).iterator()


def strays(*, grace: float = GRACE_SECONDS) -> list[str]:
    """What is stored and nobody knows, by the store's own names. Listed first: what is made meanwhile is known by the time of asking."""
    stored = list(store().names(older_than=time.time() - grace))
    known = {store().name_of(key) for holder in _holders for key in holder() if key}
    return [name for name in stored if name not in known]
