"""The wire itself: what only a real server shows."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from core.checks import SIGNING_KEYS
from core.management.commands.up import UVICORN_OPTIONS
from core.rest.counters import store
from core.testing.server import ROOT, Server, database_url, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.workers]

LOGIN = "/api/v1/auth/login"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    (home / "static").mkdir()
    return {"REELWRIGHT_HOME": str(home), "DATABASE_URL": database_url(), "LOG_LEVEL": "CRITICAL", "RATE_LIMITS": "on"}


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[Server]:
    with serving(env=environment) as running:
        yield running


@pytest.fixture(autouse=True)
def nobody_counted() -> None:
    for name in store().client.scan_iter("rate:*"):
        store().client.delete(name)


def ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def raw(server: Server, *parts: bytes) -> bytes:
    """What the server says, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def test_a_forged_forwarded_address_does_not_begin_a_new_count(server: Server) -> None:
    body = json.dumps({"email": "nobody@example.com", "password": "wrong"})
    statuses = []
    for number in range(7):
        forged = {
            "X_Forwarded_For": f"198.51.100.{number}",
            "X_Real_IP": f"198.51.100.{number}",
            "Forwarded": "for=1.1.1.1",
        }
        response, content = ask(server, "POST", LOGIN, body, Content_Type="application/json", **forged)
        statuses.append(response.status)
    assert statuses == [401] * 5 + [429] * 2
    answer = json.loads(content)
    assert (answer["error"], answer["retry_after"]) == ("rate_limit_exceeded", int(response.headers["Retry-After"]))


def test_a_forged_scheme_makes_no_request_secure(server: Server) -> None:
    response, _ = ask(server, "GET", "/login", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example")
    assert response.status == 200
    assert "wss" not in response.headers["Content-Security-Policy"]
    assert "evil.example" not in str(response.headers)


def test_the_server_does_not_say_what_it_is(server: Server) -> None:
    for path in ("/healthz", "/api/nowhere", "/nowhere"):
        response, content = ask(server, "GET", path)
        assert "Server" not in response.headers
        assert "X-Powered-By" not in response.headers
        assert b"ngin" not in content
        assert b"django" not in content.lower()
        assert b"uvicorn" not in content.lower()


def test_the_studio_starts_its_server_that_way_everywhere() -> None:
    command = (ROOT / "Dockerfile").read_text()
    for option in ("--no-proxy-headers", "--no-server-header"):
        assert option in UVICORN_OPTIONS
        assert option in command


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/jobs", b'{"detail": "The request is larger'),
        ("/api/v1/projects", b'"code": "FILE_TOO_LARGE"'),
        ("/api/v1/voices", b'"error": "file_too_large"'),
        ("/api/chat", b'{"error": "The request is larger'),
        ("/api/sessions/", b'{"detail": "The request is larger'),
    ],
)
@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_too_large_is_refused_with_all_that_answers_carry(
    server: Server, path: str, expected: bytes, chunked: bool
) -> None:
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 9999999999"
    # Jobs take files; a body of no announced type is held to the limit of that route.
    huge = path == "/api/v1/jobs"
    if huge and chunked:
        path = "/api/v1/clients"
    head = b"POST " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + length
    body = (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 17 if chunked else b""
    answer = raw(server, head + b"\r\n\r\n", body)
    assert answer.startswith(b"HTTP/1.1 413")
    assert expected in answer
    lower = answer.lower()
    assert b"x-request-id: " in lower
    assert b"connection: close" in lower
    assert b"content-security-policy: " in lower
    assert (b"x-ratelimit-tier: free" in lower) == (path == "/api/v1/projects")


def test_two_lengths_are_400(server: Server) -> None:
    head = (
        b"POST /api/v1/clients HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    assert raw(server, head, b"0\r\n\r\n").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"GET /api/x HTTP/1.1\r\nHost: a b\r\n\r\n"]
)
def test_a_forged_host_is_400(server: Server, line: bytes) -> None:
    assert raw(server, line.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).startswith(b"HTTP/1.1 400")


def test_a_database_that_is_away_is_503_and_the_process_stays_alive(environment: dict[str, str]) -> None:
    away = {**environment, "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/nothing"}
    with serving(env=away) as server:
        for path, key in (("/api/v1/jobs", "detail"), ("/api/v1/projects", "success"), ("/api/v1/voices", "error")):
            response, content = ask(server, "GET", path, Cookie="sessionid=abcdefgh")
            if response.status != 404:
                assert (response.status, response.headers["Retry-After"]) == (503, "5")
            assert key in json.loads(content)
            assert b"psycopg" not in content
        response, content = ask(server, "GET", "/jobs", Cookie="sessionid=abcdefgh")
        assert (response.status, response.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
        assert ask(server, "GET", "/healthz")[0].status == 200


def test_production_speaks_https_only_and_its_cookies_belong_to_this_host(
    environment: dict[str, str], tmp_path: Path
) -> None:
    production = {
        **environment,
        **{name: secrets.token_urlsafe(48) for name in SIGNING_KEYS},
        "REELWRIGHT_MODE": "production",
        "ALLOWED_HOSTS": "127.0.0.1,studio.agency.org",
        "BEHIND_PROXY": "on",
        "TRUSTED_PROXIES": "1",
        "STATIC_ROOT": str(tmp_path),
    }
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input"]
    subprocess.run(collect, cwd=ROOT, env={**os.environ, **production}, check=True, capture_output=True)
    with serving(env=production) as server:
        response, _ = ask(server, "GET", "/login", Host="studio.agency.org")
        assert (response.status, response.headers["Location"]) == (301, "https://studio.agency.org/login")
        response, _ = ask(server, "GET", "/login", Host="studio.agency.org", X_Forwarded_Proto="https")
        assert response.status == 200
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        cookies = response.headers.get_all("Set-Cookie")
        assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-csrf"]
        for cookie in cookies:
            assert {"Secure", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
            assert "Domain" not in cookie
