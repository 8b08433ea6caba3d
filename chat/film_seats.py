"""How many sockets of films a person may have open at once, by tier.

Counted in Valkey: a seat is free again when nobody says any more that it is taken.
"""

from __future__ import annotations

import time

from accounts.models import User
from core.rest.counters import StoreDownError, store

# None is any number.
SEATS: dict[str, int | None] = {"free": 5, "pro": 20, "enterprise": None}
# A socket says so again well before.
SECONDS = 45
# One step, so that of two who come at once one gets the last seat.
TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], 90)
return 1
"""


def take(user: User, socket: str) -> bool:
    """False when all are taken. Without the server nobody is turned away."""
    most = SEATS.get(user.tier, SEATS["free"])
    if most is None:
        return True
    now = time.time()
    try:
        return bool(store().ask(lambda server: server.eval(TAKE, 1, key_of(user), now, now + SECONDS, socket, most)))
    except StoreDownError:
        return True


def keep(user: User, socket: str) -> None:
    try:
        store().ask(lambda server: server.zadd(key_of(user), {socket: time.time() + SECONDS}, xx=True))
        store().ask(lambda server: server.expire(key_of(user), SECONDS * 2))
    except StoreDownError:
        return


def leave(user: User, socket: str) -> None:
    try:
        store().ask(lambda server: server.zrem(key_of(user), socket))
    except StoreDownError:
        return


def key_of(user: User) -> str:
    return f"films:seats:{user.pk}"
