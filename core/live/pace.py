"""How often the same thing is told: several workers may be at it, and people read no faster for that."""

from __future__ import annotations

from core.rest.counters import StoreDownError, store

# Four a second is as often as a person can read and the socket should carry.
INTERVAL_MS = 250


def is_due(what: str) -> bool:
    """Yes at most once in an interval, whichever process asks. Without the server everybody keeps their own pace."""
    try:
        return bool(store().ask(lambda client: client.set(f"pace:{what}", 1, px=INTERVAL_MS, nx=True)))
    except StoreDownError:
        return True
