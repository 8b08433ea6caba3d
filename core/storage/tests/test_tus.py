"""The tus protocol as a client meets it, on both backends. What only broken lines show is in test_tus_server."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from core.storage import tus, uploads
from core.storage.base import ObjectStore
from core.storage.models import Upload
from core.storage.tasks import sweep_uploads
from core.storage.tests.conftest import files_in
from core.storage.tests.test_uploads import DATA, MIB, SHA256, Slow, in_thread, put, reserved, send, stored

pytestmark = [pytest.mark.urls("core.storage.tests.urls"), pytest.mark.django_db]

__all__ = ["in_thread"]
TUS = {"Tus-Resumable": "1.0.0"}
CUT = len(DATA) * 37 // 100


def ask(
    method: str, upload: Upload, body: bytes = b"", *, url: str = "", content_type: str = "", **headers: str
) -> Any:
    parts = urlsplit(url or upload.url)
    given = TUS | {name.replace("_", "-"): value for name, value in headers.items()}
    given["Content-Type"] = content_type or tus.MEDIA_TYPE
    return Client(enforce_csrf_checks=True).generic(method, f"{parts.path}?{parts.query}", body, headers=given)


def patch(upload: Upload, offset: int, body: bytes, **headers: str) -> Any:
    return ask("PATCH", upload, body, Upload_Offset=str(offset), **headers)


def offset(upload: Upload) -> int:
    response = ask("HEAD", upload)
    assert response.status_code == 200
    return int(response.headers["Upload-Offset"])


def checksum(algorithm: str, data: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def test_anybody_may_ask_what_is_spoken(root: Path, mara: Any, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 10 * MIB
    response = Client().options(urlsplit(reserved(mara).url).path)
    assert response.status_code == 204
    assert {name: response.headers[name] for name in response.headers if name.startswith("Tus-")} == {
        "Tus-Resumable": "1.0.0",
        "Tus-Version": "1.0.0",
        "Tus-Extension": "creation,creation-with-upload,expiration,checksum,termination",
        "Tus-Max-Size": str(10 * MIB),
        "Tus-Checksum-Algorithm": "sha1,sha256,md5",
    }


@pytest.mark.parametrize("piece", [8 * MIB, 5 * MIB, 2 * MIB, MIB + 1])
def test_pieces_become_the_file(either: ObjectStore, mara: Any, piece: int) -> None:
    upload = reserved(mara)
    for start in range(0, len(DATA), piece):
        response = patch(upload, start, DATA[start : start + piece])
        end = min(start + piece, len(DATA))
        assert (response.status_code, response.headers["Upload-Offset"]) == (204, str(end))
        assert ("Upload-Expires" in response.headers) == (end < len(DATA))
        assert either.exists(upload.key) == (end == len(DATA))
    assert uploads.finished(upload)
    assert stored(upload) == DATA
    assert Upload.objects.get(pk=upload.pk).sha256 == SHA256
    assert offset(upload) == len(DATA)


def test_head_tells_the_state_and_no_cache_keeps_it(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    assert offset(upload) == 0
    patch(upload, 0, DATA[:CUT])
    response = ask("HEAD", upload)
    told = {
        name: response.headers[name] for name in ("Upload-Offset", "Upload-Length", "Cache-Control", "Tus-Resumable")
    }
    assert told == {
        "Upload-Offset": str(CUT),
        "Upload-Length": str(len(DATA)),
        "Cache-Control": "no-store",
        "Tus-Resumable": "1.0.0",
    }
    expires = parsedate_to_datetime(response.headers["Upload-Expires"])
    assert abs((expires - Upload.objects.get(pk=upload.pk).expires_at).total_seconds()) < 1
    assert response.content == b""


def test_either_protocol_goes_on_where_the_other_stopped(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    assert patch(upload, 0, DATA[:MIB]).status_code == 204
    assert put(upload, content_range="bytes */*").headers["Range"] == f"bytes=0-{MIB - 1}"
    assert send(upload, MIB, 6 * MIB).status_code == 308
    assert offset(upload) == 6 * MIB
    assert patch(upload, 6 * MIB, DATA[6 * MIB :]).status_code == 204
    assert put(upload, content_range="bytes */*").json()["sha256"] == SHA256
    assert stored(upload) == DATA


@pytest.mark.parametrize("start", [0, CUT - 1, CUT + 1, len(DATA)])
def test_a_wrong_offset_is_409_and_told_the_right_one(either: ObjectStore, mara: Any, start: int) -> None:
    upload = reserved(mara)
    patch(upload, 0, DATA[:CUT])
    response = patch(upload, start, b"x")
    assert (response.status_code, response.headers["Upload-Offset"]) == (409, str(CUT))
    assert response.json()["error"] == f"The upload goes on at byte {CUT}."
    assert patch(upload, CUT, DATA[CUT:]).status_code == 204
    assert stored(upload) == DATA


def test_more_than_announced_is_413_and_kept_nowhere(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    assert patch(upload, 0, DATA + b"x").status_code == 413
    assert (offset(upload), files_in(root)) == (0, [])
    patch(upload, 0, DATA[:CUT])
    assert patch(upload, CUT, DATA[CUT:] + b"x").status_code == 413
    assert (offset(upload), [path.stat().st_size for path in files_in(root)]) == (CUT, [CUT])
    patch(upload, CUT, DATA[CUT:])
    assert patch(upload, len(DATA), b"x").status_code == 413
    assert stored(upload) == DATA


def test_nothing_to_send_changes_nothing(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    assert patch(upload, 0, b"").status_code == 204
    patch(upload, 0, DATA)
    response = patch(upload, len(DATA), b"")
    assert (response.status_code, response.headers["Upload-Offset"]) == (204, str(len(DATA)))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_data_with_its_checksum_is_kept_and_other_data_is_not(either: ObjectStore, mara: Any, algorithm: str) -> None:
    upload = reserved(mara)
    patch(upload, 0, DATA[:MIB])
    right = checksum(algorithm, DATA[MIB:])
    response = patch(upload, MIB, DATA[MIB:-1] + bytes([DATA[-1] ^ 1]), Upload_Checksum=right)
    assert (response.status_code, offset(upload)) == (460, MIB)
    assert response.headers["Tus-Resumable"] == "1.0.0"
    assert patch(upload, MIB, DATA[MIB : MIB + 9], Upload_Checksum=right).status_code == 460
    assert patch(upload, MIB, DATA[MIB:], Upload_Checksum=right).status_code == 204
    assert stored(upload) == DATA


def test_a_checksum_that_nobody_can_judge_is_400(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    for header in ("crc32 AAAA", "sha1", "sha1 !!!!", "", "sha1 é", "SHA1 AAAA", "blake2b AAAA"):
        expected = 460 if header == "sha1" else 400
        assert patch(upload, 0, DATA, Upload_Checksum=header).status_code == expected, header
    assert (offset(upload), files_in(root)) == (0, [])


def test_no_more_is_held_back_for_a_checksum_than_a_piece_may_have(root: Path, mara: Any, settings: Any) -> None:
    settings.UPLOAD_DIRECT_MAX_BYTES = MIB
    upload = reserved(mara)
    assert patch(upload, 0, DATA, Upload_Checksum=checksum("sha1", DATA)).status_code == 413
    part = DATA[:MIB]
    assert patch(upload, 0, part, Upload_Checksum=checksum("sha1", part)).status_code == 204
    assert offset(upload) == MIB


def test_a_file_that_is_not_the_announced_one_is_460_and_begins_again(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    response = patch(upload, 0, DATA[:-1] + bytes([DATA[-1] ^ 1]))
    assert (response.status_code, response.json()["expected_sha256"]) == (460, SHA256)
    assert (offset(upload), either.exists(upload.key)) == (0, False)
    assert patch(upload, 0, DATA).status_code == 204
    assert stored(upload) == DATA


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_another_version_is_412_and_told_ours(root: Path, mara: Any, method: str) -> None:
    upload = reserved(mara)
    for version in ("0.2.2", "1.0.1", "2.0.0", "1.0", ""):
        response = ask(method, upload, Upload_Offset="0", Tus_Resumable=version)
        assert (response.status_code, response.headers["Tus-Version"]) == (412, "1.0.0"), version
    assert offset(upload) == 0
    parts = urlsplit(upload.url)
    assert Client().head(f"{parts.path}?{parts.query}").status_code == 412


def test_another_media_type_is_415(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    for media_type in ("application/octet-stream", "video/mp4", "application/x-www-form-urlencoded"):
        assert ask("PATCH", upload, DATA, content_type=media_type, Upload_Offset="0").status_code == 415
    assert files_in(root) == []


def test_an_offset_that_is_none_is_400(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    for given in ("", "-1", "x", "1.5", "0x10", "٣", "9" * 19):
        assert ask("PATCH", upload, DATA, Upload_Offset=given).status_code == 400, given
    assert files_in(root) == []


def test_the_link_is_for_one_upload_and_signed(root: Path, mara: Any) -> None:
    upload, other = reserved(mara), reserved(mara)
    signature = upload.url.partition("sig=")[2]
    for url in (
        other.url.partition("sig=")[0] + "sig=" + signature,
        upload.url.partition("?")[0],
        upload.url.replace(str(upload.pk), str(uuid4())),
    ):
        for method in ("HEAD", "PATCH", "DELETE"):
            response = ask(method, upload, DATA, url=url, Upload_Offset="0")
            assert (response.status_code, response.headers["Tus-Resumable"]) == (403, "1.0.0"), (method, url)
    assert (offset(upload), offset(other), files_in(root)) == (0, 0, [])


def test_an_upload_that_is_not_there_is_404(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    Upload.objects.all().delete()
    assert [ask(method, upload, Upload_Offset="0").status_code for method in ("HEAD", "PATCH", "DELETE")] == [404] * 3
    assert files_in(root) == []


def test_an_expired_upload_is_gone(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    patch(upload, 0, DATA[: 6 * MIB])
    Upload.objects.filter(pk=upload.pk).update(expires_at=upload.created_at - timedelta(seconds=1))
    for _ in range(2):
        assert [ask(method, upload, Upload_Offset="0").status_code for method in ("HEAD", "PATCH", "DELETE")] == [
            410
        ] * 3
        sweep_uploads()
    assert not either.exists(upload.key)


def test_a_terminated_upload_leaves_nothing(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    patch(upload, 0, DATA[:CUT])
    response = ask("DELETE", upload)
    assert (response.status_code, response.headers["Tus-Resumable"]) == (204, "1.0.0")
    assert files_in(root) == []
    assert ask("HEAD", upload).status_code == 410


def test_a_complete_upload_is_not_terminated_by_its_link(either: ObjectStore, mara: Any) -> None:
    upload = reserved(mara)
    patch(upload, 0, DATA)
    assert ask("DELETE", upload).status_code == 409
    assert stored(upload) == DATA


def test_no_header_turns_one_method_into_another(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    for method in ("POST", "GET"):
        response = ask(method, upload, DATA, Upload_Offset="0", X_HTTP_Method_Override="PATCH")
        assert response.status_code == 405
    patch(upload, 0, DATA[:CUT], X_HTTP_Method_Override="DELETE")
    assert offset(upload) == CUT


def test_pieces_that_vanished_are_asked_for_again(root: Path, mara: Any) -> None:
    upload = reserved(mara)
    patch(upload, 0, DATA[:CUT])
    for path in files_in(root):
        path.unlink()
    response = patch(upload, CUT, DATA[CUT:])
    assert (response.status_code, response.headers["Upload-Offset"], offset(upload)) == (409, "0", 0)
    assert patch(upload, 0, DATA).status_code == 204
    assert stored(upload) == DATA


def test_whoever_sends_keeps_the_link(root: Path, mara: Any) -> None:
    upload = reserved(mara, expires_in=60)
    told = parsedate_to_datetime(patch(upload, 0, DATA[:CUT]).headers["Upload-Expires"])
    assert timedelta(minutes=14) < told - upload.created_at < timedelta(hours=25)


def test_a_disk_that_fills_up_keeps_what_was_acknowledged(
    small_disk: Path, mara: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.storage.local.LocalStore.room_for", lambda *_: True)
    upload = reserved(mara)
    assert patch(upload, 0, DATA[:CUT]).status_code == 204
    assert patch(upload, CUT, DATA[CUT:]).status_code == 507
    assert (offset(upload), [path.stat().st_size for path in files_in(small_disk)]) == (CUT, [CUT])


def test_a_crash_before_the_joining_is_made_good(
    either: ObjectStore, mara: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = reserved(mara)

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "complete", crash)
        with pytest.raises(KeyboardInterrupt):
            patch(upload, 0, DATA)
    assert offset(upload) == len(DATA)
    assert uploads.finished(upload)
    assert stored(upload) == DATA


@pytest.mark.django_db(transaction=True)
def test_a_second_writer_is_told_to_wait(root: Path, in_thread: Callable[..., threading.Thread]) -> None:
    upload = reserved(get_user_model().objects.create_user("mara@example.com", "long enough 123"))
    slow = Slow(DATA)
    first = in_thread(lambda: uploads.receive(upload.pk, start=0, source=slow, length=len(DATA)))
    assert slow.reading.wait(20)
    response = patch(upload, 0, DATA)
    assert (response.status_code, response.headers["Tus-Resumable"]) == (423, "1.0.0")
    slow.go_on.set()
    first.join(20)
    assert stored(upload) == DATA
    assert patch(upload, 0, secrets.token_bytes(9)).status_code == 409
