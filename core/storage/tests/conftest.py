from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from core.storage.base import ObjectStore
from core.storage.local import LocalStore
from core.testing import s3


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Path:
    """An empty store on local disk."""
    settings.STORAGE_ROOT = tmp_path / "media"
    settings.AWS_STORAGE_BUCKET_NAME = ""
    return tmp_path / "media"


@pytest.fixture
def small_disk(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A store on a file system of 4 MB."""
    root = tmp_path / "small"
    root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(root)], check=True)
    settings.STORAGE_ROOT = root
    settings.AWS_STORAGE_BUCKET_NAME = ""
    yield root
    subprocess.run(["umount", "-l", str(root)], check=True)


@pytest.fixture(scope="session")
def bucket() -> Iterator[s3.Bucket]:
    with s3.bucket() as server:
        yield server


@pytest.fixture
def in_bucket(bucket: s3.Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> s3.Bucket:
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    settings.STORAGE_ROOT = tmp_path / "scratch"
    settings.AWS_STORAGE_BUCKET_NAME = bucket.name
    settings.AWS_S3_ENDPOINT_URL = settings.AWS_S3_PUBLIC_ENDPOINT_URL = bucket.endpoint
    return bucket


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def either(request: pytest.FixtureRequest) -> ObjectStore:
    """Each backend in turn: what holds for one must hold for the other."""
    request.getfixturevalue("root" if request.param == "local" else "in_bucket")
    from core.storage import store

    return store()


@pytest.fixture
def local(root: Path) -> LocalStore:
    return LocalStore(root)


@pytest.fixture
def mara(db: None) -> Any:
    return get_user_model().objects.create_user("mara@example.com", "long enough 123")


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
