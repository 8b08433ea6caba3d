"""Which limit a request counts against: that of its view, else that of the surface that owns its path.

A view says `throttle_group = "upload"`, or by method `{"POST": "upload"}`. The group `auth` is counted by address and fails
closed: it guards everything that mints a credential.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from core.errors import DomainError
from core.rest.dialects import MOVIE, MOVIE_AND_PIPELINE, VOICE, dialect_of
from core.rest.request_info import address_of
from core.rest.throttles import Window, check, demand, hit, look, rate_of

BY_ADDRESS = frozenset({"auth"})
FILM = frozenset({MOVIE.name, MOVIE_AND_PIPELINE.name})


@dataclass(frozen=True)
class Standing:
    """Where a caller of the film surface stands, as four headers tell on each of its answers."""

    tier: str
    window: Window

    def write(self, response: HttpResponseBase) -> None:
        response.headers["X-RateLimit-Limit"] = str(self.window.limit)
        response.headers["X-RateLimit-Remaining"] = str(self.window.remaining)
        response.headers["X-RateLimit-Reset"] = str(self.window.reset_at)
        response.headers["X-RateLimit-Tier"] = self.tier


class SurfaceThrottle(BaseThrottle):
    """REST framework asks this after it knows who is calling: 401 comes before 429."""

    def allow_request(self, request: Request, view: Any) -> bool:
        group = group_of(request, view)
        if group == "film":
            standing = standing_of(request, request.user, count=1)
            # Kept for the middleware, which writes the headers on whatever the answer becomes.
            request._request.film_standing = standing  # type: ignore[attr-defined]  # noqa: SLF001  (the middleware reads it)
            demand(standing.window)
        elif group in BY_ADDRESS:
            check(group, address_key(request), fail_closed=True)
        else:
            check(group, caller_key(request, request.user))
        return True


def group_of(request: Request, view: Any) -> str:
    named = getattr(view, "throttle_group", None)
    if isinstance(named, dict):
        named = named.get(request.method)
    if named:
        return str(named)
    dialect = dialect_of(request.path)
    if dialect is MOVIE:
        return "film"
    return "general" if dialect is VOICE else "others"


def caller_key(request: HttpRequest | Request, user: Any) -> str:
    """The person, wherever they call from; the address of whoever is nobody."""
    return f"user:{user.pk}" if getattr(user, "is_authenticated", False) else address_key(request)


def address_key(request: HttpRequest | Request) -> str:
    return network_key(address_of(request))


def network_key(text: str) -> str:
    """An IPv6 customer has a whole /64 to call from, so that is what counts."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return f"address:{text[:64]}"
    if isinstance(address, ipaddress.IPv6Address):
        return f"address:{address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False)}"
    return f"address:{address}"


def standing_of(request: HttpRequest | Request, user: Any, *, count: int) -> Standing:
    """By tier, in the clock's own hours."""
    tier = str(getattr(user, "tier", "free"))
    limit, seconds = rate_of(f"film_{tier}")
    key = caller_key(request, user)
    if count:
        return Standing(tier, hit("film", key, limit=limit, seconds=seconds, aligned=True, count=count))
    return Standing(tier, look("film", key, limit=limit, seconds=seconds))


def count_film_call(user: Any) -> None:
    """What a socket asks of the film surface counts like a request. TooManyRequestsError when the hour is used up."""
    limit, seconds = rate_of(f"film_{user.tier}")
    demand(hit("film", f"user:{user.pk}", limit=limit, seconds=seconds, aligned=True))


def standing_without_view(request: HttpRequest) -> Standing:
    """For answers that no view of the film surface gave: unknown paths, 401, 405, 413. Nothing is counted."""
    return standing_of(request, caller_of(request), count=0)


def caller_of(request: HttpRequest) -> Any:
    """Who called, as far as credentials can be read; None for everybody else."""
    if "Authorization" not in request.headers:
        return getattr(request, "user", None)
    asked = Request(request)
    authenticators: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    for authenticator in authenticators:
        try:
            found = authenticator().authenticate(asked)
        except (APIException, DomainError):
            return None
        if found is not None:
            return found[0]
    return None


def tells_standing(path: str) -> bool:
    dialect = dialect_of(path)
    return dialect is not None and dialect.name in FILM


def write_standing(request: HttpRequest, response: HttpResponse | HttpResponseBase) -> None:
    standing = getattr(request, "film_standing", None) or standing_without_view(request)
    standing.write(response)
