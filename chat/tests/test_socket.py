"""The socket of a conversation, through the application that serves it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.tests.factories import UserFactory
from chat import events, presence
from chat.models import Conversation, Participant
from chat.sockets import urlpatterns
from chat.tests.factories import ConversationFactory, say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> dict[str, User]:
    return {name: UserFactory(name=name.title()) for name in ("owner", "editor", "viewer", "stranger")}


@pytest.fixture
def conversation(people: dict[str, User]) -> Conversation:
    made: Conversation = ConversationFactory(owner=people["owner"])
    for role in ("editor", "viewer"):
        Participant.objects.create(conversation=made, user=people[role], role=role)
    return made


@asynccontextmanager
async def opened(user: Any, conversation_id: Any, query: str = "") -> AsyncIterator[WebsocketCommunicator]:
    socket = WebsocketCommunicator(URLRouter(urlpatterns), f"/ws/conversations/{conversation_id}{query}")
    socket.scope["user"] = user
    connected, _ = await socket.connect(timeout=5)
    assert connected
    try:
        yield socket
    finally:
        await socket.disconnect(timeout=5)


async def close_code(socket: WebsocketCommunicator) -> int:
    return int((await socket.receive_output(timeout=5))["code"])


async def hear(
    socket: WebsocketCommunicator, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True
) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            event: dict[str, Any] = await socket.receive_json_from(timeout=5)
            if event["type"] == kind and fits(event):
                return event


@sync_to_async
def said(conversation: Conversation, content: str) -> None:
    events.message_added(say(Conversation.objects.get(pk=conversation.pk), content))


@sync_to_async
def removed(conversation: Conversation, user: User) -> None:
    Participant.objects.filter(conversation=conversation, user=user).delete()
    events.participants_changed(conversation.pk)


async def test_everybody_in_it_hears_what_is_said_in_order_and_what_was_missed_comes_again(
    people: dict[str, User], conversation: Conversation
) -> None:
    async with opened(people["editor"], conversation.pk) as socket:
        for content in ("One", "Two"):
            await said(conversation, content)
        heard = [await hear(socket, "message") for _ in range(2)]
        assert [event["message"]["content"] for event in heard] == ["One", "Two"]
        assert heard[1]["seq"] == heard[0]["seq"] + 1
    await said(conversation, "Three")
    async with opened(people["viewer"], conversation.pk, f"?after={heard[0]['seq']}") as again:
        missed = [await hear(again, "message") for _ in range(2)]
        assert [event["message"]["content"] for event in missed] == ["Two", "Three"]


async def test_nobody_strangers_and_unknown_ids_are_closed(people: dict[str, User], conversation: Conversation) -> None:
    async with opened(AnonymousUser(), conversation.pk) as socket:
        assert await close_code(socket) == 4401
    for who, conversation_id in (("stranger", conversation.pk), ("owner", uuid.uuid4())):
        async with opened(people[who], conversation_id) as socket:
            assert await close_code(socket) == 4404


async def test_whoever_is_removed_is_out_at_once_and_hears_nothing_more(
    people: dict[str, User], conversation: Conversation
) -> None:
    async with opened(people["editor"], conversation.pk) as editor, opened(people["viewer"], conversation.pk) as viewer:
        await removed(conversation, people["editor"])
        await said(conversation, "Secret")
        async with asyncio.timeout(5):
            while (output := await editor.receive_output(timeout=5))["type"] != "websocket.close":
                assert "Secret" not in output["text"]
        assert output["code"] == 4404
        assert (await hear(viewer, "message"))["message"]["content"] == "Secret"


async def test_who_is_there_is_known_over_several_tabs(people: dict[str, User], conversation: Conversation) -> None:
    def both(event: dict[str, Any]) -> bool:
        return [one["name"] for one in event["people"]] == ["Owner", "Viewer"]

    async with opened(people["owner"], conversation.pk) as owner:
        async with opened(people["viewer"], conversation.pk):
            async with opened(people["viewer"], conversation.pk) as second:
                await hear(second, "presence", both)
            event = await hear(owner, "presence", both)
            assert event["count"] == 2
            assert await sync_to_async(presence.looking)(conversation.pk) == {
                str(people[name].pk) for name in ("owner", "viewer")
            }
        alone = await hear(owner, "presence", lambda told: told["count"] == 1)
        assert [one["name"] for one in alone["people"]] == ["Owner"]
    assert await sync_to_async(presence.looking)(conversation.pk) == set()


async def test_writers_are_shown_typing_and_viewers_are_told_why_not(
    people: dict[str, User], conversation: Conversation
) -> None:
    async with opened(people["owner"], conversation.pk) as owner, opened(people["viewer"], conversation.pk) as viewer:
        # Whose it is comes from the sign-in, whatever the message says.
        await owner.send_json_to({"type": "typing", "is_typing": True, "user": {"id": str(people["viewer"].pk)}})
        event = await hear(viewer, "typing")
        assert event == {
            "type": "typing",
            "user": {"id": str(people["owner"].pk), "name": "Owner"},
            "is_typing": True,
            "expires_in": 6.0,
            "seq": event["seq"],
        }
        await viewer.send_json_to({"type": "typing", "is_typing": True})
        assert (await hear(viewer, "error"))["detail"] == "You may read this conversation, not write in it."
        await owner.send_json_to({"type": "shout"})
        assert "Unknown message type" in (await hear(owner, "error"))["detail"]
    async with opened(people["viewer"], conversation.pk) as viewer:
        async with opened(people["owner"], conversation.pk) as owner:
            await owner.send_json_to({"type": "typing", "is_typing": True})
            await hear(viewer, "typing")
        assert (await hear(viewer, "typing"))["is_typing"] is False
