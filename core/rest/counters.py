"""The Redis server as a place for counts and short lists: quick to give up, and then left alone for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

SECONDS = 1.0
# A server that hangs costs one request its second, not every request.
SECONDS_LEFT_ALONE = 2.0


class StoreDownError(Exception):
    """The server cannot be reached or does not answer in time."""


class Store:
    def __init__(self, url: str) -> None:
        self.client: redis.Redis = redis.Redis.from_url(
            url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry_on_timeout=False
        )
        self.left_alone_until = float("-inf")

    def ask(self, question: Callable[[redis.Redis], Any]) -> Any:
        """What the server answers, or StoreDownError."""
        if time.monotonic() < self.left_alone_until:
            raise StoreDownError
        try:
            return question(self.client)
        except redis.RedisError as error:
            self.left_alone_until = time.monotonic() + SECONDS_LEFT_ALONE
            log.warning("counters.down", error=type(error).__name__)
            raise StoreDownError from error


@cache
def _store(url: str) -> Store:
    return Store(url)


def store() -> Store:
    return _store(settings.CACHES["default"]["LOCATION"])
