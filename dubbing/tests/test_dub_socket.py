"""The socket of a dub, through the application that serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from accounts.tests.factories import UserFactory
from dubbing.models import Dub
from dubbing.services import lines
from dubbing.sockets import urlpatterns
from dubbing.tests.factories import DubFactory, line_in

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def opened(user: Any, dub: Dub) -> AsyncIterator[WebsocketCommunicator]:
    socket = WebsocketCommunicator(URLRouter(urlpatterns), f"/ws/dubs/{dub.pk}")
    socket.scope["user"] = user
    connected, _ = await socket.connect(timeout=30)
    assert connected
    try:
        yield socket
    finally:
        await socket.disconnect(timeout=30)


@pytest.mark.parametrize(("who", "code"), [("nobody", 4401), ("a stranger", 4404)])
def test_who_does_not_see_a_dub_hears_nothing_of_it(who: str, code: int) -> None:
    dub = DubFactory()
    user = AnonymousUser() if who == "nobody" else UserFactory()

    async def try_it() -> int:
        async with opened(user, dub) as socket:
            return int((await socket.receive_output(timeout=30))["code"])

    assert asyncio.run(try_it()) == code


def test_a_change_of_a_line_is_heard_by_who_watches_that_dub_alone() -> None:
    dub, other = DubFactory(), DubFactory()
    line, elsewhere = line_in(dub, written_by="machine"), line_in(other, written_by="machine")

    async def watch() -> dict[str, Any]:
        async with opened(dub.owner, dub) as socket:
            await sync_to_async(lines.write)(elsewhere, "Otro.", actor=other.owner)
            await sync_to_async(lines.write)(line, "Hola.", actor=dub.owner)
            event: dict[str, Any] = await socket.receive_json_from(timeout=30)
            return event

    event = asyncio.run(watch())
    assert (event["type"], event["dub_id"], event["line_id"]) == ("line_changed", str(dub.pk), str(line.pk))
