"""The socket of films as programs have it, over the real channel layer."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings

from accounts.models import ProjectMember, User
from accounts.services import tokens
from accounts.tests.factories import UserFactory
from chat import film_seats
from chat.film_consumers import FilmSocket
from chat.models import FilmSession
from chat.services import sessions
from chat.tests.factories import FilmFactory, session_of
from config.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/websocket"
db = sync_to_async


class Room:
    """A film of Ana's in which Ben writes and Cleo looks on; Dora has nothing to do with it."""

    def __init__(self) -> None:
        self.ana, self.ben, self.cleo, self.dora = (UserFactory(name=name) for name in ("Ana", "Ben", "Cleo", "Dora"))
        self.film = FilmFactory(owner=self.ana, title="Harbour")
        ProjectMember.objects.create(project=self.film.project, user=self.ben, role="collaborator")
        ProjectMember.objects.create(project=self.film.project, user=self.cleo, role="viewer")
        self.session: FilmSession = session_of(self.film)
        self.elsewhere: FilmSession = session_of(FilmFactory(owner=self.dora))


@pytest.fixture
async def room() -> Room:
    return await db(Room)()


@asynccontextmanager
async def opened(user: User, *, path: str = PATH) -> AsyncIterator[WebsocketCommunicator]:
    socket = WebsocketCommunicator(FilmSocket.as_asgi(), path)
    socket.scope["user"] = user
    connected, _ = await socket.connect(timeout=5)
    assert connected
    try:
        yield socket
    finally:
        await socket.disconnect(timeout=5)


async def settled(socket: WebsocketCommunicator) -> list[dict[str, Any]]:
    """What came up to now."""
    await socket.send_json_to({"type": "ping"})
    came = []
    while (event := await socket.receive_json_from(timeout=5))["type"] != "pong":
        came.append(event)
    return came


async def join(socket: WebsocketCommunicator, session: FilmSession, **more: Any) -> list[dict[str, Any]]:
    await socket.send_json_to({"type": "join-session", "sessionId": str(session.pk), **more})
    return await settled(socket)


async def refused(socket: WebsocketCommunicator, **message: Any) -> tuple[str, str]:
    await socket.send_json_to(message)
    event = await socket.receive_json_from(timeout=5)
    assert (event["type"], set(event)) == ("error", {"type", "error", "timestamp", "seq"})
    return event["error"]["code"], event["error"]["message"]


async def test_what_one_says_all_hear_in_order_and_those_who_come_later_too(room: Room) -> None:
    session = str(room.session.pk)
    async with opened(room.ana) as ana, opened(room.cleo) as cleo, opened(room.dora) as dora:
        assert await join(ana, room.session, userId=str(room.ana.pk)) == []
        await join(cleo, room.session)
        await join(dora, room.elsewhere)
        await ana.send_json_to({"type": "chat-message", "sessionId": session, "message": "A storm.", "attachments": []})
        heard = [await ana.receive_json_from(timeout=30) for _ in range(2)]
        assert [event["type"] for event in heard] == ["message-received", "ai-response"]
        assert heard[0]["sender"] == {"id": str(room.ana.pk), "name": "Ana", "role": "user"}
        assert [await cleo.receive_json_from(timeout=5) for _ in range(2)] == heard
        choice = heard[1]["choices"][0]["id"]
        await ana.send_json_to({"type": "choice-selected", "sessionId": session, "choiceId": choice})
        more = [await ana.receive_json_from(timeout=30) for _ in range(2)]
        assert [event["type"] for event in more] == ["progress-update", "ai-response"]
        assert more[0]["progress"]["stepCompleted"] == "concept-development"
        heard += more
        assert [event["seq"] for event in heard] == sorted(event["seq"] for event in heard)
        assert await settled(dora) == [], "another film is nobody else's"
        await ana.send_json_to({"type": "choice-selected", "sessionId": session, "choiceId": choice})
        assert (await ana.receive_json_from(timeout=30))["type"] == "error", "a choice is taken once"
    async with opened(room.ben, path=f"{PATH}?after={heard[0]['seq']}") as ben:
        assert await join(ben, room.session) == heard[1:]
        assert await join(ben, room.session, after=0) == heard


async def test_typing_is_seen_by_the_others_and_nobody_types_for_somebody_else(room: Room) -> None:
    session = str(room.session.pk)
    async with opened(room.ana) as ana, opened(room.ben) as ben:
        await join(ana, room.session)
        await join(ben, room.session)
        typing = {"type": "typing", "sessionId": session, "isTyping": True}
        await ana.send_json_to({**typing, "userId": str(room.ana.pk)})
        told = await ben.receive_json_from(timeout=5)
        assert (told["type"], told["user"], told["isTyping"]) == (
            "user-typing",
            {"id": str(room.ana.pk), "name": "Ana"},
            True,
        )
        assert "seq" in told
        assert (await refused(ana, **typing, userId=str(room.ben.pk)))[0] == "ACCESS_DENIED"
        assert (await refused(ana, **{**typing, "isTyping": "yes"}))[0] == "VALIDATION_ERROR"
        assert await settled(ben) == []
        assert await settled(ana) == [], "one's own typing is no news"


