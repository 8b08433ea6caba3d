"""Files that are to go: decided in a transaction, removed after it, and tried again until they are gone.

Also those that may have to go: what is written before its row is noted first, so that a crash between the two leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Now

from core.errors import ConflictError
from core.storage import store
from core.storage.models import Removal

log = structlog.get_logger(__name__)

# At once after the commit; what is more is left to the beat.
AT_ONCE = 50
# No request writes a file for so long.
UNKEPT = timedelta(hours=1)


def remove_unless_kept(key: str) -> bool:
    """Call before the store gets a new file outside of uploads and runs; it goes after an hour if `keep` is never committed.

    False: somebody else is writing under this key, or what was there is still to go.
    """
    _, free = Removal.objects.get_or_create(key=key, defaults={"due_at": Now() + UNKEPT})
    return free


def keep_for(key: str, seconds: float) -> None:
    """A file that can be made again, kept until nobody has asked for it so long. Call before it is written, and when it is used."""
    Removal.objects.update_or_create(key=key, defaults={"due_at": Now() + timedelta(seconds=seconds)})


def never() -> bool:
    return False


@contextmanager
def noted(key: str, *, taken: Callable[[], bool] = never) -> Iterator[None]:
    """The file of this key is written within, and kept by the transaction that makes its row; what goes wrong removes it at once.

    `taken` tells whether there is such a row already. It is asked once nobody else can make one any more.
    """
    conflict = ConflictError("There is a file of this name already.")
    if not remove_unless_kept(key):
        raise conflict
    if taken():
        keep(key)
        raise conflict
    try:
        yield
    except BaseException:
        remove_later([key])
        raise


def keep(key: str) -> None:
    """Call in the transaction that makes the row of the file."""
    Removal.objects.filter(key=key).delete()


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


def remove_kept(prefix: str) -> None:
    """What was kept for a while under this prefix goes now. Call in the transaction that has made it needless."""
    remove_now = list(Removal.objects.filter(key__startswith=prefix).values_list("key", flat=True))
    Removal.objects.filter(key__in=remove_now).update(due_at=Now())
    transaction.on_commit(lambda: remove(remove_now[:AT_ONCE]), robust=True)


def sweep(limit: int = 1000) -> int:
    due = Removal.objects.filter(due_at__lte=Now()).order_by("pk")
    return remove(list(due.values_list("key", flat=True)[:limit]))
