"""What an adapter of a hosted provider gets from the ledger for one request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ai.capabilities.base import Usage


def _ignore(_value: object) -> None:
    """For uses without a ledger: tests of an adapter alone."""


@dataclass(frozen=True)
class Wire:
    """`key` goes out as Idempotency-Key. The adapter calls `reference` with the provider's request id as soon as the
    headers are in, and `used` whenever it knows more about what the request consumed, even if it fails afterwards.

    `resumes` is for work that a provider goes on with by itself: the reference of an earlier attempt at the same work whose
    outcome never came. Such an adapter gives as its reference what it can ask for again, before it waits, and asks for
    `resumes` rather than ordering anew.
    """

    key: str = ""
    resumes: str = ""
    reference: Callable[[str], None] = _ignore
    used: Callable[[Usage], None] = _ignore

    @property
    def headers(self) -> dict[str, str]:
        return {"Idempotency-Key": self.key} if self.key else {}
