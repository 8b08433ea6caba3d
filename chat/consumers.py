"""The socket of a conversation: what is said in it as it is said, who types and who is there."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from channels.db import database_sync_to_async

from accounts.models import User
from accounts.policies import can
from chat import events, presence
from chat.models import Conversation
from chat.queries.shapes import person
from chat.streams import stream_of
from core.live.consumers import NOT_FOUND, LiveConsumer
from core.live.events import Event, group_of

log = structlog.get_logger(__name__)

# After so long without another key somebody types no more. Told again at most so often.
TYPING_SECONDS = 6.0
TYPING_AGAIN_SECONDS = 2.0
MOST_SHOWN = 50
READERS_DO_NOT_TYPE = "You may read this conversation, not write in it."

# The loop holds tasks weakly, and these outlive the socket that began them.
_telling: set[asyncio.Task[None]] = set()


class ConversationSocket(LiveConsumer):
    """`/ws/conversations/{id}`. Everybody who sees the conversation listens and is shown as being there; who may write is shown typing.

    Sends what `chat.events` says, numbered and replayed, and beside it `presence` and `typing`, which bear the number of the last event.
    Takes `{"type": "typing", "is_typing": bool}`.
    """

    conversation_id: uuid.UUID
    socket: str = ""
    staying: asyncio.Task[None] | None = None
    # When somebody typed last, as was told; None while they do not.
    typed_at: float | None = None
    put_out: bool = False

    async def find(self) -> bool:
        self.conversation_id = self.scope["url_route"]["kwargs"]["conversation_id"]
        self.stream = stream_of(self.conversation_id)
        return bool(await database_sync_to_async(self.sees)())

    def sees(self) -> bool:
        return Conversation.objects.visible_to(self.user).filter(pk=self.conversation_id).exists()

    def writes(self) -> bool:
        found = Conversation.objects.visible_to(self.user).filter(pk=self.conversation_id).first()
        return found is not None and bool(can(self.user, "chat.conversation.write", found))

    async def begin(self) -> None:
        await super().begin()
        self.socket = uuid.uuid4().hex[:12]
        self.staying = asyncio.create_task(self.stay())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # However it ended: a connection that breaks while something is sent ends without `disconnect`.
            await self.go()

    async def go(self) -> None:
        staying, self.staying = self.staying, None
        if staying is None:
            return
        staying.cancel()
        if self.typed_at is not None:
            await self.tell_typing(False)
        if await self.asked(presence.leave):
            self.tell_soon()

    # Rights end: at once when somebody's place has changed, at the latest with the next look.

    async def visible(self, event: Event) -> bool:
        if event.payload.get("type") == events.PARTICIPANTS and not self.put_out:
            await self.put_out_if_hidden()
        return not self.put_out

    async def still_allowed(self) -> bool:
        return not await self.put_out_if_hidden() and await super().still_allowed()

    async def put_out_if_hidden(self) -> bool:
        if not await database_sync_to_async(self.sees)():
            self.put_out = True
            await self.close(NOT_FOUND)
        return self.put_out

    # Who is there.

    async def stay(self) -> None:
        """Says so from time to time: whoever goes without a word is forgotten."""
        if await self.asked(presence.arrive):
            self.tell_soon()
        else:
            # Another tab of somebody who is there already: nobody else has to hear of it.
            await self.send_json({**await self.people(), "seq": self.last})
        while True:
            await asyncio.sleep(presence.SAY_AGAIN_SECONDS)
            if await self.asked(presence.arrive):
                self.tell_soon()

    async def asked(self, question: Callable[[object, object, str], bool]) -> bool:
        return await asyncio.to_thread(question, self.conversation_id, self.user.pk, self.socket)

    def tell_soon(self) -> None:
        task = asyncio.create_task(self.tell_presence())
        _telling.add(task)
        task.add_done_callback(_telling.discard)

    async def tell_presence(self) -> None:
        if await asyncio.to_thread(presence.take_turn, self.conversation_id):
            await asyncio.sleep(presence.TURN_MS / 1000 + 0.05)
            await self.pass_on(await self.people())

    async def people(self) -> dict[str, Any]:
        ids = await asyncio.to_thread(presence.looking, self.conversation_id)

        def named() -> list[dict[str, Any] | None]:
            return [person(user) for user in User.objects.filter(pk__in=ids).order_by("name", "pk")[:MOST_SHOWN]]

        return {"type": "presence", "people": await database_sync_to_async(named)(), "count": len(ids)}

    # Who types.

    async def message(self, content: dict[str, Any]) -> None:
        if content.get("type") != "typing" or not isinstance(content.get("is_typing"), bool):
            await super().message(content)
            return
        typing, now = content["is_typing"], time.monotonic()
        if typing and self.typed_at is not None and now - self.typed_at < TYPING_AGAIN_SECONDS:
            return
        if not typing and self.typed_at is None:
            return
        if not await database_sync_to_async(self.writes)():
            await self.complain(READERS_DO_NOT_TYPE)
            return
        self.typed_at = now if typing else None
        await self.tell_typing(typing)

    async def tell_typing(self, typing: bool) -> None:
        await self.pass_on(
            {"type": "typing", "user": person(self.user), "is_typing": typing, "expires_in": TYPING_SECONDS}
        )

    # What passes by: told to those who are there, and not kept.

    async def pass_on(self, payload: dict[str, Any]) -> None:
        try:
            await self.channel_layer.group_send(group_of(self.stream), {"type": "chat.passing", "payload": payload})
        except Exception as error:  # noqa: BLE001  (whatever the channel layer's client raises; nothing hangs on it)
            log.warning("chat.not_passed_on", kind=payload["type"], error=repr(error))

    async def chat_passing(self, message: dict[str, Any]) -> None:
        payload = message["payload"]
        own = payload["type"] == "typing" and payload["user"]["id"] == str(self.user.pk)
        if not self.put_out and not own:
            await self.send_json({**payload, "seq": self.last})
