"""Broken lines, killed servers, slow senders and a client that is not ours: the tus protocol on the real server."""

from __future__ import annotations

import fcntl
import hashlib
import io
import secrets
import socket
import struct
import termios
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from tusclient.exceptions import TusCommunicationError
from tusclient.uploader import Uploader

from core.storage import store, tus, uploads
from core.storage.models import Upload
from core.storage.tests.test_real_server import eventually, target_of
from core.testing import s3
from core.testing.server import Server, database_url, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.workers]

MIB = 2**20
DATA = secrets.token_bytes(24 * MIB)
SHA256 = hashlib.sha256(DATA).hexdigest()
CUT = len(DATA) * 37 // 100
whatever_the_store = pytest.mark.parametrize("environment", ["local"], indirect=True)


@pytest.fixture(scope="module", params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    (home / "static").mkdir()
    bucket: s3.Bucket | None = request.getfixturevalue("bucket") if request.param == "s3" else None
    return {
        "REELWRIGHT_HOME": str(home),
        "DATABASE_URL": database_url(),
        "DB_POOL": "1",
        "DB_POOL_SIZE": "2",
        "LINK_SIGNING_KEY": "the key of these tests",
        "LOG_LEVEL": "ERROR",
        **(bucket.environment if bucket else {"AWS_STORAGE_BUCKET_NAME": ""}),
    }


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[Server]:
    with serving(env=environment) as running:
        yield running


@pytest.fixture(autouse=True)
def same_store(environment: dict[str, str], settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process and the server share files and key."""
    settings.STORAGE_ROOT = Path(environment["REELWRIGHT_HOME"], "media")
    settings.LINK_SIGNING_KEY = environment["LINK_SIGNING_KEY"]
    settings.AWS_STORAGE_BUCKET_NAME = environment["AWS_STORAGE_BUCKET_NAME"]
    if settings.AWS_STORAGE_BUCKET_NAME:
        settings.AWS_S3_ENDPOINT_URL = settings.AWS_S3_PUBLIC_ENDPOINT_URL = environment["AWS_S3_ENDPOINT_URL"]
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, environment[name])


@pytest.fixture
def upload(same_store: None) -> Upload:
    owner = get_user_model().objects.create_user("mara@example.com", "long enough 123")
    return reserved(owner)


def reserved(owner: Any) -> Upload:
    return uploads.reserve(
        owner=owner,
        key=f"jobs/{uuid4()}/source",
        filename="clip.mp4",
        content_type="video/mp4",
        size=len(DATA),
        sha256=SHA256,
    )


def stored(upload: Upload) -> str:
    with store().local(upload.key) as path, path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def patch(server: Server, upload: Upload, start: int, body: bytes, **headers: str) -> tuple[int, str | None]:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("PATCH", target_of(upload.url), body, headers_at(start) | headers)
        response = connection.getresponse()
        response.read()
    assert response.headers["Tus-Resumable"] == "1.0.0"
    return response.status, response.headers["Upload-Offset"]


def headers_at(start: int) -> dict[str, str]:
    return {"Tus-Resumable": "1.0.0", "Upload-Offset": str(start), "Content-Type": tus.MEDIA_TYPE}


def offset(server: Server, upload: Upload) -> int:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("HEAD", target_of(upload.url), headers={"Tus-Resumable": "1.0.0"})
        response = connection.getresponse()
    assert response.status == 200
    return int(str(response.headers["Upload-Offset"]))


def begun(
    server: Server, upload: Upload, start: int, *, announced: int | None = None, chunked: bool = False
) -> socket.socket:
    """A connection on which a PATCH has been announced, to send its body by hand."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    head = f"PATCH {target_of(upload.url)} HTTP/1.1\r\nHost: localhost\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers_at(start).items())
    length = len(DATA) - start if announced is None else announced
    head += "Transfer-Encoding: chunked\r\n\r\n" if chunked else f"Content-Length: {length}\r\n\r\n"
    line.sendall(head.encode())
    return line


def answer_on(line: socket.socket) -> tuple[int, str]:
    text = b""
    while b"\r\n\r\n" not in text:
        piece = line.recv(65536)
        assert piece, text
        text += piece
    return int(text.split()[1]), text.decode()


def unread(line: socket.socket) -> int:
    """Bytes that the other end has not acknowledged yet."""
    (waiting,) = struct.unpack("i", fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, struct.pack("i", 0)))
    return int(waiting)


