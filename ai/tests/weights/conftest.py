from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

import pytest

from ai.tests.weights.shop import Shop
from ai.weights import download
from ai.weights.manifest import Blob, File, Model, Source
from ai.weights.meter import Meter

DATA = bytes(range(256)) * 800


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


@pytest.fixture
def meter() -> Meter:
    return Meter(io.StringIO())


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download.time, "sleep", lambda _seconds: None)


def blob(data: bytes = DATA) -> Blob:
    return Blob(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def file(path: str, data: bytes = DATA, *, url: str = "", members: list[str] | None = None) -> File:
    return File(path=path, url=url, members=members or [], **blob(data).model_dump())


def model(*sources: Source, name: str = "ears") -> Model:
    return Model(name=name, purpose="hears", license="MIT", source=list(sources))


def home(*files: File) -> Source:
    return Source(title="its makers", files=list(files))
