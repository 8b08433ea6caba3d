"""The socket of one's own news."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from accounts.consumers import News
from accounts.models import User
from accounts.services.notifications import mark_read, notify
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


async def socket_of(user: User) -> WebsocketCommunicator:
    socket = WebsocketCommunicator(News.as_asgi(), "/ws/news")
    socket.scope["user"] = user
    connected, _ = await socket.connect(timeout=5)
    assert connected
    return socket


async def test_everybody_hears_their_own_news_and_nobody_elses() -> None:
    user, admin = await sync_to_async(UserFactory)(), await sync_to_async(UserFactory)(role="admin")
    mine, theirs = await socket_of(user), await socket_of(admin)
    await sync_to_async(notify)([user], kind="job.completed", text="It is done.", url="/jobs/1")
    heard = await mine.receive_json_from(timeout=5)
    assert (heard["type"], heard["text"], heard["url"]) == ("news", "It is done.", "/jobs/1")
    await sync_to_async(mark_read)(user)
    assert (await mine.receive_json_from(timeout=5))["type"] == "news.read"
    assert await theirs.receive_nothing(timeout=0.3)
    await mine.disconnect()
    await theirs.disconnect()