def writer(upload: Upload) -> Path:
    (path,) = Path(uploads.settings.STORAGE_ROOT, "incoming").glob(f"tmp-transfer-{upload.pk}")
    return path


@pytest.mark.parametrize("cut", [CUT, 1, 8 * MIB, 8 * MIB + 1, len(DATA) - 1])
def test_what_arrived_before_the_line_broke_is_kept(server: Server, upload: Upload, cut: int) -> None:
    with begun(server, upload, 0) as line:
        line.sendall(DATA[:cut])
        # Gone from the socket's buffers, so that the break loses nothing on its way.
        assert eventually(lambda: unread(line) == 0)
    assert eventually(lambda: not list(Path(uploads.settings.STORAGE_ROOT, "incoming").glob("tmp-transfer-*")))
    reached = offset(server, upload)
    # What the server program had taken from the line and not yet handed on when the line broke is lost: at most its buffer.
    assert cut - 128 * 1024 <= reached <= cut
    # The broken request may still be putting away its last bytes: then the next one is turned away, and a client asks again.
    assert eventually(lambda: went_on(server, upload))
    assert stored(upload) == SHA256


def went_on(server: Server, upload: Upload) -> bool:
    reached = offset(server, upload)
    try:
        return patch(server, upload, reached, DATA[reached:]) == (204, str(len(DATA)))
    except ConnectionError:
        return False


