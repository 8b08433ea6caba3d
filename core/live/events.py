"""Writing the log, sending from it, and reading it again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models.functions import Now

from core.live.models import LiveEvent, LiveStream

log = structlog.get_logger(__name__)

KEPT = timedelta(hours=24)
MOST_REPLAYED = 1000
SECONDS_TO_SEND = 2.0
SAFE_GROUP = re.compile(r"[a-zA-Z0-9_.-]{1,80}")


@dataclass(frozen=True)
class Event:
    seq: int
    key: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Replay:
    """What a client missed. `resync`: it missed too much, or more than is kept; it must read its state anew and go on after `last_seq`."""

    events: list[Event]
    last_seq: int
    resync: bool = False


def percent(fraction: float) -> int:
    """Of a fraction, rounded half up, as people do."""
    return int(min(max(fraction, 0.0), 1.0) * 100 + 0.5)


def publish_after_commit(stream: str, payload: dict[str, Any], *, key: str) -> None:
    # As JSON has it, at once: a payload that cannot be written is the caller's bug and shows there.
    plain = json.loads(json.dumps(payload, cls=DjangoJSONEncoder))
    transaction.on_commit(partial(write_and_send, stream, plain, key), robust=True)


def write_and_send(stream: str, payload: dict[str, Any], key: str) -> None:
    try:
        event = write(stream, payload, key)
    except Exception:
        log.exception("live.not_written", stream=stream, key=key)
        return
    send(stream, event)


def write(stream: str, payload: dict[str, Any], key: str) -> Event:
    """The next number of the stream, in a small transaction: the row's lock makes numbers appear in order and without gaps."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO live_livestream AS stream (name, last_seq) VALUES (%s, 1)
                ON CONFLICT (name) DO UPDATE SET last_seq = stream.last_seq + 1 RETURNING last_seq
                """,
                [stream],
            )
            (seq,) = cursor.fetchone() or (0,)
        LiveEvent.objects.create(
            stream_id=stream, seq=seq, key=key, type=str(payload.get("type", ""))[:100], payload=payload
        )
    return Event(seq, key, payload)


def send(stream: str, event: Event) -> None:
    """A knock on the sockets' doors. Redis may be down: the event is in the log, and sockets look there from time to time."""
    message = {"type": "live.event", "seq": event.seq, "key": event.key, "payload": event.payload}
    try:
        async_to_sync(send_within_time)(group_of(stream), message)
    except Exception as error:  # noqa: BLE001  (whatever the channel layer's client raises; the event itself is safe)
        log.warning("live.not_sent", stream=stream, seq=event.seq, error=repr(error))


async def send_within_time(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    async with asyncio.timeout(SECONDS_TO_SEND):
        await layer.group_send(group, message)


def group_of(stream: str) -> str:
    """Group names are short ASCII; a stream's name that is not becomes its hash."""
    if SAFE_GROUP.fullmatch(stream):
        return f"stream.{stream}"
    return f"hash.{hashlib.sha256(stream.encode()).hexdigest()}"


def last_seq(stream: str) -> int:
    found = LiveStream.objects.filter(pk=stream).values_list("last_seq", flat=True).first()
    return found or 0


def events_after(stream: str, seq: int, *, key: str | None = None, limit: int = MOST_REPLAYED) -> Replay:
    """The events with a number above `seq`, of one key or of all."""
    # The order of the reads matters. The number first: an event written after it may be in the answer, but none up to it can be missing.
    known = last_seq(stream)
    rows = LiveEvent.objects.filter(stream=stream, seq__gt=seq)
    if key is not None:
        rows = rows.filter(key=key)
    found = [Event(*values) for values in rows.order_by("seq").values_list("seq", "key", "payload")[: limit + 1]]
    last = max(known, found[-1].seq if found else 0)
    # The oldest kept last: what is trimmed in between makes a resync too many, never a gap.
    oldest = LiveEvent.objects.filter(stream=stream).aggregate(oldest=Min("seq"))["oldest"]
    forgotten = last > seq if oldest is None else seq + 1 < oldest
    # A number that was never given out comes from another life of this database.
    if forgotten or len(found) > limit or seq > last or seq < 0:
        return Replay([], last, resync=True)
    return Replay(found, last)


def trim() -> int:
    """Forgets what is older than a day. Deletes up to a number, so that what is kept has no holes even if clocks jumped."""
    removed = 0
    old = LiveEvent.objects.filter(created_at__lt=Now() - KEPT).values("stream").annotate(newest=Max("seq")).order_by()
    for row in old:
        count, _ = LiveEvent.objects.filter(stream=row["stream"], seq__lte=row["newest"]).delete()
        removed += count
    return removed
