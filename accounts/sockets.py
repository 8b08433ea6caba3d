"""Who opens a websocket: a browser by its session, a program by a token in the header, the subprotocol or the address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from channels.db import database_sync_to_async
from channels.sessions import CookieMiddleware, SessionMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from accounts.authentication import Person, bearer_of, by_bearer, session_person
from accounts.services import api_keys
from core.errors import DomainError, NotSignedInError

Scope = MutableMapping[str, Any]
App = Callable[..., Awaitable[Any]]

SUBPROTOCOL = "bearer"
HIDDEN = "hidden"


class SignedInSocket:
    """Sets `scope["user"]`, and beside it what consumers need to know: whether a token says so, and how to ask again later.

    A token counts alone, as in HTTP. In the address only access tokens count, because addresses are written down in many places;
    whoever logs this scope finds the token hidden.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        token, in_address = token_of(scope)
        scope["query_string"] = without_token(scope.get("query_string", b""))
        scope = dict(scope)
        if SUBPROTOCOL in scope.get("subprotocols", []):
            # A browser gives up a connection that answers none of the protocols it offered.
            scope["accepted_subprotocol"] = SUBPROTOCOL
        if token is None:
            return await CookieMiddleware(SessionMiddleware(BySession(self.app)))(scope, receive, send)

        async def person() -> Person:
            found: Person = await database_sync_to_async(person_of_token)(token, scope["path"], in_address=in_address)
            return found

        return await signed_in(self.app, scope, receive, send, person=person, by_token=True)


class BySession:
    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        async def person() -> Person:
            found: Person = await database_sync_to_async(person_of_session)(scope["session"].session_key)
            return found

        return await signed_in(self.app, scope, receive, send, person=person, by_token=False)


async def signed_in(
    app: App, scope: Scope, receive: Any, send: Any, *, person: Callable[[], Awaitable[Person]], by_token: bool
) -> Any:
    user = await person()

    async def still_signed_in() -> bool:
        """Asked while the socket is open: sign-ins end, tokens run out."""
        again = await person()
        return again.is_authenticated and again.pk == user.pk

    return await app({**scope, "user": user, "by_token": by_token, "still_signed_in": still_signed_in}, receive, send)


def token_of(scope: Scope) -> tuple[str | None, bool]:
    """The token of a handshake, and whether it stands in the address. An empty one opens nothing."""
    headers = dict(scope.get("headers", []))
    if b"authorization" in headers:
        try:
            return bearer_of(headers[b"authorization"]), False
        except NotSignedInError:
            return "", False
    offered = list(scope.get("subprotocols", []))
    if SUBPROTOCOL in offered:
        following = offered[offered.index(SUBPROTOCOL) + 1 :]
        return (following[0] if following else ""), False
    for name, value in parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True):
        if name == "token":
            return value, True
    return None, False


def without_token(query: bytes) -> bytes:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    if not any(name == "token" for name, _ in pairs):
        return query
    return urlencode([(name, HIDDEN if name == "token" else value) for name, value in pairs]).encode("latin-1")


def person_of_token(token: str, path: str, *, in_address: bool) -> Person:
    if in_address and token.startswith(api_keys.PREFIX):
        return AnonymousUser()
    try:
        user, _ = by_bearer(token, method="GET", path=path)
    except DomainError:
        return AnonymousUser()
    return user


def person_of_session(session_key: str | None) -> Person:
    """Read afresh each time, so that a session that has ended since is nobody's."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    return session_person(request)
