"""The largest request body each route takes, refused before it is read.

Django under ASGI stores a whole body before any middleware runs, so the guard stands in front of it, in config.asgi.
A view raises its limit by an attribute: `max_body_bytes = 4 * MIB` (on the class, in an action's keyword arguments, or on the function).
What is too large is said in the view's own words where it has any: `body_too_large = "…"`.
A view that takes bodies as they come in names the methods: `streamed_methods = ("PATCH",)`, and reads `stream_of(request)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from core.errors import DomainError
from core.rest.dialects import Failure
from core.rest.paths import routed

MIB = 2**20
DEFAULT_LIMIT = MIB
LINGER_BYTES = 8 * MIB
LINGER_SECONDS = 2.0
TOO_LARGE = "reelwright.too_large"
STREAM = "reelwright.stream"
STREAM_PIECE = 64 * 2**10

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
        return limit_of(resolve(routed(path)).func)
    except Resolver404:
        return DEFAULT_LIMIT


def refusal_at(path: str) -> str:
    """The sentence a route has for a body that is too large; empty where it has none of its own."""
    try:
        found = resolve(routed(path)).func
    except Resolver404:
        return ""
    return str(getattr(getattr(found, "cls", None), "body_too_large", ""))


def is_streamed(method: str, path: str) -> bool:
    try:
        return method in getattr(resolve(routed(path)).func, "streamed_methods", ())
    except Resolver404:
        return False


class BrokenOffError(DomainError):
    """The caller went away, or is silent: a line that died under it says nothing, and would hold its place for good."""

    status_code = 408
    code = "broken_off"
    default_message = "The rest of the request did not arrive."


class Stream:
    """The body of one request as it comes in."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.ended = False

    async def read(self, *, patience: float) -> bytes:
        """What has come in since; empty at the end. BrokenOffError when nothing more comes, at the latest after `patience` seconds."""
        while not self.ended:
            try:
                async with asyncio.timeout(patience):
                    message = await self.receive()
            except TimeoutError as error:
                raise BrokenOffError from error
            if message["type"] != "http.request":
                self.ended = True
                raise BrokenOffError
            self.ended = not message.get("more_body")
            if body := message.get("body", b""):
                return bytes(body)
        return b""

    async def let_end(self) -> None:
        """For an answer that is given before the body has come: see `discard`."""
        if not self.ended:
            await discard(self.receive)


def stream_of(request: HttpRequest) -> Stream:
    """The body of a streamed method. Without the guard in front (the test clients) Django has it already."""
    stream: Stream | None = getattr(request, "scope", {}).get(STREAM)
    return stream or Stream(stored(request))


def stored(request: HttpRequest) -> Receive:
    async def receive() -> Message:
        body = request.read(STREAM_PIECE)
        return {"type": "http.request", "body": body, "more_body": bool(body)}

    return receive


class BodyLimit:
    """ASGI application around Django: keeps from it what is announced, or comes in, beyond the limit.

    Django then gets an empty or shortened body and the limit in `scope[TOO_LARGE]`, and answers 413 (DoorMiddleware).
    A streamed body it does not get at all: that is in `scope[STREAM]`, and its view bounds it.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        if scope["method"] in ("PUT", "PATCH") and is_streamed(scope["method"], scope["path"]):
            scope[STREAM] = Stream(receive)
            await self.app(scope, nothing(), send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        length = int(announced) if announced.isdigit() else None
        if length is not None and length <= DEFAULT_LIMIT:
            await self.app(scope, receive, send)
            return
        limit = limit_at(scope["path"])
        if length is not None and length <= limit:
            await self.app(scope, receive, send)
            return
        if length is not None:
            scope[TOO_LARGE] = limit
            if length <= limit + LINGER_BYTES:
                await discard(receive)
        await self.app(scope, counted(scope, receive, limit), send)


def counted(scope: MutableMapping[str, Any], receive: Receive, limit: int) -> Receive:
    """The body as far as the limit; what follows is not kept."""
    received = 0
    ended = False

    async def counting() -> Message:
        nonlocal received, ended
        if ended:
            # Django listens for the caller's going away now. What it would hear instead is the rest of the body.
            await asyncio.Event().wait()
        if TOO_LARGE not in scope:
            message = await receive()
            if message["type"] != "http.request":
                return message
            received += len(message.get("body", b""))
            if received <= limit:
                return message
            scope[TOO_LARGE] = limit
            if message.get("more_body"):
                await discard(receive)
        ended = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return counting


def nothing() -> Receive:
    """An empty body, and silence after it: whether the caller goes away is for the reader of the stream to hear."""
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            await asyncio.Event().wait()
        told = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


async def discard(receive: Receive) -> None:
    """Lets a body that is a little too large come to its end: closing upon unread bytes would reset the answer away."""
    left = LINGER_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return


def too_large(limit: int, *, message: str = "") -> Failure:
    # The rest of the body is not read, so the connection cannot serve another request.
    return Failure(
        413,
        "too_large",
        message or f"The request is larger than the {limit // MIB or 1} MiB allowed here.",
        headers={"Connection": "close"},
    )
