"""The socket as a client has it, over the real channel layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from core.live import publish
from core.live.consumers import MESSAGES_PER_SECOND, LiveConsumer
from core.live.events import Event, group_of, write
from core.live.models import LiveEvent

pytestmark = pytest.mark.django_db(transaction=True)


class Board(LiveConsumer):
    stream = "jobs"
    seconds_between_looks = 0.2

    async def find(self) -> bool:
        return "missing" not in self.scope["path"]

    async def visible(self, event: Event) -> bool:
        return not event.payload.get("secret")


class OneJob(Board):
    key = "a"


say = sync_to_async(publish)
# Into the log only: as if Redis had lost the message.
log_only = sync_to_async(write)


@asynccontextmanager
async def opened(
    user: Any, *, path: str = "/ws", consumer: type[LiveConsumer] = Board, headers: dict[str, str] | None = None
) -> AsyncIterator[WebsocketCommunicator]:
    given = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    socket = WebsocketCommunicator(consumer.as_asgi(), path, headers=given)
    socket.scope["user"] = user
    connected, _ = await socket.connect(timeout=5)
    assert connected
    try:
        yield socket
    finally:
        await socket.disconnect(timeout=5)


async def heard(socket: WebsocketCommunicator, count: int) -> list[Any]:
    return [await socket.receive_json_from(timeout=5) for _ in range(count)]


async def closing_code(socket: WebsocketCommunicator) -> int:
    message = await socket.receive_output(timeout=5)
    assert message["type"] == "websocket.close", message
    return int(message["code"])


async def test_what_happens_is_told_with_its_number(mara: Any) -> None:
    async with opened(mara) as socket:
        await say("jobs", {"type": "job.created", "id": "a"})
        assert await heard(socket, 1) == [{"type": "job.created", "id": "a", "seq": 1}]


async def test_nobody_listens_without_signing_in(mara: Any) -> None:
    async with opened(AnonymousUser()) as socket:
        assert await closing_code(socket) == 4401


async def test_what_one_may_not_see_is_not_there(mara: Any) -> None:
    async with opened(mara, path="/ws/missing") as socket:
        assert await closing_code(socket) == 4404


@pytest.mark.parametrize(
    ("origin", "host", "welcome"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://evil.example", "localhost:8000", False),
        # A rebound name: page and socket agree, but it is no name of ours.
        ("http://evil.example", "evil.example", False),
        ("http://localhost:9000", "localhost:8000", False),
        ("null", "localhost:8000", False),
    ],
)
async def test_a_cookie_counts_only_on_our_own_pages(mara: Any, origin: str, host: str, welcome: bool) -> None:
    async with opened(mara, headers={"origin": origin, "host": host}) as socket:
        if welcome:
            assert await socket.receive_nothing(timeout=0.1)
        else:
            assert await closing_code(socket) == 4401


async def test_a_reconnect_gets_what_it_missed_and_then_goes_on(mara: Any) -> None:
    for number in range(5):
        await say("jobs", {"type": "job.progress", "n": number})
    async with opened(mara, path="/ws?after=2") as socket:
        assert [event["seq"] for event in await heard(socket, 3)] == [3, 4, 5]
        await say("jobs", {"type": "job.progress"})
        assert [event["seq"] for event in await heard(socket, 1)] == [6]


async def test_a_first_visit_replays_nothing(mara: Any) -> None:
    await say("jobs", {"type": "job.progress"})
    async with opened(mara) as socket:
        await say("jobs", {"type": "job.progress"})
        assert [event["seq"] for event in await heard(socket, 1)] == [2]


async def test_what_is_published_while_a_socket_opens_is_neither_lost_nor_doubled(mara: Any) -> None:
    async def busy() -> None:
        for number in range(60):
            await say("jobs", {"type": "job.progress", "n": number})

    publishing = asyncio.create_task(busy())
    seen = 0
    received: list[int] = []
    while seen < 60:
        # Drops and comes back again and again, in the middle of it.
        async with opened(mara, path=f"/ws?after={seen}") as socket:
            for _ in range(7):
                if seen == 60:
                    break
                seen = (await heard(socket, 1))[0]["seq"]
                received.append(seen)
    await publishing
    assert received == list(range(1, 61))


async def test_a_message_that_redis_lost_is_fetched_before_the_next(mara: Any) -> None:
    async with opened(mara) as socket:
        await log_only("jobs", {"type": "job.progress"}, "")
        await say("jobs", {"type": "job.progress"})
        assert [event["seq"] for event in await heard(socket, 2)] == [1, 2]


async def test_a_last_message_that_redis_lost_is_found_in_the_log(mara: Any) -> None:
    async with opened(mara) as socket:
        await log_only("jobs", {"type": "job.done"}, "")
        assert await heard(socket, 1) == [{"type": "job.done", "seq": 1}]


async def test_a_message_delivered_twice_is_told_once(mara: Any) -> None:
    async with opened(mara) as socket:
        await say("jobs", {"type": "job.created"})
        again = {"type": "live.event", "seq": 1, "key": "", "payload": {"type": "job.created"}}
        await get_channel_layer().group_send(group_of("jobs"), again)
        await say("jobs", {"type": "job.done"})
        assert [event["seq"] for event in await heard(socket, 2)] == [1, 2]


@pytest.mark.parametrize("after", ["99", "-1", "abc", "1e9", "", "9" * 40])
async def test_what_cannot_be_replayed_is_a_resync(mara: Any, after: str) -> None:
    await say("jobs", {"type": "job.progress"})
    async with opened(mara, path=f"/ws?after={after}") as socket:
        if after == "":
            # An empty value names no number: like none at all.
            assert await socket.receive_nothing(timeout=0.1)
            return
        assert await heard(socket, 1) == [{"type": "resync", "event": "resync", "seq": 1}]
        await say("jobs", {"type": "job.progress"})
        assert [event["seq"] for event in await heard(socket, 1)] == [2]


async def test_a_joining_message_may_ask_for_a_replay(mara: Any) -> None:
    await say("jobs", {"type": "job.progress"})
    async with opened(mara) as socket:
        await socket.send_json_to({"type": "replay", "after": 0})
        assert [event["seq"] for event in await heard(socket, 1)] == [1]


async def test_what_is_not_visible_is_not_told(mara: Any) -> None:
    async with opened(mara) as socket:
        await say("jobs", {"type": "job.progress", "secret": True})
        await say("jobs", {"type": "job.progress"})
        assert [event["seq"] for event in await heard(socket, 1)] == [2]


async def test_a_socket_on_one_thing_hears_of_that_only(mara: Any) -> None:
    async with opened(mara, consumer=OneJob) as socket:
        for key in ("b", "a", "b", "a"):
            await say("jobs", {"type": "job.progress"}, key=key)
        assert [event["seq"] for event in await heard(socket, 2)] == [2, 4]


async def test_messages_that_cannot_be_read_leave_the_socket_open(mara: Any) -> None:
    async with opened(mara) as socket:
        for text in ("{", "[1]", '"x"', "null", "[" * 50_000, json.dumps({"type": "dance"}), "x" * 70_000):
            await socket.send_to(text_data=text)
            assert (await heard(socket, 1))[0]["type"] == "error"
        await socket.send_to(bytes_data=b"\x00\xff")
        assert (await heard(socket, 1))[0]["type"] == "error"
        await socket.send_json_to({"type": "ping"})
        assert await heard(socket, 1) == [{"type": "pong"}]


async def test_a_flood_is_answered_with_errors(mara: Any) -> None:
    async with opened(mara) as socket:
        for _ in range(MESSAGES_PER_SECOND + 5):
            await socket.send_json_to({"type": "ping"})
        answers = await heard(socket, MESSAGES_PER_SECOND + 5)
        assert [answer["type"] for answer in answers].count("error") == 5
        await say("jobs", {"type": "job.progress"})
        assert (await heard(socket, 1))[0]["seq"] == 1


async def test_who_is_deactivated_is_shown_out(mara: Any) -> None:
    async with opened(mara) as socket:
        mara.is_active = False
        await mara.asave(update_fields=["is_active"])
        assert await closing_code(socket) == 4401


async def test_without_a_channel_layer_the_client_is_asked_to_come_again(mara: Any, settings: Any) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    async with opened(mara) as socket:
        assert await closing_code(socket) == 1013


async def test_an_event_forgotten_while_away_is_a_resync(mara: Any) -> None:
    for _ in range(3):
        await say("jobs", {"type": "job.progress"})
    await LiveEvent.objects.filter(seq__lte=2).adelete()
    async with opened(mara, path="/ws?after=1") as socket:
        assert (await heard(socket, 1))[0] == {"type": "resync", "event": "resync", "seq": 3}
