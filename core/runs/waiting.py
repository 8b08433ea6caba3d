"""Waiting for runs in an event loop: no thread, no transaction and no connection is held, however many wait."""

from __future__ import annotations

import asyncio
import uuid
import weakref
from collections.abc import Iterable

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connections

from core.errors import DomainError, StorageFullError, WrongStateError
from core.runs.errors import StepError
from core.runs.models import Run

log = structlog.get_logger(__name__)

# One short query for all who wait, so often.
PAUSE_SECONDS = 0.1
# While the database is away.
LONG_PAUSE_SECONDS = 2.0
# What the studio itself goes on with. A run that waits for a person may do so for days.
MOVING = (Run.Status.RUNNING, Run.Status.CANCELLING)


async def finished(run_id: uuid.UUID, seconds: float | None = None) -> bool:
    """True as soon as the run has stopped moving, whatever came of it; False after `seconds` (SYNC_WAIT_SECONDS)."""
    patience = float(settings.SYNC_WAIT_SECONDS if seconds is None else seconds)
    try:
        async with asyncio.timeout(patience):
            await _lookout().wait(run_id)
    except TimeoutError:
        return False
    return True


class Lookout:
    """Looks for all who wait in this event loop, as long as somebody does."""

    def __init__(self) -> None:
        self._waiting: dict[uuid.UUID, set[asyncio.Future[None]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, run_id: uuid.UUID) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run_id, set()).add(future)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            await future
        finally:
            self._forget(run_id, future)

    def _forget(self, run_id: uuid.UUID, future: asyncio.Future[None]) -> None:
        others = self._waiting.get(run_id, set())
        others.discard(future)
        if not others:
            self._waiting.pop(run_id, None)

    async def _look(self) -> None:
        while self._waiting:
            pause = PAUSE_SECONDS
            try:
                stopped = await sync_to_async(stopped_among, thread_sensitive=False)(list(self._waiting))
            except DatabaseTrouble as error:
                log.warning("runs.wait_without_database", waiting=len(self._waiting), error=str(error))
                stopped, pause = set(), LONG_PAUSE_SECONDS
            for run_id in stopped:
                for future in self._waiting.get(run_id, ()):
                    if not future.done():
                        future.set_result(None)
            await asyncio.sleep(pause)


_lookouts: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Lookout] = weakref.WeakKeyDictionary()


def _lookout() -> Lookout:
    return _lookouts.setdefault(asyncio.get_running_loop(), Lookout())


def stopped_among(run_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those that have stopped moving, or are gone."""
    asked = set(run_ids)
    try:
        moving = Run.objects.filter(pk__in=asked, status__in=MOVING).order_by().values_list("pk", flat=True)
        return asked - set(moving)
    finally:
        let_go()


def let_go() -> None:
    """Gives this thread's connections back. One in a transaction is somebody's who still needs it."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def failure_of_run(run: Run) -> DomainError:
    """Why there is no result, in the words that the step had for it."""
    if run.status == Run.Status.CANCELLED:
        return WrongStateError("This work was cancelled.")
    if run.error_code == StorageFullError.code:
        return StorageFullError(run.error)
    return StepError(run.error, code=run.error_code)
