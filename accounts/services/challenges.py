"""The time between the right password and the right code: short-lived, in the Redis server, for browsers and programs alike.

Without that server nobody gets past this point: what guards credentials fails closed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis

from accounts.models import User
from core.errors import UnavailableError
from core.rest.counters import StoreDownError, store

SECONDS = 600
WRONG_CODES = 5
PREFIX = "sign-in:challenge"

# Counts a try of a challenge that exists; a plain HINCRBY would make one that never ends of a challenge that has just ended.
TRY = """
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
return redis.call('HINCRBY', KEYS[1], 'tries', 1)
"""


@dataclass(frozen=True)
class Challenge:
    """Who has given the first proof, by which methods. `tries` are the codes typed so far."""

    token: str
    user: User
    methods: list[str]
    tries: int

    @property
    def is_void(self) -> bool:
        return self.tries >= WRONG_CODES


def open_challenge(user: User, *, methods: list[str]) -> str:
    """The secret that stands for `user` until the code comes. It is no bearer token: it opens nothing by itself."""
    token = secrets.token_urlsafe(32)
    values: dict[Any, Any] = {
        "user": str(user.pk),
        "version": user.token_version,
        "methods": json.dumps(methods),
        "tries": 0,
    }

    def write(client: redis.Redis) -> None:
        with client.pipeline() as together:
            together.hset(name_of(token), mapping=values)
            together.expire(name_of(token), SECONDS)
            together.execute()

    ask(write)
    return token


def find_challenge(token: str) -> Challenge | None:
    """None when it is unknown, too old, used up, or its person may not sign in any more."""
    found = {key.decode(): value.decode() for key, value in ask(lambda client: client.hgetall(name_of(token))).items()}
    # A counter that outlived its challenge would have no person.
    if "user" not in found:
        return None
    user = User.objects.signing_in().active().filter(pk=uuid.UUID(found["user"])).first()
    if user is None or user.token_version != int(found["version"]):
        return None
    return Challenge(token, user, json.loads(found["methods"]), int(found["tries"]))


def count_try(token: str) -> int | None:
    """Which try this is, counted before the code is looked at, so that parallel guesses count one by one.

    None when the challenge has been used up since.
    """
    tries: int | None = ask(lambda client: client.eval(TRY, 1, name_of(token)))
    return tries


def use_up(token: str) -> bool:
    """Whether this call is the one that ends the challenge."""
    return bool(ask(lambda client: client.delete(name_of(token))))


def claim_once(kind: str, name: str, *, seconds: int) -> bool:
    """True for the first caller within `seconds`; afterwards the name is taken."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return bool(ask(lambda client: client.set(f"sign-in:{kind}:{digest}", 1, nx=True, ex=seconds)))


def name_of(token: str) -> str:
    return f"{PREFIX}:{hashlib.sha256(token.encode()).hexdigest()}"


def ask(question: Callable[[redis.Redis], Any]) -> Any:
    try:
        return store().ask(question)
    except StoreDownError as error:
        raise UnavailableError from error
