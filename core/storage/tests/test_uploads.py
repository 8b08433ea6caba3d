"""Resumable uploads as a client of the protocol meets them, on both backends."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from core.errors import InvalidFieldError, StorageFullError, TooLargeError
from core.storage import store, uploads
from core.storage.base import ObjectStore
from core.storage.models import Upload
from core.storage.tasks import sweep_uploads
from core.storage.tests.conftest import files_in

pytestmark = [pytest.mark.urls("core.storage.tests.urls"), pytest.mark.django_db]

MIB = 2**20
DATA = secrets.token_bytes(7 * MIB + 13)
SHA256 = hashlib.sha256(DATA).hexdigest()


def reserved(owner: Any, **changes: Any) -> Upload:
    asked = {"filename": "clip.mp4", "content_type": "video/mp4", "size": len(DATA), "sha256": SHA256}
    return uploads.reserve(owner=owner, key=f"jobs/{uuid4()}/source", **{**asked, **changes})


def put(upload: Upload, body: bytes = b"", content_range: str = "", *, url: str = "") -> Any:
    parts = urlsplit(url or upload.url)
    headers = {"Content-Range": content_range} if content_range else {}
    return Client(enforce_csrf_checks=True).put(
        f"{parts.path}?{parts.query}", body, content_type="video/mp4", headers=headers
    )


def send(upload: Upload, start: int, end: int, *, data: bytes = DATA, total: int | str | None = None) -> Any:
    return put(upload, data[start:end], f"bytes {start}-{end - 1}/{total or upload.size}")


def stored(upload: Upload) -> bytes:
    with store().local(upload.key) as path:
        return path.read_bytes()


@pytest.mark.parametrize("piece", [8 * MIB, 5 * MIB, 2 * MIB, MIB + 1])
def test_pieces_become_the_file(either: ObjectStore, mara: Any, piece: int) -> None:
    upload = reserved(mara)
    for start in range(0, len(DATA), piece):
        end = min(start + piece, len(DATA))
        response = send(upload, start, end)
        if end < len(DATA):
            assert (response.status_code, response.headers["Range"]) == (308, f"bytes=0-{end - 1}")
            assert not uploads.finished(upload)
            assert not either.exists(upload.key)
    assert response.status_code == 201
    assert response.json()["sha256"] == SHA256
    assert uploads.finished(upload)
    assert stored(upload) == DATA


def test_a_client_that_lost_its_answer_asks_and_goes_on(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    response = put(upload, content_range=f"bytes */{len(DATA)}")
    assert (response.status_code, "Range" in response.headers) == (308, False)
    send(upload, 0, 3 * MIB)
    response = put(upload, content_range="bytes */*")
    assert (response.status_code, response.headers["Range"]) == (308, f"bytes=0-{3 * MIB - 1}")
    assert send(upload, 3 * MIB, len(DATA)).status_code == 201
    assert put(upload, content_range=f"bytes */{len(DATA)}").json()["status"] == "complete"


@pytest.mark.parametrize("start", [0, 1, 3 * MIB - 1, 3 * MIB + 1, 6 * MIB])
def test_a_wrong_offset_is_told_the_right_one(either: ObjectStore, mara: Any, start: int) -> None:
    upload = reserved(mara)
    send(upload, 0, 3 * MIB)
    response = send(upload, start, start + MIB)
    assert (response.status_code, response.headers["Range"]) == (308, f"bytes=0-{3 * MIB - 1}")
    assert send(upload, 3 * MIB, len(DATA)).status_code == 201
    assert stored(upload) == DATA


def test_a_whole_file_may_come_at_once_even_after_pieces(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    send(upload, 0, 6 * MIB, data=secrets.token_bytes(6 * MIB))
    assert put(upload, DATA).status_code == 201
    assert stored(upload) == DATA


def test_a_damaged_file_is_refused_and_sent_again(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    response = put(upload, DATA[:-1] + bytes([DATA[-1] ^ 1]))
    assert response.status_code == 400
    assert response.json()["expected_sha256"] == SHA256
    assert "Send it again" in response.json()["error"]
    assert not either.exists(upload.key)
    assert not uploads.finished(upload)
    assert "Range" not in put(upload, content_range="bytes */*").headers
    assert put(upload, DATA).status_code == 201
    assert stored(upload) == DATA


def test_more_than_announced_is_413_and_kept_nowhere(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    for response in (
        put(upload, DATA + b"x"),
        send(upload, 0, MIB, total=len(DATA) + 1),
        put(upload, b"xx", f"bytes {len(DATA) - 1}-{len(DATA)}/{len(DATA)}"),
        put(upload, b"xx", f"bytes {len(DATA) - 1}-{len(DATA)}/*"),
    ):
        assert response.status_code == 413
    assert files_in(root) == []


def test_less_than_announced_is_no_file(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    assert put(upload, DATA[:MIB]).status_code == 400
    assert send(upload, 0, MIB, total=len(DATA) - 1).status_code == 400
    assert put(upload, DATA[:MIB], f"bytes 0-{2 * MIB - 1}/{len(DATA)}").status_code == 400
    assert files_in(root) == []


@pytest.mark.parametrize("header", ["bytes 5-1/10", "bytes a-b/c", "bytes 0-1", "octets 0-1/2", "bytes -1-5/10", "x"])
def test_a_content_range_that_is_none_is_400(root: Path, mara: Any, header: str) -> None:
    assert put(reserved(mara), b"xx", header).status_code == 400


def test_a_body_shorter_than_its_range_is_kept_nowhere(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    with pytest.raises(InvalidFieldError):
        uploads.receive(upload.pk, start=0, source=ContentFile(DATA[:100]).file, length=200)
    with pytest.raises(InvalidFieldError):
        uploads.receive(upload.pk, start=0, source=ContentFile(DATA[:300]).file, length=200)
    assert [path.stat().st_size for path in files_in(root)] == [0]
    assert put(upload, DATA).status_code == 201


def test_the_link_is_for_one_upload_and_signed(root: Path, mara: Any) -> None:
    upload, other = reserved(mara), reserved(mara)
    signature = upload.url.partition("sig=")[2]
    for url in (
        other.url.partition("sig=")[0] + "sig=" + signature,
        upload.url[:-1] + ("A" if upload.url[-1] != "A" else "B"),
        upload.url.partition("?")[0],
        upload.url.partition("sig=")[0] + "sig=%00%C3%A9",
        upload.url.replace(str(upload.pk), str(uuid4())),
    ):
        response = put(upload, DATA, url=url)
        assert response.status_code == 403, url
    assert files_in(root) == []


def test_the_link_neither_reads_nor_creates(root: Path, mara: Any) -> None:
    parts = urlsplit(reserved(mara).url)
    for method in ("get", "post"):
        assert getattr(Client(), method)(f"{parts.path}?{parts.query}").status_code == 405


def test_a_complete_upload_cannot_be_written_again(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    put(upload, DATA)
    assert put(upload, secrets.token_bytes(len(DATA))).status_code == 409
    assert send(upload, 0, MIB).status_code == 409
    assert stored(upload) == DATA


def test_an_expired_upload_is_gone(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    send(upload, 0, 6 * MIB)
    Upload.objects.filter(pk=upload.pk).update(expires_at=upload.created_at - timedelta(seconds=1))
    assert send(upload, 6 * MIB, len(DATA)).status_code == 410
    assert put(upload, content_range="bytes */*").status_code == 410
    sweep_uploads()
    sweep_uploads()
    upload.refresh_from_db()
    assert (upload.status, upload.received) == ("expired", 0)
    assert put(upload, DATA).status_code == 410
    assert not either.exists(upload.key)


def test_sweeping_leaves_live_uploads_alone(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    send(upload, 0, 2 * MIB)
    sweep_uploads()
    assert send(upload, 2 * MIB, len(DATA)).status_code == 201
    assert stored(upload) == DATA


def test_whoever_sends_keeps_the_link(root: Path, mara: Any) -> None:
    upload = reserved(mara, expires_in=60)
    send(upload, 0, MIB)
    extended = Upload.objects.get(pk=upload.pk)
    assert extended.expires_at - extended.created_at > timedelta(minutes=14)
    assert extended.expires_at - extended.created_at < timedelta(hours=25)


def test_an_aborted_upload_leaves_nothing(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    send(upload, 0, MIB)
    parts = urlsplit(upload.url)
    assert Client().delete(f"{parts.path}?{parts.query}").status_code == 204
    assert files_in(root) == []
    assert put(upload, DATA).status_code == 410


def test_what_is_too_large_or_empty_is_not_reserved(root: Path, mara: Any, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = MIB
    with pytest.raises(TooLargeError):
        reserved(mara)
    with pytest.raises(InvalidFieldError):
        reserved(mara, size=0)
    with pytest.raises(InvalidFieldError):
        reserved(mara, size=10, sha256="abc")
    assert not Upload.objects.exists()


def test_a_file_that_will_not_fit_is_refused_before_it_is_sent(small_disk: Path, mara: Any) -> None:
    with pytest.raises(StorageFullError):
        reserved(mara)
    assert not Upload.objects.exists()


def test_a_disk_that_fills_up_keeps_what_was_acknowledged(
    small_disk: Path, mara: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.storage.local.LocalStore.room_for", lambda *_: True)
    upload = reserved(mara)
    assert send(upload, 0, 3 * MIB).status_code == 308
    response = send(upload, 3 * MIB, 6 * MIB)
    assert response.status_code == 507
    assert response.json()["error"].startswith("The studio's storage is full")
    assert [path.stat().st_size for path in files_in(small_disk)] == [3 * MIB]
    assert put(upload, content_range="bytes */*").headers["Range"] == f"bytes=0-{3 * MIB - 1}"
    # With room again it goes on where it was.
    import subprocess

    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert send(upload, 3 * MIB, len(DATA)).status_code == 201
    assert stored(upload) == DATA


def test_pieces_that_vanished_are_asked_for_again(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    send(upload, 0, 3 * MIB)
    for path in files_in(root):
        path.unlink()
    response = send(upload, 3 * MIB, len(DATA))
    assert (response.status_code, "Range" in response.headers) == (308, False)
    assert put(upload, DATA).status_code == 201


def test_a_crash_before_the_joining_is_made_good(
    either: ObjectStore, mara: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = reserved(mara)

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "complete", crash)
        with pytest.raises(KeyboardInterrupt):
            put(upload, DATA)
    response = put(upload, content_range="bytes */*")
    assert (response.status_code, response.json()["sha256"]) == (200, SHA256)
    assert stored(upload) == DATA


def test_a_crash_after_the_joining_is_made_good(
    either: ObjectStore, mara: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = reserved(mara)
    save = Upload.save

    def crash_when_complete(self: Upload, *args: Any, **options: Any) -> None:
        if self.status == Upload.Status.COMPLETE:
            raise KeyboardInterrupt
        save(self, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Upload, "save", crash_when_complete)
        with pytest.raises(KeyboardInterrupt):
            put(upload, DATA)
    assert either.exists(upload.key)
    response = put(upload, content_range="bytes */*")
    assert (response.status_code, response.json()["sha256"]) == (200, SHA256)
    assert stored(upload) == DATA


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\clips\\a.mp4", "a.mp4"),
        ("a\r\nb\0.mp4", "ab.mp4"),
        ("\u202egpm.exe", "gpm.exe"),
        ("", "file"),
        ("   ", "file"),
        ("x" * 300 + ".mp4", "x" * 251 + ".mp4"),
        ("-i.mp4", "-i.mp4"),
        ("🎬 Ü.mp4", "🎬 Ü.mp4"),
    ],
)
def test_names_are_kept_as_harmless_text(root: Path, mara: Any, given: str, kept: str) -> None:
    assert reserved(mara, filename=given).filename == kept


class Slow:
    """A body that waits in the middle until it is told to go on."""

    def __init__(self, data: bytes) -> None:
        self.source = ContentFile(data).file
        self.reading, self.go_on = threading.Event(), threading.Event()

    def read(self, size: int = -1) -> bytes:
        self.reading.set()
        assert self.go_on.wait(20)
        return self.source.read(size)


@pytest.fixture
def in_thread() -> Iterator[Callable[[Callable[[], Any]], threading.Thread]]:
    started: list[threading.Thread] = []

    def start(work: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        started.append(thread)
        return thread

    yield start
    for thread in started:
        thread.join(20)


@pytest.mark.django_db(transaction=True)
def test_a_second_writer_is_told_to_wait(root: Path, in_thread: Callable[..., threading.Thread]) -> None:
    upload = reserved(get_user_model().objects.create_user("mara@example.com", "long enough 123"))
    slow = Slow(DATA)
    first = in_thread(lambda: uploads.receive(upload.pk, start=0, source=slow, length=len(DATA)))
    assert slow.reading.wait(20)
    assert put(upload, DATA).status_code == 423
    sweep_uploads()
    slow.go_on.set()
    first.join(20)
    assert uploads.finished(upload)
    assert stored(upload) == DATA
