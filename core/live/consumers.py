"""The base of every socket: who may open it, what they see, and nothing missed between a lost connection and the next."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.http.request import split_domain_port, validate_host
from redis.exceptions import RedisError

from core.live.events import Event, Replay, events_after, group_of, last_seq

log = structlog.get_logger(__name__)

NO_CREDENTIAL = 4401
NOT_FOUND = 4404
TRY_LATER = 1013

LARGEST_FRAME = 64 * 2**10
MESSAGES_PER_SECOND = 20


class LiveConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """A view of one stream.

    Subclasses give `stream`, or set it and `key` in `find` from the route; `visible` says per event whether this user
    sees it; `render` words it. Each event goes out once, in order, with its `seq`: replayed from the log after
    `?after=<seq>`, then live. A number that did not come through Redis is fetched from the log, at the latest by the
    next look there.
    """

    stream: str = ""
    key: str | None = None
    seconds_between_looks: ClassVar[float] = 15.0

    user: Any = None
    last: int = 0
    accepted: bool = False
    looking: asyncio.Task[None] | None = None

    # What subclasses say.

    async def authenticate(self) -> AbstractBaseUser | None:
        """Who opens the socket: whom a token names, or the browser's session when the page that opens it is ours."""
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            return None
        if not self.scope.get("by_token") and not own_origin(self.headers):
            return None
        return user  # type: ignore[no-any-return]

    async def find(self) -> bool:
        """Whether there is something here that `self.user` may watch. False answers exactly as what does not exist."""
        return True

    async def still_allowed(self) -> bool:
        """Asked from time to time while the socket is open."""
        still_signed_in = self.scope.get("still_signed_in")
        if still_signed_in is not None:
            return bool(await still_signed_in())
        return bool(await get_user_model().objects.filter(pk=self.user.pk, is_active=True).aexists()) and (
            await self.session_alive()
        )

    async def visible(self, event: Event) -> bool:  # noqa: ARG002  (subclasses look at it)
        return True

    async def render(self, event: Event) -> dict[str, Any]:
        return event.payload

    async def message(self, content: dict[str, Any]) -> None:
        """A client's message that is neither ping nor replay."""
        await self.complain(f"Unknown message type {str(content.get('type', ''))[:40]!r}.")

    # The connection.

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except (RedisError, OSError) as error:
            # Before the first message as well as in the middle: the client comes again and asks for what it missed.
            log.warning("live.no_channel_layer", error=repr(error))
            if not self.accepted:
                await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": TRY_LATER})
        finally:
            # A connection that breaks while something is sent ends without `disconnect`.
            if self.looking:
                self.looking.cancel()

    async def accept(self, *args: Any, **options: Any) -> None:
        self.accepted = True
        if protocol := self.scope.get("accepted_subprotocol"):
            options.setdefault("subprotocol", protocol)
        await super().accept(*args, **options)

    async def connect(self) -> None:
        self.headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.scope["headers"]
        }
        self.turn = asyncio.Lock()
        self.arrivals: deque[float] = deque(maxlen=MESSAGES_PER_SECOND)
        self.subscribed = False
        self.user = await self.authenticate()
        if self.user is None:
            await self.refuse(NO_CREDENTIAL)
        elif not await self.find():
            await self.refuse(NOT_FOUND)
        else:
            await self.begin()

    async def refuse(self, code: int) -> None:
        """A handshake refused in HTTP shows no code to a browser, so the socket is opened and closed."""
        await self.accept()
        await self.close(code)

    async def begin(self) -> None:
        """Subscribe first, read the log second: what happens in between arrives twice and is dropped by its number."""
        await self.channel_layer.group_add(group_of(self.stream), self.channel_name)
        self.subscribed = True
        await self.accept()
        async with self.turn:
            after = self.asked_after()
            if after is None:
                self.last = await database_sync_to_async(last_seq)(self.stream)
            else:
                await self.catch_up(after)
        self.looking = asyncio.create_task(self.keep_looking())

    def asked_after(self) -> int | None:
        values = parse_qs(self.scope.get("query_string", b"").decode("latin-1")).get("after")
        # A number that is none asks for something that cannot be replayed: -1 leads to a resync.
        return number(values[0]) if values else None

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  (the framework's signature)
        if self.looking:
            self.looking.cancel()
        if self.subscribed:
            try:
                await self.channel_layer.group_discard(group_of(self.stream), self.channel_name)
            except (RedisError, OSError) as error:
                log.warning("live.not_unsubscribed", error=repr(error))

    # Events out.

    async def live_event(self, message: dict[str, Any]) -> None:
        async with self.turn:
            if message["seq"] <= self.last:
                return
            if message["seq"] > self.last + 1:
                # Something before it got lost on the way; the log has it, and this one too.
                await self.catch_up(self.last)
            else:
                await self.give(Event(message["seq"], message["key"], message["payload"]))

    async def catch_up(self, after: int) -> None:
        replay: Replay = await database_sync_to_async(events_after)(self.stream, after, key=self.key)
        if replay.resync:
            await self.send_json({"type": "resync", "event": "resync", "seq": replay.last_seq})
        for event in replay.events:
            await self.give(event)
        self.last = max(self.last, replay.last_seq)

    async def give(self, event: Event) -> None:
        self.last = event.seq
        if self.key in (None, event.key) and await self.visible(event):
            await self.send_json({**await self.render(event), "seq": event.seq})

    async def keep_looking(self) -> None:
        """The channel layer delivers at most once, and rights end: so look at the log and at the user from time to time."""
        while True:
            await asyncio.sleep(self.seconds_between_looks)
            try:
                if not await self.still_allowed():
                    await self.close(NO_CREDENTIAL)
                    return
                async with self.turn:
                    if await database_sync_to_async(last_seq)(self.stream) > self.last:
                        await self.catch_up(self.last)
            except Exception:
                # The database may be away for a moment; the next look is soon.
                log.exception("live.look_failed", stream=self.stream)

    async def session_alive(self) -> bool:
        session = self.scope.get("session")
        return session is None or session.session_key is None or bool(await session.aexists(session.session_key))

    # Messages in.

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        if self.too_fast():
            await self.complain(f"Too many messages: at most {MESSAGES_PER_SECOND} a second.")
            return
        if len(bytes_data or b"") > LARGEST_FRAME or len((text_data or "").encode()) > LARGEST_FRAME:
            await self.complain(f"The message is larger than {LARGEST_FRAME // 2**10} KB.")
            return
        content = readable(text_data)
        if content is None:
            await self.complain("The message is not a JSON object.")
            return
        await self.receive_json(content)

    async def receive_json(self, content: dict[str, Any], **_: Any) -> None:
        match content.get("type"):
            case "ping":
                await self.send_json({"type": "pong"})
            case "replay":
                async with self.turn:
                    await self.catch_up(number(content.get("after")))
            case _:
                await self.message(content)

    def too_fast(self) -> bool:
        now = time.monotonic()
        full = len(self.arrivals) == MESSAGES_PER_SECOND and now - self.arrivals[0] < 1
        if not full:
            self.arrivals.append(now)
        return full

    async def complain(self, detail: str) -> None:
        await self.send_json({"type": "error", "detail": detail})


def number(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else -1


def readable(text: str | None) -> dict[str, Any] | None:
    try:
        content = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def own_origin(headers: dict[str, str]) -> bool:
    """A browser names the page that opens a socket. With a cookie, that page must be ours; programs name none."""
    origin = headers.get("origin")
    if origin is None:
        return True
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    host = headers.get("host", "")
    return urlsplit(origin).netloc == host and validate_host(
        split_domain_port(host)[0], settings.ALLOWED_HOSTS or ["*"]
    )
