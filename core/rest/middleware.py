"""What every request passes: an id, a log line, the headers of the wire, and the meaning of expected failures."""

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
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty

from core.errors import DomainError
from core.rest import usage
from core.rest.body import TOO_LARGE, refusal_at, too_large
from core.rest.dialects import Failure, dialect_of
from core.rest.errors import CODES, answer, failure_of
from core.rest.limits import tells_standing, write_standing
from core.rest.paths import routed
from core.rest.request_info import RequestInfo, address_of, current, info, route_of

log = structlog.get_logger("request")

ACCEPTED_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
# Paths that lead nowhere are anybody's text, so they are counted together.
NO_ROUTE = "(none)"
DEVICES = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope"),
    *("magnetometer", "microphone", "midi", "payment", "usb"),
)


def permissions(*used: str) -> str:
    """Devices that a page does not use. What is not named keeps its default, which is this origin alone."""
    return ", ".join(f"{device}=()" for device in DEVICES if device not in used)


PERMISSIONS = permissions()
SIGNED = ("/files/", "/uploads/")
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
        response: HttpResponseBase = await self.get_response(request)  # type: ignore[misc]  # an async handler stands here
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


class SecurityHeadersMiddleware(Passing):
    """What browsers may do with an answer. A view may set stricter headers itself.

    No inline code, nothing from elsewhere but media from the configured bucket, no device, no answer of the API in a cache.
    """

    def before(self, request: HttpRequest) -> None:
        """Nothing to prepare."""

    def after(self, request: HttpRequest, response: HttpResponseBase, state: None) -> None:  # noqa: ARG002  (the framework's signature)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy(request))
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True


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
        response: HttpResponseBase = await self.get_response(request)  # type: ignore[misc]  # an async handler stands here
        # The Redis server, and for some answers the database, is asked.
        await sync_to_async(write_standing)(request, response)
        return response

    def before(self, request: HttpRequest) -> None:
        """Nothing to prepare."""

    def after(self, request: HttpRequest, response: HttpResponseBase, state: None) -> None:  # noqa: ARG002  (the framework's signature)
        if not self.is_async and tells_standing(request.path):
            write_standing(request, response)


class DoorMiddleware(Passing):
    """What is decided by the request line alone, and answers that know no dialect.

    A trailing slash below /api is dropped, NUL in path or query is 400, a body beyond the limit 413. Bare refusals of the
    framework (`require_safe` and its like) get the body of the surface that was called.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        failure = refusal(request)
        if failure is None:
            return super().__call__(request)
        if self.is_async:
            # An error page may need the database.
            return sync_to_async(answer)(request, failure)
        return answer(request, failure)

    def before(self, request: HttpRequest) -> None:
        request.path, request.path_info = routed(request.path), routed(request.path_info)

    def after(self, request: HttpRequest, response: HttpResponseBase, state: None) -> None:  # noqa: ARG002  (the framework's signature)
        if isinstance(response, HttpResponse) and is_bare(response) and dialect_of(request.path):
            worded = answer(request, Failure(response.status_code, CODES.get(response.status_code, "bad_request")))
            response.content = worded.content
            response.headers["Content-Type"] = worded.headers["Content-Type"]
            if "Content-Length" in response.headers:
                response.headers["Content-Length"] = str(len(worded.content))


def refusal(request: HttpRequest) -> Failure | None:
    limit = getattr(request, "scope", {}).get(TOO_LARGE)
    if limit is not None:
        return too_large(limit, message=refusal_at(request.path))
    # No name and no filter holds it, and the database refuses it with an error of its own. Signed links judge theirs alone.
    if request.path.startswith(SIGNED):
        return None
    if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return Failure(400, "bad_request", "The address holds a NUL character.")
    return None


def is_bare(response: HttpResponse) -> bool:
    """A refusal without a word."""
    # 416 says all in its Content-Range.
    return response.status_code >= 400 and response.status_code != 416 and not response.content


class DomainErrorMiddleware:
    """Expected failures of plain Django views; REST framework has its own handler."""

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError | OperationalError | InterfaceError):
            return None
        failure = failure_of(exception)
        return answer(request, failure) if failure else None
