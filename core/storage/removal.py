"""Files that are to go: decided in a transaction, removed after it, and tried again until they are gone."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.db import transaction

from core.storage import store
from core.storage.models import Removal

log = structlog.get_logger(__name__)

# At once after the commit; what is more is left to the beat.
AT_ONCE = 50


def remove_later(keys: Iterable[str]) -> None:
    """Call in the transaction that removes the rows: rolled back, the files stay; committed, they go, even if the process dies first."""
    doomed = [key for key in dict.fromkeys(keys) if key]
    Removal.objects.bulk_create([Removal(key=key) for key in doomed], ignore_conflicts=True)
    transaction.on_commit(lambda: remove(doomed[:AT_ONCE]), robust=True)


def remove(keys: Iterable[str]) -> int:
    """Deletes these files of those noted. How many are gone; what the store refuses stays noted."""
    gone = []
    for key in Removal.objects.filter(key__in=list(keys)).values_list("key", flat=True):
        try:
            store().delete(key)
        except Exception:  # the store may be away; the beat comes again
            log.exception("storage.not_removed", key=key)
        else:
            gone.append(key)
    Removal.objects.filter(key__in=gone).delete()
    return len(gone)


def sweep(limit: int = 1000) -> int:
    return remove(list(Removal.objects.order_by("pk").values_list("key", flat=True)[:limit]))
