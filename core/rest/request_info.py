"""Who is asking, as far as the wire tells: kept for the length of a request, read by the audit trail and the throttles."""

from __future__ import annotations

import ipaddress
import re
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class RequestInfo:
    request_id: str = ""
    address: str | None = None
    user_agent: str = ""


current: ContextVar[RequestInfo | None] = ContextVar("request_info", default=None)


def info() -> RequestInfo:
    """Of the request being answered; empty in tasks and commands."""
    return current.get() or RequestInfo()


def address_of(request: HttpRequest) -> str:
    """The caller's address. X-Forwarded-For counts only as far as our own proxies (TRUSTED_PROXIES of them) wrote it."""
    hops = settings.TRUSTED_PROXIES
    if hops:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        if len(forwarded) >= hops and is_address(forwarded[-hops]):
            return forwarded[-hops]
    address = str(request.META.get("REMOTE_ADDR", ""))
    # A server on a Unix socket knows no address.
    return address if is_address(address) else ""


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def route_of(request: HttpRequest) -> str | None:
    """The template of the route as the API's description writes it, for logs. Never the path or the query: those may hold tokens."""
    match = request.resolver_match
    return "/" + PARAMETER.sub(r"{\1}", match.route) if match else None
