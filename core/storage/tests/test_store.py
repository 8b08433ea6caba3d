"""What both backends promise, and what local disk promises beyond."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import pytest

from core.errors import StorageFullError
from core.storage import store
from core.storage.base import FileMissingError, ObjectStore
from core.storage.local import LocalStore
from core.storage.tests.conftest import files_in


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(secrets.token_bytes(3 * 2**20 + 7))
    return path


def test_what_is_put_can_be_measured_read_and_deleted(either: ObjectStore, clip: Path) -> None:
    stored = either.put("jobs/1/source", clip, content_type="video/mp4")
    assert stored.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert stored.size == either.size("jobs/1/source") == 3 * 2**20 + 7
    with either.local("jobs/1/source") as path:
        assert path.read_bytes() == clip.read_bytes()
    either.delete("jobs/1/source")
    either.delete("jobs/1/source")
    assert not either.exists("jobs/1/source")
    with pytest.raises(FileMissingError):
        either.size("jobs/1/source")
    with pytest.raises(FileMissingError), either.local("jobs/1/source"):
        pass


def test_putting_again_replaces(either: ObjectStore, clip: Path) -> None:
    either.put("jobs/1/out", clip, content_type="video/mp4")
    clip.write_bytes(b"shorter")
    either.put("jobs/1/out", clip, content_type="video/mp4")
    with either.local("jobs/1/out") as path:
        assert path.read_bytes() == b"shorter"


def test_the_store_can_check_itself(either: ObjectStore) -> None:
    either.check()
    assert either.room_for(1)


@pytest.mark.parametrize(
    "key", ["../x", "a/../b", "/a", "a//b", "a/", "", "a b", "a\0b", "a\\b", "a%2e", "é", ".a", "a/.b", "x" * 501]
)
def test_a_key_that_is_none_touches_nothing(either: ObjectStore, clip: Path, key: str) -> None:
    for act in (
        lambda: either.put(key, clip, content_type="video/mp4"),
        lambda: either.size(key),
        lambda: either.delete(key),
        lambda: either.url(key, filename="x", content_type="video/mp4", inline=True, expires_in=60),
    ):
        with pytest.raises(ValueError, match="no storage key"):
            act()


def test_no_part_of_a_key_is_part_of_a_path(local: LocalStore, root: Path, clip: Path) -> None:
    local.put("jobs/1/source", clip, content_type="video/mp4")
    (stored,) = files_in(root)
    assert "jobs" not in str(stored.relative_to(root))
    assert stored.stat().st_mode & 0o077 == 0
    assert stored.parent.stat().st_mode & 0o077 == 0
    local.delete("jobs/1/source")
    assert not stored.parent.exists()


def test_a_full_disk_is_named_and_leaves_nothing(small_disk: Path, clip: Path) -> None:
    files = store()
    files.put("jobs/1/first", clip, content_type="video/mp4")
    with pytest.raises(StorageFullError):
        files.put("jobs/1/second", clip, content_type="video/mp4")
    assert len(files_in(small_disk)) == 1
    assert not files.exists("jobs/1/second")
    # What was there is untouched by a failed replacement.
    with pytest.raises(StorageFullError):
        files.put("jobs/1/first", clip, content_type="video/mp4")
    assert files.size("jobs/1/first") == clip.stat().st_size
    files.delete("jobs/1/first")
    files.put("jobs/1/second", clip, content_type="video/mp4")


def test_temporary_files_of_a_crash_are_swept(local: LocalStore, root: Path, clip: Path) -> None:
    local.put("jobs/1/source", clip, content_type="video/mp4")
    (root / "incoming" / "tmp-dead").write_bytes(b"half")
    (root / "incoming" / "no-row").write_bytes(b"half")
    (root / "incoming" / "known").write_bytes(b"half")
    assert local.sweep(older_than=0, keep=lambda name: name == "known") == 0
    assert local.sweep(older_than=2**40, keep=lambda name: name == "known") == 2
    assert [path.name for path in files_in(root)] == ["known", "blob"]