def test_an_upload_survives_the_kill_of_its_server(environment: dict[str, str], upload: Upload) -> None:
    with serving(env=environment) as first, begun(first, upload, 0) as line:
        line.sendall(DATA[: len(DATA) * 3 // 4])
        assert eventually(lambda: Upload.objects.get(pk=upload.pk).received >= 8 * MIB)
        first.kill()
    left = writer(upload)
    with serving(env=environment) as second:
        reached = offset(second, upload)
        assert 8 * MIB <= reached <= len(DATA) * 3 // 4
        # The lock of the killed one is nobody's: no waiting.
        assert patch(second, upload, reached, DATA[reached:]) == (204, str(len(DATA)))
    assert not left.exists()
    assert stored(upload) == SHA256


def test_a_second_writer_is_told_to_wait(server: Server, upload: Upload) -> None:
    with begun(server, upload, 0) as line:
        line.sendall(DATA[:CUT])
        assert eventually(lambda: Upload.objects.get(pk=upload.pk).received > 0)
        reached = offset(server, upload)
        assert patch(server, upload, reached, DATA[reached : reached + MIB])[0] == 423
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
            connection.request("PUT", target_of(upload.url), b"x", {"Content-Range": f"bytes {reached}-{reached}/*"})
            assert connection.getresponse().status == 423
        line.sendall(DATA[CUT:])
        assert answer_on(line)[0] == 204
    assert stored(upload) == SHA256


def test_of_two_writers_at_once_one_writes(server: Server, upload: Upload) -> None:
    def write(_: int) -> int | None:
        try:
            return patch(server, upload, 0, DATA)[0]
        except (BrokenPipeError, ConnectionResetError):
            # This client speaks before it listens, and the server does not wait for all that it has refused.
            return None

    with ThreadPoolExecutor() as pool:
        both = list(pool.map(write, range(2)))
    assert both.count(204) == 1
    assert set(both) <= {204, 409, 423, None}
    assert stored(upload) == SHA256


@whatever_the_store
def test_a_silent_line_gives_its_place_away(server: Server, upload: Upload) -> None:
    with begun(server, upload, 0) as line:
        line.sendall(DATA[:CUT])
        line.settimeout(tus.PATIENCE_SECONDS + 10)
        # As after a change of address: the server hears nothing more, not even the end.
        status, text = answer_on(line)
        assert status == 408
        assert "connection: close" in text.lower()
    assert offset(server, upload) == CUT
    assert patch(server, upload, CUT, DATA[CUT:])[0] == 204


@whatever_the_store
def test_slow_senders_hold_no_database_connection(server: Server, upload: Upload) -> None:
    lines = [begun(server, reserved(upload.owner), 0) for _ in range(6)]
    try:
        for line in lines:
            line.sendall(DATA[:1000])
        # The server has two connections in all.
        assert offset(server, upload) == 0
        assert patch(server, upload, 0, DATA[:CUT]) == (204, str(CUT))
    finally:
        for line in lines:
            line.close()


def test_a_body_of_unsaid_length_is_kept_up_to_the_size(server: Server, upload: Upload) -> None:
    with begun(server, upload, 0, chunked=True) as line:
        for start in range(0, CUT, MIB):
            piece = DATA[start : min(start + MIB, CUT)]
            line.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        line.sendall(b"0\r\n\r\n")
        assert answer_on(line)[0] == 204
    assert offset(server, upload) == CUT
    with begun(server, upload, CUT, chunked=True) as line:
        rest = DATA[CUT:] + b"x"
        line.sendall(f"{len(rest):x}\r\n".encode() + rest + b"\r\n0\r\n\r\n")
        assert answer_on(line)[0] == 413
    reached = offset(server, upload)
    assert CUT <= reached < len(DATA)
    assert patch(server, upload, reached, DATA[reached:])[0] == 204
    assert stored(upload) == SHA256


@whatever_the_store
def test_a_refusal_comes_before_the_body(server: Server, upload: Upload) -> None:
    for start, announced, status in ((7, 10, 409), (0, 2 * len(DATA), 413)):
        with begun(server, upload, start, announced=announced) as line:
            found, text = answer_on(line)
            assert (found, "connection: close" in text.lower()) == (status, True)
    assert offset(server, upload) == 0


@whatever_the_store
def test_a_broken_line_leaves_nothing_of_data_that_has_a_checksum(server: Server, upload: Upload) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        head = f"PATCH {target_of(upload.url)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(DATA)}\r\n"
        head += "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers_at(0).items())
        line.sendall(head.encode() + b"\r\n" + DATA[:CUT])
    assert eventually(lambda: not list(Path(uploads.settings.STORAGE_ROOT, "incoming").glob("tmp-transfer-*")))
    assert offset(server, upload) == 0


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("piece", [5 * MIB + 1, 2**40])
def test_a_client_of_others_uploads_a_file(server: Server, upload: Upload, piece: int, checked: bool) -> None:
    link = f"{server.url}{target_of(upload.url)}"
    uploader = Uploader(file_stream=io.BytesIO(DATA), url=link, chunk_size=piece, upload_checksum=checked)
    uploader.upload()
    assert uploader.offset == len(DATA)
    assert stored(upload) == SHA256


@whatever_the_store
def test_a_client_of_others_goes_on_after_a_kill(environment: dict[str, str], upload: Upload) -> None:
    with serving(env=environment) as first:
        uploader = Uploader(file_stream=io.BytesIO(DATA), url=f"{first.url}{target_of(upload.url)}", chunk_size=9 * MIB)
        uploader.upload_chunk()
        first.kill()
        with pytest.raises(TusCommunicationError):
            uploader.upload_chunk()
    with serving(env=environment) as second:
        # It asks where to go on.
        resumed = Uploader(file_stream=io.BytesIO(DATA), url=f"{second.url}{target_of(upload.url)}")
        assert resumed.offset == 9 * MIB
        resumed.upload()
    assert stored(upload) == SHA256


def test_a_sent_file_costs_no_memory(server: Server, upload: Upload) -> None:
    patch(server, reserved(upload.owner), 0, DATA[:MIB])
    idle = server.memory()
    server.forget_peak()
    assert patch(server, upload, 0, DATA)[0] == 204
    assert server.peak_memory() - idle < 20 * MIB
