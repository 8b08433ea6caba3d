"""What every request passes: an id, a log line, a content security policy, and the meaning of domain errors."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty

from core.errors import DomainError
from core.rest import usage
from core.rest.errors import answer, failure_of, route_of
from core.rest.limits import tells_standing, write_standing
from core.rest.request_info import RequestInfo, address_of, current, info

log = structlog.get_logger("request")

ACCEPTED_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
# Paths that lead nowhere are anybody's text, so they are counted together.
NO_ROUTE = "(none)"
QUIET = frozenset({"/healthz", "/readyz"})

Handler = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class Passing:
    """A middleware that costs no thread hop: it works in front of a sync and of an async handler alike."""

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.passing(request)
        state = self.before(request)
        response = self.get_response(request)
        assert isinstance(response, HttpResponseBase)  # noqa: S101  (a sync handler answers at once)
        self.after(request, response, state)
        return response

    async def passing(self, request: HttpRequest) -> HttpResponseBase:
        state = self.before(request)
        response: HttpResponseBase = await self.get_response(request)  # type: ignore[misc]
        self.after(request, response, state)
        return response

    def before(self, request: HttpRequest) -> Any:
        raise NotImplementedError

    def after(self, request: HttpRequest, response: HttpResponseBase, state: Any) -> None:
        raise NotImplementedError


class RequestIdMiddleware(Passing):
    """Takes a caller's X-Request-ID when it looks like one, otherwise makes one; every log line and answer carries it."""

    def before(self, request: HttpRequest) -> float:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if ACCEPTED_ID.fullmatch(given) else str(uuid.uuid4())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        request.request_id = request_id  # type: ignore[attr-defined]
        current.set(RequestInfo(request_id, address_of(request) or None, request.headers.get("User-Agent", "")[:300]))
        return time.monotonic()

    def after(self, request: HttpRequest, response: HttpResponseBase, state: float) -> None:
        response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        if request.path in QUIET and response.status_code == 200:
            return
        route, user_id, ms = route_of(request), user_id_of(request), round((time.monotonic() - state) * 1000)
        log.info("request", method=request.method, route=route, status=response.status_code, ms=ms, user_id=user_id)
        if request.path.startswith("/api/"):
            caller = info()
            usage.note(
                user_id=user_id,
                endpoint=route or NO_ROUTE,
                method=str(request.method),
                address=caller.address,
                user_agent=caller.user_agent,
                status=response.status_code,
                ms=ms,
            )


def user_id_of(request: HttpRequest) -> str | None:
    """Who called, when something has found that out already; the log alone is no reason to ask the database."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject):
        user = user.__dict__.get("_wrapped")
    return str(user.pk) if user not in (None, empty) and user.pk else None


class ContentSecurityPolicyMiddleware(Passing):
    """No inline code, nothing from elsewhere but media from the configured bucket. A view may set a stricter policy."""

    def before(self, request: HttpRequest) -> None:
        """Nothing to prepare."""

    def after(self, request: HttpRequest, response: HttpResponseBase, state: None) -> None:  # noqa: ARG002
        response.headers.setdefault("Content-Security-Policy", policy(request))


def policy(request: HttpRequest) -> str:
    bucket = f" {storage_origin()}" if storage_origin() else ""
    sockets = ""
    try:
        host = request.get_host()
        # 'self' covers websockets of the same host in current browsers only; older Safari wants them named.
        sockets = f" {'wss' if request.is_secure() else 'ws'}://{host}"
    except DisallowedHost:
        pass
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' data: blob:{bucket}; media-src 'self' blob:{bucket}; connect-src 'self'{sockets}; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )


def storage_origin() -> str:
    if not settings.AWS_STORAGE_BUCKET_NAME:
        return ""
    parts = urlsplit(settings.AWS_S3_PUBLIC_ENDPOINT_URL or f"https://s3.{settings.AWS_S3_REGION_NAME}.amazonaws.com")
    return f"{parts.scheme}://{parts.netloc}"


class FilmLimitsMiddleware(Passing):
    """The film surface tells on every answer, errors included, where the caller stands."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async and tells_standing(request.path):
            return self.told(request)
        return super().__call__(request)

    async def told(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await self.get_response(request)  # type: ignore[misc]
        # The Redis server, and for some answers the database, is asked.
        await sync_to_async(write_standing)(request, response)
        return response

    def before(self, request: HttpRequest) -> None:
        """Nothing to prepare."""

    def after(self, request: HttpRequest, response: HttpResponseBase, state: None) -> None:  # noqa: ARG002
        if not self.is_async and tells_standing(request.path):
            write_standing(request, response)


class DomainErrorMiddleware:
    """Domain errors raised by plain Django views; REST framework has its own handler."""

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        failure = failure_of(exception)
        return answer(request, failure) if failure else None
