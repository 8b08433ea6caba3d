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
MOST_SHOWN = 50


def arrive(conversation_id: object, user_id: object, socket: str) -> bool:
    """Says that this socket looks, or still does. True when its person was not there before."""
    key, member, now = key_of(conversation_id), f"{user_id}:{socket}", time.time()
    try:
        _forget_the_lost(key, now)
        there = _people(store().ask(lambda server: server.zrange(key, 0, -1)))
        store().ask(lambda server: server.zadd(key, {member: now + SECONDS}))
        store().ask(lambda server: server.expire(key, SECONDS * 2))
    except StoreDownError:
        return False
    return str(user_id) not in there


def leave(conversation_id: object, user_id: object, socket: str) -> bool:
    """True when it was the last of its person's."""
    key, member = key_of(conversation_id), f"{user_id}:{socket}"
    try:
        if not store().ask(lambda server: server.zrem(key, member)):
            return False
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


def told(conversation_id: object) -> bool:
    """Whether nobody else is about to tell who is there. Whoever hears yes tells after a moment, so that many who come at once are
    told of once."""
    key = f"{key_of(conversation_id)}:telling"
    try:
        return bool(store().ask(lambda server: server.set(key, 1, px=250, nx=True)))
    except StoreDownError:
        return False


def key_of(conversation_id: object) -> str:
    return f"chat:present:{conversation_id}"


def _forget_the_lost(key: str, now: float) -> None:
    store().ask(lambda server: server.zremrangebyscore(key, "-inf", now))


def _people(members: Iterable[bytes]) -> set[str]:
    return {member.decode().partition(":")[0] for member in members}
