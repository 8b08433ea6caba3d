"""What is asked of the API, written down without costing a request anything.

A request leaves a line in memory; a thread carries the lines to the Redis server twice a second; a task writes them to the
database in bulk. Each stage is bounded, and what does not fit is dropped and said in the log.
"""

from __future__ import annotations

import atexit
import json
import threading
import uuid
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from core.rest.counters import StoreDownError, store
from core.rest.models import RequestLog

log = structlog.get_logger(__name__)

LIST = "usage:requests"
MOST_IN_MEMORY = 10_000
MOST_IN_STORE = 200_000
BATCH = 1_000
SECONDS_BETWEEN = 0.5
# One writer at a time: two would cut off what the other has not read. Any number will do, as long as nobody else uses it.
ADVISORY_LOCK = 727_001


class Lines:
    """The lines of this process that are on their way."""

    def __init__(self) -> None:
        self.waiting: deque[dict[str, Any]] = deque()
        self.thread: threading.Thread | None = None
        self.starting = threading.Lock()
        self.carrying = threading.Lock()

    def add(self, line: dict[str, Any]) -> None:
        if len(self.waiting) >= MOST_IN_MEMORY:
            return
        self.waiting.append(line)
        if self.thread is None or not self.thread.is_alive():
            self.start()

    def start(self) -> None:
        with self.starting:
            # After a fork the thread is gone, and the child starts its own.
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.carry, name="usage", daemon=True)
                self.thread.start()

    def carry(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(SECONDS_BETWEEN)
            self.flush()

    def flush(self) -> None:
        """Brings what waits to the store; what the store does not take is dropped."""
        with self.carrying:
            lines = [self.waiting.popleft() for _ in range(len(self.waiting))]
            if not lines:
                return
            try:
                store().ask(lambda client: push(client, lines))
            except StoreDownError:
                log.warning("usage.dropped", lines=len(lines))


def push(client: redis.Redis, lines: list[dict[str, Any]]) -> None:
    if client.llen(LIST) >= MOST_IN_STORE:
        log.warning("usage.dropped", lines=len(lines))
        return
    client.rpush(LIST, *(json.dumps(line) for line in lines))


lines = Lines()
atexit.register(lines.flush)


def note(
    *, user_id: str | None, endpoint: str, method: str, address: str | None, user_agent: str, status: int, ms: int
) -> None:
    """One request has been answered."""
    lines.add(
        {
            "id": str(uuid.uuid4()),
            "user_id": user_id,
            "endpoint": endpoint[:255],
            "method": method[:10],
            "ip_address": address,
            "user_agent": user_agent.replace("\0", "")[:300],
            "response_status": status,
            "response_time_ms": ms,
            "created_at": datetime.now(UTC).isoformat(),
        }
    )


def keep() -> int:
    """Moves what lies in the store to the database and returns how many lines that were.

    A line is taken off the list after it is written, and its id keeps it from being written twice: a crash loses nothing.
    """
    if not locked():
        return 0
    try:
        kept = 0
        while True:
            found = store().ask(lambda client: client.lrange(LIST, 0, BATCH - 1))
            write([row for row in map(row_of, found) if row is not None])
            take_off(len(found))
            kept += len(found)
            if len(found) < BATCH:
                return kept
    finally:
        unlock()


def locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


def unlock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def write(rows: list[RequestLog]) -> None:
    # People who have been deleted since.
    wanted = {row.user_id for row in rows if row.user_id}
    known = {str(pk) for pk in get_user_model().objects.filter(pk__in=wanted).values_list("pk", flat=True)}
    for row in rows:
        if row.user_id and str(row.user_id) not in known:
            row.user_id = None
    RequestLog.objects.bulk_create(rows, ignore_conflicts=True)


def take_off(count: int) -> None:
    if count:
        store().ask(lambda client: client.ltrim(LIST, count, -1))


def row_of(text: bytes) -> RequestLog | None:
    """A line that cannot be read is not worth stopping for."""
    try:
        line = json.loads(text)
        return RequestLog(**{**line, "created_at": datetime.fromisoformat(line["created_at"])})
    except (ValueError, TypeError, KeyError):
        log.warning("usage.unreadable")
        return None


def sweep(*, at_most: int = 50_000) -> int:
    """Deletes what is older than REQUEST_LOG_DAYS."""
    before = timezone.now() - timedelta(days=settings.REQUEST_LOG_DAYS)
    old = RequestLog.objects.filter(created_at__lt=before).order_by("created_at", "pk")[:at_most]
    return RequestLog.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
