"""Credentials of websockets, through the application that serves them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from accounts.models import User
from accounts.services import api_keys, sign_in, tokens
from accounts.services.tokens import Pair
from accounts.tests.credentials import add_device
from accounts.tests.factories import OrganizationFactory, UserFactory
from config.asgi import application
from core.live.consumers import LiveConsumer

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/ws/status"
Header = tuple[bytes, bytes]


@pytest.fixture
def ada() -> User:
    return UserFactory(role=User.Role.PRODUCTION, house=OrganizationFactory())


@pytest.fixture
def pair(ada: User) -> Pair:
    return tokens.issue(ada, methods=["pwd"])


@asynccontextmanager
async def opened(
    query: str = "", *, headers: list[Header] | None = None, offering: list[str] | None = None
) -> AsyncIterator[tuple[WebsocketCommunicator, str | None]]:
    headers = [(b"host", b"testserver"), *(headers or [])]
    socket = WebsocketCommunicator(application, PATH + query, headers=headers, subprotocols=offering)
    connected, protocol = await socket.connect(timeout=5)
    assert connected
    try:
        yield socket, protocol
    finally:
        await socket.disconnect(timeout=5)


async def greeted(socket: WebsocketCommunicator) -> str:
    return str((await socket.receive_json_from(timeout=5))["user_id"])


async def closed_with(socket: WebsocketCommunicator) -> int:
    return int((await socket.receive_output(timeout=5))["code"])


def cookie_of(user: User) -> Header:
    client = Client()
    client.force_login(user)
    return b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()


async def test_a_token_opens_it_in_the_header_the_subprotocol_and_the_address(ada: User, pair: Pair) -> None:
    bearer = f"Bearer {pair.access_token}".encode()
    # A program may stand on any page: the token says who it is, no cookie does.
    async with opened(headers=[(b"authorization", bearer), (b"origin", b"https://elsewhere.example")]) as (socket, _):
        assert await greeted(socket) == str(ada.pk)
    async with opened(offering=["bearer", pair.access_token]) as (socket, protocol):
        assert await greeted(socket) == str(ada.pk)
        assert protocol == "bearer"
    async with opened(f"?token={pair.access_token}&after=0") as (socket, _):
        assert await greeted(socket) == str(ada.pk)
        # Whoever logs the address of this socket logs no token.
        assert socket.scope["query_string"] == b"token=hidden&after=0"


async def test_the_session_opens_it_for_our_own_pages_only(ada: User) -> None:
    cookie = await sync_to_async(cookie_of)(ada)
    async with opened(headers=[cookie, (b"origin", b"http://testserver")]) as (socket, _):
        assert await greeted(socket) == str(ada.pk)
    async with opened(headers=[cookie, (b"origin", b"https://evil.example")]) as (socket, _):
        assert await closed_with(socket) == 4401


async def test_a_bad_token_is_not_saved_by_a_good_session(ada: User, pair: Pair) -> None:
    cookie = await sync_to_async(cookie_of)(ada)
    async with opened(headers=[cookie, (b"authorization", b"Bearer junk")]) as (socket, _):
        assert await closed_with(socket) == 4401
    async with opened("?token=junk", headers=[cookie]) as (socket, _):
        assert await closed_with(socket) == 4401
    async with opened(headers=[cookie], offering=["bearer", pair.refresh_token]) as (socket, protocol):
        # The protocol is answered all the same: a browser would hide the close code otherwise.
        assert protocol == "bearer"
        assert await closed_with(socket) == 4401


async def test_only_access_tokens_may_stand_in_the_address(ada: User, pair: Pair) -> None:
    _, secret = await sync_to_async(api_keys.create)(ada, name="render farm", scopes=["read"])
    async with opened(f"?token={secret}") as (socket, _):
        assert await closed_with(socket) == 4401
    async with opened(f"?token={pair.refresh_token}") as (socket, _):
        assert await closed_with(socket) == 4401
    async with opened(headers=[(b"authorization", f"Bearer {secret}".encode())]) as (socket, _):
        assert await greeted(socket) == str(ada.pk)


async def test_a_session_that_lacks_the_second_factor_opens_nothing(ada: User) -> None:
    cookie = await sync_to_async(cookie_of)(ada)
    await sync_to_async(add_device)(ada)
    async with opened(headers=[cookie]) as (socket, _):
        assert await closed_with(socket) == 4401


async def test_it_closes_soon_after_its_sign_in_ends(ada: User, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveConsumer, "seconds_between_looks", 0.05)
    async with opened(offering=["bearer", pair.access_token]) as (socket, _):
        await greeted(socket)
        await sync_to_async(sign_in.revoke)(pair.session, because="signed out", actor=ada)
        assert await closed_with(socket) == 4401