async def test_a_viewer_listens_and_cannot_speak(room: Room) -> None:
    session = str(room.session.pk)
    async with opened(room.cleo) as cleo:
        await join(cleo, room.session)
        for message in (
            {"type": "chat-message", "message": "Me too"},
            {"type": "typing", "isTyping": True},
            {"type": "choice-selected", "choiceId": str(uuid.uuid4())},
        ):
            answer = await refused(cleo, sessionId=session, **message)
            assert answer == ("ACCESS_DENIED", "Access denied to project")


async def test_sessions_of_others_and_none_look_alike(room: Room) -> None:
    async with opened(room.dora) as dora:
        for session in (str(room.session.pk), str(uuid.uuid4()), "no-id", 7, None):
            for message in ({"type": "join-session"}, {"type": "chat-message", "message": "x"}):
                assert await refused(dora, **message, sessionId=session) == ("NOT_FOUND", "Session not found")


async def test_who_is_taken_out_hears_nothing_more(room: Room) -> None:
    async with opened(room.ben) as ben:
        await join(ben, room.session)
        await db(ProjectMember.objects.filter(user=room.ben).delete)()
        await db(sessions.say)(room.session, author=room.ana, message="Without Ben.")
        event = await ben.receive_json_from(timeout=5)
        assert (event["type"], event["error"]["code"]) == ("error", "NOT_FOUND")
        assert await settled(ben) == []


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ({"type": "dance"}, "WEBSOCKET_ERROR", "Unknown message type 'dance'."),
        ({"type": "chat-message", "message": ""}, "VALIDATION_ERROR", "Message is required"),
        ({"type": "chat-message"}, "VALIDATION_ERROR", "Message is required"),
        ({"type": "chat-message", "message": "x", "attachments": ["nothing"]}, "VALIDATION_ERROR", None),
        ({"type": "choice-selected", "choiceId": "first"}, "VALIDATION_ERROR", None),
        ({"type": "choice-selected"}, "VALIDATION_ERROR", "Choice is required"),
    ],
)
async def test_what_cannot_be_read_is_told_and_the_socket_stays_open(
    room: Room, message: dict[str, Any], code: str, words: str | None
) -> None:
    async with opened(room.ana) as ana:
        await join(ana, room.session)
        told = await refused(ana, sessionId=str(room.session.pk), **message)
        assert told[0] == code
        assert words in (None, told[1])
        assert await settled(ana) == []


async def test_junk_large_frames_and_floods_are_errors_in_the_films_words(room: Room) -> None:
    async with opened(room.ana) as ana:
        for frame in ("no json", "[]", json.dumps({"type": "ping", "x": "y" * 70_000})):
            await ana.send_to(text_data=frame)
            assert (await ana.receive_json_from(timeout=5))["error"]["code"] == "WEBSOCKET_ERROR"
        for _ in range(25):
            await ana.send_json_to({"type": "ping"})
        kinds = [(await ana.receive_json_from(timeout=5))["type"] for _ in range(25)]
        assert "error" in kinds


async def test_nobody_speaks_in_a_session_that_they_have_not_joined(room: Room) -> None:
    async with opened(room.ana) as ana:
        told = await refused(ana, type="chat-message", sessionId=str(room.session.pk), message="x")
        assert told[1] == "Join the session first."


async def test_messages_count_against_the_hour_of_the_tier(room: Room, settings: Any) -> None:
    settings.RATE_LIMITS = True
    settings.RATES = {**django_settings.RATES, "film_free": (1, 3600)}
    async with opened(room.ana) as ana:
        await join(ana, room.session)
        message = {"type": "choice-selected", "sessionId": str(room.session.pk), "choiceId": str(uuid.uuid4())}
        assert (await refused(ana, **message))[0] == "VALIDATION_ERROR"
        assert await refused(ana, **message) == ("RATE_LIMITED", "Too many requests")


async def test_a_tier_has_so_many_sockets_and_a_seat_is_free_again_at_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(film_seats.SEATS, "free", 2)
    async with opened(room.ana):
        async with opened(room.ana):
            async with opened(room.ana) as third:
                event = await third.receive_json_from(timeout=5)
                assert event["error"] == {"code": "RATE_LIMITED", "message": "Too many WebSocket connections"}
                assert (await third.receive_output(timeout=5))["code"] == 4429
            async with opened(room.ben) as other:
                assert await join(other, room.session) == []
        async with opened(room.ana) as again:
            assert await join(again, room.session) == []


async def test_programs_open_it_by_header_subprotocol_or_address_and_nobody_without(room: Room) -> None:
    token = (await db(tokens.issue)(room.ana, methods=["password"])).access_token
    ways: list[tuple[str, dict[str, Any]]] = [
        (PATH, {"headers": [(b"authorization", f"Bearer {token}".encode())]}),
        (PATH, {"subprotocols": ["bearer", token]}),
        (f"{PATH}?token={token}", {}),
    ]
    for path, given in ways:
        socket = WebsocketCommunicator(application, path, **given)
        assert (await socket.connect(timeout=5))[0]
        assert await join(socket, room.session) == []
        await socket.disconnect(timeout=5)
    for path in (PATH, f"{PATH}?token=junk"):
        socket = WebsocketCommunicator(application, path)
        await socket.connect(timeout=5)
        assert (await socket.receive_output(timeout=5))["code"] == 4401
