"""What a provider makes in its own time: ordered once, waited for, asked for again after a loss, called off when nobody wants it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from django.conf import settings

from ai.capabilities.base import Progress, Usage
from ai.errors import InvalidAnswerError, ProviderBusyError, ProviderError, ProviderRefusedError
from ai.wire import Wire
from core.runs.errors import HaltedError

log = structlog.get_logger(__name__)

FIRST_LOOK_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
# A look that fails costs nothing and says nothing of the order; so many in a row are the provider being down.
MOST_FAILED_LOOKS = 3
LISTENING_SECONDS = 0.25


@dataclass(frozen=True)
class Order:
    """How an order stands. `problem` is why nothing will come of it, in the provider's words."""

    reference: str
    done: bool = False
    problem: str = ""
    output: Any = None
    share: float = 0.0


class Orders(Protocol):
    """One piece of work at one provider."""

    name: str

    def place(self, key: str) -> Order: ...

    def look(self, reference: str) -> Order: ...

    def call_off(self, reference: str) -> None: ...


def carried_out(orders: Orders, wire: Wire, *, usage: Usage, progress: Progress, doing: str) -> Order:
    """The finished order. Its reference is in the ledger before the waiting begins, so that it is paid for once."""
    order = _begun(orders, wire)
    wire.reference(order.reference)
    try:
        order = _waited_for(orders, order, progress, doing)
    except HaltedError as halted:
        # A worker that goes, or loses its lease, leaves the order to the next one.
        if halted.reason == "cancelled":
            _call_off(orders, order.reference)
        raise
    if order.problem:
        raise ProviderRefusedError(f"{orders.name} could not make this: {order.problem[:300]}")
    wire.used(usage)
    return order


@contextmanager
def accepted_twice(wire: Wire) -> Iterator[None]:
    """Around the reading of what was made. What is unusable is fetched once more; whether to order anew, a person decides."""
    try:
        yield
    except InvalidAnswerError as error:
        error.retryable = not wire.resumes
        raise


def _begun(orders: Orders, wire: Wire) -> Order:
    if not wire.resumes:
        return orders.place(wire.key)
    try:
        order = orders.look(wire.resumes)
    except ProviderRefusedError:
        order = Order(wire.resumes, problem="The order is not known any more.")
    if not order.problem:
        log.info("ai.order_resumed", provider=orders.name, reference=wire.resumes)
        return order
    # Under the old key a provider that keeps keys would repeat the order that came to nothing.
    return orders.place(f"{wire.key}-{hashlib.sha256(wire.resumes.encode()).hexdigest()[:8]}")


def _waited_for(orders: Orders, order: Order, progress: Progress, doing: str) -> Order:
    until = time.monotonic() + settings.AI_GENERATION_SECONDS
    pause, failed = FIRST_LOOK_SECONDS, 0
    while not (order.done or order.problem):
        if time.monotonic() > until:
            raise ProviderBusyError(f"{orders.name} is still at work. The studio asks again by itself.", retry_after=30)
        _pause(pause, progress, order.share, doing)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
        try:
            order = orders.look(order.reference)
            failed = 0
        except (ProviderBusyError, InvalidAnswerError) as error:
            failed += 1
            # The ledger must know of a time that was asked for: it keeps everybody away.
            if getattr(error, "retry_after", None) is not None or failed >= MOST_FAILED_LOOKS:
                raise
    return order


def _pause(seconds: float, progress: Progress, share: float, doing: str) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        progress(share, doing)
        time.sleep(min(left, LISTENING_SECONDS))


def _call_off(orders: Orders, reference: str) -> None:
    try:
        orders.call_off(reference)
    except ProviderError as error:
        # It goes on and is paid for; the reference in the ledger tells which it was.
        log.warning("ai.order_not_called_off", provider=orders.name, reference=reference, error=error.message)
