"""What signing in costs: one password check, slow on purpose, and what a credential adds to each request on the real server."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from typing import Any

from bench.measure import NO_GOAL, Row, at_most
from bench.studio import studio

NAME = "auth"
GOAL = at_most(1.6)
ROUNDS = 12
OPEN, SIGNED_IN = "/api/bench/open", "/api/bench/signed-in"
PASSWORD = "a-long-enough-password"  # noqa: S105  (of a person who lives as long as the bench)


def rows(*, quick: bool) -> Iterator[Row]:
    requests = 60 if quick else 250
    with studio() as (_, environment):
        yield from hashing()
        from django.conf import settings

        from core.testing.server import serving

        person, credentials = signed_in()
        environment |= {
            "DJANGO_SETTINGS_MODULE": "bench.served.settings",
            # As in production, where one process serves many and its limits are set for one person.
            "DB_POOL": "1",
            "RATE_LIMITS": "on",
            "RATE_OTHERS": "100000000/60",
            "SECRET_KEY": settings.SECRET_KEY,
            "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY,
        }
        with serving(env=environment) as server:
            took = measured(server.port, credentials, person=person, requests=requests)
        for name in credentials:
            goal = GOAL if name == "bearer token" else NO_GOAL
            yield Row(f"ping with {name} / without", took[name], took["nothing"], goal=goal)


def hashing() -> Iterator[Row]:
    from django.contrib.auth.hashers import check_password, make_password

    encoded = make_password(PASSWORD)
    assert encoded.startswith("argon2")
    assert not check_password("another", encoded)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        assert check_password(PASSWORD, encoded)
        times.append(time.perf_counter() - began)
    yield Row("one password check (Argon2)", min(times), goal=NO_GOAL)


def signed_in() -> tuple[str, dict[str, dict[str, str]]]:
    """Somebody, and the headers of each way to be them."""
    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import RequestFactory

    from accounts.models import User
    from accounts.services import api_keys, sign_in, tokens

    user = User.objects.create_user("bench@example.com", PASSWORD, name="Bench", role=User.Role.PRODUCTION)
    _, key = api_keys.create(user, name="bench", scopes=["read"])
    request = RequestFactory().get("/")
    request.session = SessionStore()
    sign_in.open_browser_session(request, user, methods=["password"])
    request.session.save()
    return str(user.pk), {
        "bearer token": {"Authorization": f"Bearer {tokens.issue(user, methods=['password']).access_token}"},
        "session cookie": {"Cookie": f"{settings.SESSION_COOKIE_NAME}={request.session.session_key}"},
        "API key": {"Authorization": f"Bearer {key}"},
    }


def measured(
    port: int, credentials: Mapping[str, Mapping[str, str]], *, person: str, requests: int
) -> dict[str, float]:
    """Seconds a request, of each way: the least of several rounds taken in turn, so that a noisy machine disturbs all alike."""
    ways: dict[str, tuple[str, Mapping[str, str]]] = {"nothing": (OPEN, {})}
    ways |= {name: (SIGNED_IN, headers) for name, headers in credentials.items()}
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    least: dict[str, float] = {}
    try:
        for headers in ({}, {"Authorization": "Bearer junk"}):
            assert ask(connection, SIGNED_IN, headers)[0] == 401, "the closed route is open"
        for path, headers in ways.values():
            for _ in range(20):
                status, body = ask(connection, path, headers)
                assert status == 200, (path, status, body)
                assert path == OPEN or person.encode() in body, body
        for _ in range(ROUNDS):
            for name, (path, headers) in ways.items():
                began = time.perf_counter()
                for _ in range(requests):
                    status, _ = ask(connection, path, headers)
                    assert status == 200, (name, status)
                took = (time.perf_counter() - began) / requests
                least[name] = min(took, least.get(name, took))
    finally:
        connection.close()
    return least


def ask(connection: HTTPConnection, path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    connection.request("GET", path, headers=dict(headers))
    response = connection.getresponse()
    return response.status, response.read()
