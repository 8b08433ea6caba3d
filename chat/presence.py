"""Who looks at a conversation now. Each open socket counts on its own and is forgotten when it no longer says so.

In Valkey alone: nobody's rights hang on it, and without the server nobody is shown.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from core.rest.counters import StoreDownError, store

# A socket says so again well before.
SECONDS = 45
SAY_AGAIN_SECONDS = 15.0
# Many who come at once are told of once: whoever is to tell waits for a little longer than the turn lasts, and reads then who is there.
TURN_MS = 250


def arrive(conversation_id: object, user_id: object, socket: str) -> bool:
    """Says that this socket looks, or still does. True when somebody is there who was not before, or the other way round."""
    key, now = key_of(conversation_id), time.time()
    try:
        lost = store().ask(lambda server: server.zremrangebyscore(key, "-inf", now))
        there = _people(store().ask(lambda server: server.zrange(key, 0, -1)))
        store().ask(lambda server: server.zadd(key, {f"{user_id}:{socket}": now + SECONDS}))
        store().ask(lambda server: server.expire(key, SECONDS * 2))
    except StoreDownError:
        return False
    return bool(lost) or str(user_id) not in there


def leave(conversation_id: object, user_id: object, socket: str) -> bool:
    """True when it was the last of its person's."""
    try:
        store().ask(lambda server: server.zrem(key_of(conversation_id), f"{user_id}:{socket}"))
    except StoreDownError:
        return False
    return str(user_id) not in looking(conversation_id)


def looking(conversation_id: object) -> set[str]:
    """Ids of the people with a socket open."""
    key = key_of(conversation_id)
    try:
        return _people(store().ask(lambda server: server.zrangebyscore(key, time.time(), "+inf")))
    except StoreDownError:
        return set()


def take_turn(conversation_id: object) -> bool:
    """Whether it is this socket's turn to tell who is there; if not, another is about to."""
    key = f"{key_of(conversation_id)}:turn"
    try:
        return bool(store().ask(lambda server: server.set(key, 1, px=TURN_MS, nx=True)))
    except StoreDownError:
        return False


def key_of(conversation_id: object) -> str:
    return f"chat:present:{conversation_id}"


def _people(members: Iterable[bytes]) -> set[str]:
    return {member.decode().partition(":")[0] for member in members}
