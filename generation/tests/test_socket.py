"""The socket of a session, through the application that serves it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.testing.contract import differences, document
from core.testing.patience import work_off
from core.testing.providers import ProviderServer
from generation import events
from generation.models import Round
from generation.services import images
from generation.sockets import urlpatterns
from generation.tests.factories import SessionFactory, round_of, take_of

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def opened(user: Any, session_id: Any, query: str = "") -> AsyncIterator[WebsocketCommunicator]:
    socket = WebsocketCommunicator(URLRouter(urlpatterns), f"/ws/{session_id}{query}")
    socket.scope["user"] = user
    assert (await socket.connect(timeout=30))[0]
    try:
        yield socket
    finally:
        await socket.disconnect(timeout=30)


async def close_code(socket: WebsocketCommunicator) -> int:
    return int((await socket.receive_output(timeout=30))["code"])


@sync_to_async
def made_by(user: User, session_id: uuid.UUID) -> Round:
    made = images.begin(user, prompt="A pier", count=2, session_id=session_id)
    work_off(made.run_id)
    return made


async def test_who_waits_for_their_own_session_hears_it_from_the_beginning(replicate: ProviderServer) -> None:
    user = await sync_to_async(UserFactory)()
    session_id = uuid.uuid4()
    told = {one["name"]: one["fields"] for one in document("pipeline")["events"]}
    async with opened(user, session_id) as socket:
        await made_by(user, session_id)
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1].get("status") != "choosing_images":
            heard.append(await socket.receive_json_from(timeout=30))
    progress = [one for one in heard if one["event"] == "image_generation_progress"]
    assert [differences(one, told["image_generation_progress"]) for one in progress] == [[]] * len(progress)
    fractions = [one["progress"] for one in progress]
    assert fractions == sorted(fractions)
    assert {(one["progress"], one["message"]) for one in progress} >= {
        (0.0, "Generating image 1 of 2"),
        (0.5, "Generating image 1 of 2"),
        (0.5, "Generating image 2 of 2"),
        (1.0, "Generating image 2 of 2"),
    }
    assert [one["seq"] for one in heard] == list(range(1, len(heard) + 1))
    ready = [one["take"] for one in heard if one["event"] == "take_changed"]
    assert [(one["status"], one["url"].startswith("http")) for one in ready] == [("ready", True)] * 2
    # The log keeps no link.
    async with opened(user, session_id) as socket:
        last = await socket.receive_json_from(timeout=30)
        assert (last["event"], last["progress"]) == ("image_generation_progress", 1.0)
    async with opened(user, session_id, "?after=0") as socket:
        again = [await socket.receive_json_from(timeout=30) for _ in heard]
        assert [one["seq"] for one in again] == [one["seq"] for one in heard]


async def test_nobody_and_strangers_hear_nothing() -> None:
    owner, stranger = await sync_to_async(UserFactory)(), await sync_to_async(UserFactory)()
    session = await sync_to_async(SessionFactory)(owner=owner)
    async with opened(AnonymousUser(), session.pk) as socket:
        assert await close_code(socket) == 4401
    async with opened(AnonymousUser(), uuid.uuid4()) as socket:
        assert await close_code(socket) == 4401
    async with opened(stranger, session.pk) as socket:
        assert await close_code(socket) == 4404
    # Whoever waited for an id that becomes somebody else's is put out before anything is told.
    session_id = uuid.uuid4()
    async with opened(stranger, session_id) as socket:
        await sync_to_async(images.begin)(owner, prompt="Secret", count=1, session_id=session_id)
        assert await close_code(socket) == 4404


async def test_every_event_of_the_document_is_as_written() -> None:
    session = await sync_to_async(SessionFactory)()
    told = {one["name"]: one["fields"] for one in document("pipeline")["events"]}

    @sync_to_async
    def say() -> None:
        for kind in Round.Kind.values:
            made = round_of(session, kind)
            events.progress(made, 0.25, "A quarter")
        events.failed(made, 0.25, "Video composition failed")
        events.take_changed(take_of(session))

    async with opened(session.owner, session.pk) as socket:
        await say()
        heard = [await socket.receive_json_from(timeout=30) for _ in told]
        assert [one["event"] for one in heard] == list(told)
        assert [differences(one, told[one["event"]]) for one in heard] == [[]] * len(told)
        take = await socket.receive_json_from(timeout=30)
        assert take["take"]["url"]
        await socket.send_json_to({"type": "ping"})
        assert (await socket.receive_json_from(timeout=30))["type"] == "pong"
