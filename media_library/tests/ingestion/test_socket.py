"""The library's socket: how far each file is, told to those who may see it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from media_library.consumers import LibraryStatus
from media_library.services import ingestion
from media_library.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene() -> dict[str, Any]:
    house = OrganizationFactory()
    owner = UserFactory(role=User.Role.PRODUCTION, house=house)
    return {
        "owner": owner,
        "colleague": UserFactory(role=User.Role.LINGUIST, house=house),
        "stranger": UserFactory(role=User.Role.PRODUCTION, house=OrganizationFactory()),
        "asset": AssetFactory(owner=owner, organization=house),
        "private": AssetFactory(owner=owner, organization=house, shelf="input"),
    }


@asynccontextmanager
async def opened(user: Any, query: str = "") -> AsyncIterator[WebsocketCommunicator]:
    socket = WebsocketCommunicator(LibraryStatus.as_asgi(), f"/ws/library{query}")
    socket.scope["user"] = user
    connected, _ = await socket.connect(timeout=5)
    assert connected
    try:
        yield socket
    finally:
        await socket.disconnect(timeout=5)


start = sync_to_async(ingestion.start)


async def test_those_who_see_a_file_hear_how_far_it_is(scene: dict[str, Any]) -> None:
    async with opened(scene["colleague"]) as socket:
        await start(scene["asset"], by=scene["owner"])
        heard = await socket.receive_json_from(timeout=5)
        assert (heard["type"], heard["asset_id"]) == ("asset.status", str(scene["asset"].pk))
        assert (heard["status"], heard["progress"], heard["problem"]) == ("active", 100, None)


async def test_what_a_person_brought_for_themselves_is_told_to_nobody_else(scene: dict[str, Any]) -> None:
    async with opened(scene["colleague"]) as socket:
        await start(scene["private"], by=scene["owner"])
        await socket.send_json_to({"type": "ping"})
        assert (await socket.receive_json_from(timeout=5))["type"] == "pong"


async def test_nobody_and_strangers_are_closed_alike_to_unknown(scene: dict[str, Any]) -> None:
    async with opened(AnonymousUser()) as socket:
        assert (await socket.receive_output(timeout=5))["code"] == 4401
    for asset_id in (scene["asset"].pk, uuid.uuid4(), "nonsense"):
        async with opened(scene["stranger"], f"?asset_id={asset_id}") as socket:
            assert (await socket.receive_output(timeout=5))["code"] == 4404


async def test_one_file_can_be_watched(scene: dict[str, Any]) -> None:
    async with opened(scene["owner"], f"?asset_id={scene['asset'].pk}") as socket:
        await start(scene["private"], by=scene["owner"])
        await start(scene["asset"], by=scene["owner"])
        assert (await socket.receive_json_from(timeout=5))["asset_id"] == str(scene["asset"].pk)
        assert await socket.receive_nothing(timeout=0.2)
