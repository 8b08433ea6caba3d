"""The largest request body each route takes, refused before it is read.

Django under ASGI stores a whole body before any middleware runs, so the guard stands in front of it, in config.asgi.
A view raises its limit by an attribute: `max_body_bytes = 4 * MIB` (on the class, in an action's keyword arguments, or on the function).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.urls import Resolver404, resolve

from core.rest.dialects import UNKNOWN, Failure, dialect_of

MIB = 2**20
DEFAULT_LIMIT = MIB

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Django types its scope narrower than ASGI does.
App = Callable[..., Awaitable[None]]


def limit_of(view: Any) -> int:
    """Bytes that a resolved view function, view class or view instance takes."""
    given = getattr(view, "initkwargs", None) or getattr(view, "view_initkwargs", None) or {}
    owner = getattr(view, "cls", None) or getattr(view, "view_class", None) or view
    limit: Any = given.get("max_body_bytes") or getattr(owner, "max_body_bytes", DEFAULT_LIMIT)
    return int(limit)


def limit_at(path: str) -> int:
    try:
        return limit_of(resolve(path).func)
    except Resolver404:
        return DEFAULT_LIMIT


class BodyLimit:
    """ASGI application around Django: answers 413 as soon as the announced or the received length passes the limit."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) <= DEFAULT_LIMIT:
            await self.app(scope, receive, send)
            return
        limit = limit_at(scope["path"])
        if announced.isdigit():
            if int(announced) > limit:
                await refuse(scope, send, limit)
                return
            await self.app(scope, receive, send)
            return
        await self.counted(scope, receive, send, limit)

    async def counted(self, scope: MutableMapping[str, Any], receive: Receive, send: Send, limit: int) -> None:
        """A body of unannounced length: counted while it comes in. Past the limit the client gets its 413 and Django a disconnect."""
        received = 0
        refused = False

        async def counting() -> Message:
            nonlocal received, refused
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit and not refused:
                    refused = True
                    await refuse(scope, send, limit)
                if refused:
                    return {"type": "http.disconnect"}
            return message

        async def unless_refused(message: Message) -> None:
            if not refused:
                await send(message)

        await self.app(scope, counting, unless_refused)


async def refuse(scope: MutableMapping[str, Any], send: Send, limit: int) -> None:
    dialect = dialect_of(scope["path"]) or UNKNOWN
    request_id = str(uuid.uuid4())
    failure = Failure(413, "too_large", f"The request is larger than the {limit // MIB or 1} MiB allowed here.")
    body = json.dumps(dialect.body(failure, request_id)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        # The rest of the body is not read, so the connection cannot serve another request.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
