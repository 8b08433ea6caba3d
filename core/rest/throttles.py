"""How often somebody may do something: fixed windows, counted in the Redis server by one script, so that no two requests race.

The server is down: reads go on (open), what guards credentials does not (`fail_closed`, 503).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from django.conf import settings

from core.errors import TooManyRequestsError, UnavailableError
from core.rest.counters import StoreDownError, store

# KEYS[1] the counter. ARGV: how many to add (0: only look), length of the window in ms, 1 when it ends with the clock's own hour or minute.
# The server's clock decides, so that several web machines agree.
SCRIPT = """
if ARGV[1] == '0' then
  return {tonumber(redis.call('GET', KEYS[1]) or '0'), math.max(0, redis.call('PTTL', KEYS[1]))}
end
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[2])
  if ARGV[3] == '1' then
    local now = redis.call('TIME')
    left = left - (now[1] * 1000 + math.floor(now[2] / 1000)) % left
  end
  redis.call('PEXPIRE', KEYS[1], left)
end
return {count, left}
"""
PREFIX = "rate"


@dataclass(frozen=True)
class Window:
    """Where somebody stands. `reset_at` is in Unix seconds; `exceeded` says that this very request is one too many."""

    limit: int
    remaining: int
    reset_at: int
    retry_after: int
    exceeded: bool = False
    store_down: bool = False


def rate_of(group: str) -> tuple[int, int]:
    """The configured (limit, seconds) of a group, RATE_<GROUP> in the environment."""
    return settings.RATES[group]


def hit(
    group: str,
    key: str,
    *,
    limit: int | None = None,
    seconds: int | None = None,
    fail_closed: bool = False,
    aligned: bool = False,
    count: int = 1,
) -> Window:
    """Counts one use and says where `key` stands. Raises nothing.

    Without numbers the group's own (RATES). A window begins with its first use, or with the clock when `aligned`. `count=0` only looks.
    """
    limit, seconds = (limit or rate_of(group)[0]), (seconds or rate_of(group)[1])
    if not settings.RATE_LIMITS:
        return uncounted(limit, limit, seconds)
    name = f"{PREFIX}:{group}:{key}"
    try:
        used, left = store().ask(lambda client: client.eval(SCRIPT, 1, name, count, seconds * 1000, int(aligned)))
    except StoreDownError:
        return uncounted(limit, 0 if fail_closed else limit, seconds, exceeded=fail_closed, store_down=True)
    # A look judges the next use, a hit itself.
    over = used > limit if count else used >= limit
    reset_at = round(time.time() + left / 1000)
    return Window(limit, max(0, limit - used), reset_at, max(1, math.ceil(left / 1000)), exceeded=over)


def check(
    group: str,
    key: str,
    *,
    limit: int | None = None,
    seconds: int | None = None,
    fail_closed: bool = False,
    aligned: bool = False,
    count: int = 1,
    message: str | None = None,
) -> Window:
    """Counts one use; one too many is TooManyRequestsError, an unreachable server (where closed) UnavailableError."""
    window = hit(group, key, limit=limit, seconds=seconds, fail_closed=fail_closed, aligned=aligned, count=count)
    demand(window, message=message)
    return window


def look(group: str, key: str, *, limit: int | None = None, seconds: int | None = None) -> Window:
    """Where `key` stands, without counting: `exceeded` when nothing is left."""
    return hit(group, key, limit=limit, seconds=seconds, count=0)


def demand(window: Window, *, message: str | None = None) -> None:
    if window.exceeded and window.store_down:
        raise UnavailableError(retry_after=5)
    if window.exceeded:
        raise TooManyRequestsError(message, retry_after=window.retry_after)


def forget(group: str, key: str) -> None:
    """Begins anew, after a success that clears earlier failures."""
    try:
        store().ask(lambda client: client.delete(f"{PREFIX}:{group}:{key}"))
    except StoreDownError:
        return  # the window ends by itself


def uncounted(limit: int, remaining: int, seconds: int, **state: bool) -> Window:
    """Where nothing is counted, the window is that of the clock."""
    now = int(time.time())
    left = seconds - now % seconds
    return Window(limit, remaining, now + left, left, **state)
