"""Signed links and ranges, over HTTP."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import AsyncClient

from core.storage import signing, store
from core.storage.local import LocalStore

pytestmark = pytest.mark.urls("core.storage.tests.urls")

DATA = secrets.token_bytes(700_001)
Get = Callable[..., Any]


@pytest.fixture
def stored(local: LocalStore, tmp_path: Path) -> str:
    source = tmp_path / "source"
    source.write_bytes(DATA)
    local.put("jobs/1/source", source, content_type="video/mp4")
    return "jobs/1/source"


def link(key: str, **changes: Any) -> str:
    asked = {"filename": "Launch window.mp4", "content_type": "video/mp4", "inline": True, "expires_in": 60}
    return urlsplit(store().url(key, **{**asked, **changes})).path


async def fetch(path: str, *, method: str = "get", **headers: str) -> tuple[Any, bytes]:
    response = await getattr(AsyncClient(), method)(path, headers=headers)
    body = b"".join([piece async for piece in response]) if response.streaming else response.content
    response.close()
    return response, body


async def test_a_link_gives_the_whole_file(stored: str) -> None:
    response, body = await fetch(link(stored))
    assert (response.status_code, body == DATA) == (200, True)
    assert response.headers["Content-Length"] == str(len(DATA))
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["Content-Disposition"] == 'inline; filename="Launch window.mp4"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-site"
    assert response.headers["Cache-Control"].startswith("private, max-age=")
    assert int(response.headers["Cache-Control"].rpartition("=")[2]) <= 60
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, len(DATA)),
        ("bytes=100-199", 100, 200),
        ("bytes=262143-262145", 262143, 262146),
        ("bytes=-1", len(DATA) - 1, len(DATA)),
        (f"bytes=-{len(DATA) * 2}", 0, len(DATA)),
        (f"bytes=10-{len(DATA) * 9}", 10, len(DATA)),
        (f"bytes={len(DATA) - 1}-", len(DATA) - 1, len(DATA)),
    ],
)
async def test_one_range_is_206(stored: str, asked: str, start: int, end: int) -> None:
    response, body = await fetch(link(stored), Range=asked)
    assert (response.status_code, body == DATA[start:end]) == (206, True)
    assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert response.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize(
    "asked",
    [
        f"bytes={len(DATA)}-",
        "bytes=5-2",
        "bytes=-0",
        "bytes=-",
        "bytes=0-1,5-6",
        "bytes=x-y",
        "bytes=" + "9" * 30 + "-",
    ],
)
async def test_a_range_that_cannot_be_is_416(stored: str, asked: str) -> None:
    response, body = await fetch(link(stored), Range=asked)
    assert (response.status_code, body) == (416, b"")
    assert response.headers["Content-Range"] == f"bytes */{len(DATA)}"


async def test_an_unknown_unit_is_ignored(stored: str) -> None:
    response, body = await fetch(link(stored), Range="lines=1-2")
    assert (response.status_code, len(body)) == (200, len(DATA))


async def test_head_answers_like_get_without_the_bytes(stored: str) -> None:
    response, body = await fetch(link(stored), method="head")
    assert (response.status_code, body, response.headers["Content-Length"]) == (200, b"", str(len(DATA)))
    response, body = await fetch(link(stored), method="head", Range="bytes=0-9")
    assert (response.status_code, body, response.headers["Content-Length"]) == (206, b"", "10")


async def test_a_cached_copy_is_confirmed_and_an_interrupted_one_goes_on(stored: str) -> None:
    response, _ = await fetch(link(stored))
    tag, date = response.headers["ETag"], response.headers["Last-Modified"]
    assert (await fetch(link(stored), **{"If-None-Match": tag}))[0].status_code == 304
    for condition, status in ((tag, 206), (date, 206), ('"other"', 200), (f"W/{tag}", 200), ("yesterday", 200)):
        response, _ = await fetch(link(stored), Range="bytes=1-2", **{"If-Range": condition})
        assert response.status_code == status, condition


async def test_a_changed_file_has_another_tag(stored: str, local: LocalStore, tmp_path: Path) -> None:
    before = (await fetch(link(stored)))[0].headers["ETag"]
    (tmp_path / "source").write_bytes(DATA)
    local.put(stored, tmp_path / "source", content_type="video/mp4")
    assert (await fetch(link(stored)))[0].headers["ETag"] != before


async def test_an_empty_file_is_served(local: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    local.put("jobs/1/empty", tmp_path / "empty", content_type="text/vtt")
    response, body = await fetch(link("jobs/1/empty", content_type="text/vtt"))
    assert (response.status_code, body, response.headers["Content-Type"]) == (200, b"", "text/vtt; charset=utf-8")
    assert (await fetch(link("jobs/1/empty"), Range="bytes=0-"))[0].status_code == 416


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/pdf", "text/plain", "video/mp4x"])
async def test_what_a_browser_could_run_is_only_downloaded(stored: str, content_type: str) -> None:
    response, _ = await fetch(link(stored, content_type=content_type))
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Content-Type"] == content_type


async def test_a_hostile_name_breaks_no_header(stored: str) -> None:
    response, _ = await fetch(link(stored, filename='Aufnahme "eins" – ü.mp4', inline=False))
    assert response.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''Aufnahme%20%22eins%22%20%E2%80%93%20%C3%BC.mp4"
    )
    response, _ = await fetch(link(stored, filename="a\r\nSet-Cookie: x=1"))
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers


async def test_every_changed_letter_kills_a_link(stored: str) -> None:
    path = link(stored)
    head, _, token = path.rpartition("/")
    for position in range(0, len(token), 3):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        assert (await fetch(f"{head}/{changed}"))[0].status_code == 403, position


async def test_claims_cannot_be_swapped(stored: str, settings: Any) -> None:
    path = link(stored)
    payload, _, signature = path.rpartition("/")[2].partition(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    for index, value in ((1, "jobs/2/source"), (2, "text/html"), (3, 0), (4, "x.exe"), (5, claims[5] + 3600)):
        forged = [*claims]
        forged[index] = value
        text = base64.urlsafe_b64encode(json.dumps(forged, separators=(",", ":")).encode()).rstrip(b"=").decode()
        assert (await fetch(f"/files/{text}.{signature}"))[0].status_code == 403
    upload_signature = signing.encode(signing.mac(settings.LINK_SIGNING_KEY, "uploads", payload))
    assert (await fetch(f"/files/{payload}.{upload_signature}"))[0].status_code == 403


async def test_an_expired_link_is_403(stored: str) -> None:
    assert (await fetch(link(stored, expires_in=0)))[0].status_code == 403


@pytest.mark.parametrize("token", ["x", ".", "a.b", "%00.%00", "é.é", "a" * 5000, "a.b.c", "..."])
async def test_nonsense_is_403_in_json(root: Path, token: str) -> None:
    response, body = await fetch(f"/files/{token}")
    assert response.status_code == 403
    assert json.loads(body)["error"] == "This link has expired or is not valid. Ask for a new one."


async def test_a_link_serves_reading_only(stored: str) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert (await fetch(link(stored), method=method))[0].status_code == 405
    assert (await fetch(link(stored, method="HEAD")))[0].status_code == 403
    assert (await fetch(link(stored, method="HEAD"), method="head"))[0].status_code == 200


async def test_a_deleted_file_is_404(stored: str, local: LocalStore) -> None:
    path = link(stored)
    local.delete(stored)
    assert (await fetch(path))[0].status_code == 404


async def test_links_survive_a_change_of_key_while_it_is_named(stored: str, settings: Any) -> None:
    path = link(stored)
    old = settings.LINK_SIGNING_KEY
    settings.LINK_SIGNING_KEY, settings.LINK_SIGNING_KEY_FALLBACKS = "another key", [old]
    assert (await fetch(path))[0].status_code == 200
    settings.LINK_SIGNING_KEY_FALLBACKS = []
    assert (await fetch(path))[0].status_code == 403


async def test_a_symbolic_link_is_not_followed(stored: str, local: LocalStore) -> None:
    blob = local.path_of(stored)
    blob.unlink()
    blob.symlink_to("/etc/hostname")
    assert (await fetch(link(stored)))[0].status_code == 404
