"""What is particular to S3: presigned links, and two processes sharing one upload."""

from __future__ import annotations

import secrets
import subprocess
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.errors import UnavailableError
from core.storage import backend, store, uploads
from core.testing import s3

pytestmark = pytest.mark.s3

DATA = secrets.token_bytes(100_000)


@pytest.fixture
def stored(in_bucket: s3.Bucket, tmp_path: Path) -> str:
    (tmp_path / "source").write_bytes(DATA)
    store().put("jobs/1/source", tmp_path / "source", content_type="video/mp4")
    return "jobs/1/source"


def link(key: str, **changes: Any) -> str:
    asked = {"filename": "Launch window.mp4", "content_type": "video/mp4", "inline": True, "expires_in": 60}
    return store().url(key, **{**asked, **changes})


def fetch(url: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def status(url: str) -> int:
    return fetch(url)[0].status


def test_a_link_serves_ranges_with_our_headers(stored: str) -> None:
    response, body = fetch(link(stored), Range="bytes=10-19")
    assert (response.status, body) == (206, DATA[10:20])
    assert response.headers["Content-Disposition"] == 'inline; filename="Launch window.mp4"'
    assert response.headers["Content-Type"] == "video/mp4"
    response, _ = fetch(link(stored, content_type="text/html"))
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_a_changed_or_expired_link_is_refused(stored: str) -> None:
    url = link(stored)
    assert status(url) == 200
    assert status(url.replace("jobs/1/source", "jobs/2/source")) == 403
    assert status(url[:-1] + ("0" if url[-1] != "0" else "1")) == 403
    assert status(url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")) == 403
    assert status(url.replace("video%2Fmp4", "text%2Fhtml")) == 403


def test_the_public_address_is_the_one_that_is_signed(stored: str, settings: Any) -> None:
    settings.AWS_S3_PUBLIC_ENDPOINT_URL = "https://files.example"
    assert link(stored).startswith("https://files.example/studio-test/jobs/1/source?")


@pytest.mark.django_db
def test_any_process_can_take_the_next_piece(in_bucket: s3.Bucket, mara: Any, tmp_path: Path, settings: Any) -> None:
    data = secrets.token_bytes(12 * 2**20)
    upload = uploads.reserve(
        owner=mara, key="jobs/2/source", filename="a.mp4", content_type="video/mp4", size=len(data)
    )
    step = 2**20
    for start in range(0, len(data), step):
        # Another client object and another scratch folder each time: nothing may be remembered outside the row and the bucket.
        settings.STORAGE_ROOT = tmp_path / f"process-{start}"
        backend.cache_clear()
        (tmp_path / "piece").write_bytes(data[start : start + step])
        with (tmp_path / "piece").open("rb") as source:
            upload = uploads.receive(upload.pk, start=start, source=source, length=step)
    assert upload.status == "complete"
    with store().local("jobs/2/source") as path:
        assert path.read_bytes() == data
    leftovers = store().client.list_objects_v2(Bucket=in_bucket.name, Prefix=f"incoming/{upload.pk}/")  # type: ignore[attr-defined]
    assert "Contents" not in leftovers


def test_a_bucket_that_is_away_is_said_to_be(in_bucket: s3.Bucket, settings: Any) -> None:
    settings.AWS_S3_ENDPOINT_URL = "http://127.0.0.1:1"
    with pytest.raises(UnavailableError):
        store().size("jobs/1/source")


def test_the_server_of_these_tests_listens_on_loopback_only(bucket: s3.Bucket) -> None:
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    lines = [line for line in listening.splitlines() if f"pid={bucket.process.pid}," in line]
    addresses = {line.split()[3].rpartition(":")[0] for line in lines}
    assert addresses == {"127.0.0.1"}, lines
