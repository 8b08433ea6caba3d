"""A large file in resumable pieces of 8 MiB, and by tus in one body: how much the server grows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.measure import Row, at_most
from bench.studio import MIB, megabytes, studio, write_noise

NAME = "upload"
GOAL = at_most(64, "MB")
PIECE = 8 * MIB


def rows(*, quick: bool) -> Iterator[Row]:
    size = (256 if quick else 1024) * MIB
    with studio() as (root, environment):
        from core.storage.base import sha256_of
        from core.storage.local import LocalStore
        from core.testing.server import serving

        root.mkdir(parents=True)
        source = root.parent / "source"
        write_noise(source, size)
        sha256 = sha256_of(source)
        for name, key, way in (("8 MiB pieces", "pieces", send), ("one body by tus", "tus", send_by_tus)):
            with serving(env=environment) as server:
                way(server.port, reserved(f"bench/{key}_warm", MIB, ""), source, MIB)
                idle = server.memory()
                server.forget_peak()
                way(server.port, reserved(f"bench/{key}", size, sha256), source, size)
                grown = server.peak_memory() - idle
            stored = LocalStore(root).path_of(f"bench/{key}")
            assert stored.stat().st_size == size
            assert sha256_of(stored) == sha256
            stored.unlink()
            yield Row(f"upload in {name}, growth", megabytes(grown), unit="MB")


def reserved(key: str, size: int, sha256: str) -> Any:
    from django.contrib.auth import get_user_model

    from core.storage import uploads

    owner, _ = get_user_model().objects.get_or_create(email="bench@example.com")
    return uploads.reserve(
        owner=owner, key=key, filename="large.mp4", content_type="video/mp4", size=size, sha256=sha256
    )


def send(port: int, upload: Any, source: Path, size: int) -> None:
    parts = urlsplit(upload.url)
    digest = hashlib.sha256()
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    with source.open("rb") as file:
        for start in range(0, size, PIECE):
            piece = file.read(min(PIECE, size - start))
            digest.update(piece)
            last = start + len(piece) - 1
            headers = {"Content-Range": f"bytes {start}-{last}/{size}"}
            connection.request("PUT", f"{parts.path}?{parts.query}", piece, headers)
            response = connection.getresponse()
            body = response.read()
            assert response.status == (201 if last + 1 == size else 308), (response.status, body)
    connection.close()
    if upload.sha256_expected:
        assert digest.hexdigest() == upload.sha256_expected


def send_by_tus(port: int, upload: Any, source: Path, size: int) -> None:
    parts = urlsplit(upload.url)
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(size),
    }
    with source.open("rb") as file:
        body = (file.read(min(MIB, size - start)) for start in range(0, size, MIB))
        connection.request("PATCH", f"{parts.path}?{parts.query}", body, headers)
    response = connection.getresponse()
    told = response.read()
    assert (response.status, response.headers["Upload-Offset"]) == (204, str(size)), (response.status, told)
    connection.close()
