"""What only a real server shows: bodies refused before they are read, crashes, clients that go away."""

from __future__ import annotations

import hashlib
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model

from core.storage import store, uploads
from core.storage.models import Upload
from core.testing.server import Server, database_url, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.workers]

MIB = 2**20
DATA = secrets.token_bytes(12 * MIB)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    (home / "static").mkdir()
    return {
        "REELWRIGHT_HOME": str(home),
        "DATABASE_URL": database_url(),
        "LINK_SIGNING_KEY": "the key of these tests",
        "LOG_LEVEL": "ERROR",
        "AWS_STORAGE_BUCKET_NAME": "",
    }


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[Server]:
    with serving(env=environment) as running:
        yield running


@pytest.fixture(autouse=True)
def same_store(environment: dict[str, str], settings: Any) -> None:
    """This process and the server share files and key."""
    settings.STORAGE_ROOT = Path(environment["REELWRIGHT_HOME"], "media")
    settings.LINK_SIGNING_KEY = environment["LINK_SIGNING_KEY"]
    settings.AWS_STORAGE_BUCKET_NAME = ""


@pytest.fixture
def upload(same_store: None) -> Upload:
    owner = get_user_model().objects.create_user("mara@example.com", "long enough 123")
    return uploads.reserve(
        owner=owner,
        key=f"jobs/{uuid4()}/source",
        filename="clip.mp4",
        content_type="video/mp4",
        size=len(DATA),
        sha256=hashlib.sha256(DATA).hexdigest(),
    )


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def send(server: Server, upload: Upload, start: int, end: int) -> tuple[int, str | None]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Content-Range": f"bytes {start}-{end - 1}/{len(DATA)}"}
    connection.request("PUT", target_of(upload.url), DATA[start:end], headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers.get("Range")


def state(server: Server, upload: Upload) -> tuple[int, str | None]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("PUT", target_of(upload.url), headers={"Content-Range": "bytes */*", "Content-Length": "0"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers.get("Range")


def raw(server: Server, head: str, body: bytes = b"") -> bytes:
    """The answer to a request whose body may never come."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
        return b"".join(pieces)


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 15
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_an_upload_survives_the_kill_of_its_server(environment: dict[str, str], upload: Upload) -> None:
    with serving(env=environment) as first:
        assert send(first, upload, 0, 5 * MIB) == (308, f"bytes=0-{5 * MIB - 1}")
        # 37 % of the next piece are on their way when everything ends.
        with socket.create_connection(("127.0.0.1", first.port), timeout=20) as connection:
            head = f"PUT {target_of(upload.url)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {5 * MIB}\r\n"
            head += f"Content-Range: bytes {5 * MIB}-{10 * MIB - 1}/{len(DATA)}\r\n\r\n"
            connection.sendall(head.encode() + DATA[5 * MIB : 5 * MIB + 5 * MIB * 37 // 100])
            first.kill()
    with serving(env=environment) as second:
        assert state(second, upload) == (308, f"bytes=0-{5 * MIB - 1}")
        assert send(second, upload, 5 * MIB, len(DATA))[0] == 201
    with store().local(upload.key) as path:
        assert path.read_bytes() == DATA


def test_a_client_that_stops_in_the_middle_of_a_piece_resumes_before_it(server: Server, upload: Upload) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        head = f"PUT {target_of(upload.url)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(DATA)}\r\n\r\n"
        connection.sendall(head.encode() + DATA[: 4 * MIB])
    assert state(server, upload) == (308, None)
    assert send(server, upload, 0, len(DATA))[0] == 201


def test_a_chunked_body_that_is_shorter_than_its_range_is_refused(server: Server, upload: Upload) -> None:
    head = f"PUT {target_of(upload.url)} HTTP/1.1\nHost: localhost\nConnection: close\nTransfer-Encoding: chunked\n"
    head += f"Content-Range: bytes 0-{MIB - 1}/{len(DATA)}"
    answer = raw(server, head, b"5\r\nhello\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert state(server, upload) == (308, None)


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    head = "POST /api/v1/jobs/bulk HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: 99999999"
    answer = raw(server, head)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'{"detail": "The request is larger than the 1 MiB allowed here."}' in answer
    assert b"x-request-id: " in answer


def test_a_body_of_unsaid_length_is_refused_once_it_is_too_large(server: Server) -> None:
    head = "POST /api/chat HTTP/1.1\nHost: localhost\nContent-Type: application/json\nTransfer-Encoding: chunked"
    body = (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 17
    answer = raw(server, head, body)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'{"error": "The request is larger' in answer


def test_a_piece_may_be_larger_than_other_bodies_but_not_endless(server: Server, upload: Upload) -> None:
    head = f"PUT {target_of(upload.url)} HTTP/1.1\nHost: localhost\nContent-Length: {101 * MIB}"
    assert raw(server, head).startswith(b"HTTP/1.1 413")
    assert send(server, upload, 0, len(DATA))[0] == 201


def test_clients_that_go_away_leave_no_open_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(DATA * 4)
    store().put("jobs/1/large", tmp_path / "large", content_type="video/mp4")
    link = store().url("jobs/1/large", filename="a.mp4", content_type="video/mp4", inline=True, expires_in=60)
    head = f"GET {target_of(link)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    before = server.open_files()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(head)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    # The pool of threads and of connections may have grown; twenty open files may not stay.
    assert eventually(lambda: server.open_files() < before + 10)


def test_a_slow_reader_costs_no_memory(server: Server, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(DATA * 8)
    store().put("jobs/1/large", tmp_path / "large", content_type="video/mp4")
    link = store().url("jobs/1/large", filename="a.mp4", content_type="video/mp4", inline=True, expires_in=60)
    head = f"GET {target_of(link)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    assert raw(server, head.decode().replace("\r\n", "\n").strip())[-10:] == DATA[-10:]
    idle = server.memory()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head)
        connection.recv(1000)
        assert not eventually_for(1.5, lambda: server.memory() > idle + 16 * MIB)


def eventually_for(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether it came true at any time within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False
