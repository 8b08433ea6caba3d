"""Live events: numbered per stream, kept for a day, sent to sockets, replayed after a reconnect."""

from __future__ import annotations

from typing import Any

__all__ = ["publish"]


def publish(stream: str, payload: dict[str, Any], *, key: str = "") -> None:
    """Says what has happened, once the caller's transaction is through. `payload["type"]` names it; `key` is what it happened to.

    Never fails the caller: an event that cannot be written or sent is logged, and pages re-read their state when they reconnect.
    """
    # Apps import this name while they load, before models may be.
    from core.live.events import publish_after_commit  # noqa: PLC0415  (models: once the apps are loaded)

    publish_after_commit(stream, payload, key=key)
