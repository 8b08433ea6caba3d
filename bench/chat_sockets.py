"""A thousand sockets in one conversation: each gets every message whole, once and in order, though many lose their connection."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench import talking
from bench.measure import NO_GOAL, Row, at_least, at_most
from bench.studio import studio

if TYPE_CHECKING:
    from chat.models import Conversation

NAME = "chat_sockets"
GOAL = at_least(1000, "sockets")
SOCKETS, PEOPLE = 1000, 20
MESSAGES = 20
# Every so many of them, a tenth of the sockets loses its connection.
BREAK_EVERY = 4
SECONDS = 120
# Opened at once at most so many, as browsers that come again after a restart are spread.
OPENING = 50


def rows(*, quick: bool) -> Iterator[Row]:
    sockets = 100 if quick else SOCKETS
    with studio() as (_, environment):
        from core.testing.server import serving

        conversation, users = talking.conversation_of(PEOPLE)
        tokens = [talking.token_of(user) for user in users]
        with serving(env=talking.server_environment(environment)) as server:
            crowd = Crowd(conversation, server.port, tokens, sockets)
            asyncio.run(crowd.listen())
            memory = server.memory()
    assert crowd.reconnected >= sockets // 10, crowd.reconnected
    whole = sum(heard == crowd.said for heard in crowd.heard)
    goal = at_least(sockets, "sockets")
    yield Row("sockets that heard all, in order", ours=whole, unit="sockets", goal=goal)
    yield Row("one message to the last socket", ours=statistics.median(crowd.took), goal=at_most(2, "s"))
    yield Row("connections that broke", ours=crowd.reconnected, unit="times", goal=NO_GOAL)
    yield Row("memory of the server", ours=memory / 1e6, unit="MB", goal=NO_GOAL)


class Crowd:
    def __init__(self, conversation: Conversation, port: int, tokens: list[str], sockets: int) -> None:
        self.conversation, self.port, self.tokens = conversation, port, tokens
        self.said: list[str] = []
        self.heard: list[list[str]] = [[] for _ in range(sockets)]
        self.breaking: list[asyncio.Event] = []
        self.opening = asyncio.Semaphore(OPENING)
        self.opened = 0
        self.reconnected = 0
        self.took: list[float] = []
        self.over = False

    async def listen(self) -> None:
        self.breaking = [asyncio.Event() for _ in self.heard]
        members = [asyncio.create_task(self.member(number)) for number in range(len(self.heard))]
        async with asyncio.timeout(SECONDS * 3):
            await self.until(lambda: self.opened == len(self.heard))
            for number in range(MESSAGES):
                await self.say(f"Message {number}: " + "ünï 🎬 " * 20, losing=number % BREAK_EVERY == BREAK_EVERY - 1)
            await self.until(lambda: all(len(heard) == len(self.said) for heard in self.heard))
        self.over = True
        for member in members:
            member.cancel()
        await asyncio.gather(*members, return_exceptions=True)

    async def say(self, content: str, *, losing: bool) -> None:
        if losing:
            for number in range(len(self.said) % 10, len(self.heard), 10):
                self.breaking[number].set()
        began = time.monotonic()
        self.said.append(content)
        await asyncio.to_thread(say, self.conversation, content)
        if not losing:
            await self.until(lambda: all(len(heard) >= len(self.said) for heard in self.heard))
            self.took.append(time.monotonic() - began)

    async def until(self, condition: Any) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition() and time.monotonic() < deadline:  # noqa: ASYNC110  (what is waited for is many lists)
            await asyncio.sleep(0.01)

    async def member(self, number: int) -> None:
        """Comes again with the number it heard last, as the pages do."""
        after: int | None = None
        while not self.over:
            after = await self.connected(number, after)
            self.breaking[number].clear()
            self.reconnected += 1

    async def connected(self, number: int, after: int | None) -> int:
        from websockets.asyncio.client import connect

        token = self.tokens[number % len(self.tokens)]
        address = talking.address(self.port, self.conversation, after=after or 0)
        async with self.opening:
            socket = await connect(
                address, additional_headers={"Authorization": f"Bearer {token}"}, open_timeout=60, compression=None
            )
        try:
            first = after is None
            after = after or 0
            self.opened += first
            broken = asyncio.create_task(self.breaking[number].wait())
            while not broken.done():
                frame = asyncio.create_task(socket.recv())
                await asyncio.wait({frame, broken}, return_when=asyncio.FIRST_COMPLETED)
                if broken.done():
                    frame.cancel()
                    await asyncio.gather(frame, return_exceptions=True)
                    break
                event = talking.read(frame.result())
                after = max(after, event["seq"])
                if event["type"] == "message":
                    self.heard[number].append(event["message"]["content"])
            return after
        finally:
            # Without a word, as a lost connection goes.
            socket.transport.abort()


def say(conversation: Conversation, content: str) -> None:
    from django.db import connection

    from chat import events
    from chat.models import Conversation
    from chat.tests.factories import say as said

    try:
        events.message_added(said(Conversation.objects.get(pk=conversation.pk), content))
    finally:
        connection.close()
