"""A large file through a signed link: how much the server grows, whole and in ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from bench.measure import Row, at_most
from bench.studio import MIB, megabytes, studio, write_noise

NAME = "download"
GOAL = at_most(16, "MB")


def rows(*, quick: bool) -> Iterator[Row]:
    size = (256 if quick else 1024) * MIB
    with studio() as (root, environment):
        from core.storage import store
        from core.storage.base import sha256_of
        from core.storage.local import LocalStore
        from core.testing.server import serving

        files = LocalStore(root)
        source = root.parent / "source"
        write_noise(source, size)
        stored = files.put("bench/large", source, content_type="video/mp4")
        source.unlink()
        link = store().url("bench/large", filename="large.mp4", content_type="video/mp4", inline=False, expires_in=3600)
        target = urlsplit(link).path
        blob = files.path_of("bench/large")
        assert sha256_of(blob) == stored.sha256
        with serving(env=environment) as server:
            get_range(server.port, target, 0, MIB)
            idle = server.memory()
            server.forget_peak()
            assert whole(server.port, target) == stored.sha256
            yield Row("download whole, growth", megabytes(server.peak_memory() - idle), unit="MB")
            idle = server.memory()
            server.forget_peak()
            check_ranges(server.port, target, blob, size)
            yield Row("download 200 ranges, growth", megabytes(server.peak_memory() - idle), unit="MB")


def whole(port: int, target: str) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", target)
    digest = hashlib.file_digest(connection.getresponse(), "sha256")  # type: ignore[arg-type]
    connection.close()
    return digest.hexdigest()


def get_range(port: int, target: str, start: int, end: int) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", target, headers={"Range": f"bytes={start}-{end - 1}"})
    response = connection.getresponse()
    assert response.status == 206, response.status
    body = response.read()
    connection.close()
    return body


def check_ranges(port: int, target: str, blob: Path, size: int) -> None:
    """Seeks as a player does: pieces of up to 4 MB anywhere, the last byte among them."""
    places = Random(1)
    with blob.open("rb") as file:
        for number in range(200):
            start = places.randrange(size) if number else size - 1
            end = min(start + places.randrange(1, 4 * MIB), size)
            file.seek(start)
            assert get_range(port, target, start, end) == file.read(end - start)
