"""What a place for files can do, and the errors it speaks."""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from core.errors import InvalidFieldError, NotFoundError, StorageFullError

PIECE = 2**20
LONGEST_KEY = 500
KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# Bookkeeping of an upload in progress; JSON, so that any process can go on with it.
Progress = dict[str, Any]


class Readable(Protocol):
    """An open file, or the body of a request."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class StoredFile:
    """`size` in bytes, `sha256` in hex."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Incoming:
    """An upload as its store sees it. `sha256` is empty when none was announced."""

    id: str
    key: str
    content_type: str
    size: int
    sha256: str
    progress: Progress


class FileMissingError(NotFoundError):
    default_message = "File not found"


class ObjectStore(Protocol):
    """Keys hold letters of ASCII, digits and `_ . - /`; services make them, never a request. Every method may raise StorageFullError."""

    def put(self, key: str, path: Path, *, content_type: str) -> StoredFile:
        """Stores a copy of `path` under `key`. Whoever reads sees the old content or the new, never half of it."""

    def size(self, key: str) -> int: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Deleting what is not there is no error."""

    def local(self, key: str) -> AbstractContextManager[Path]:
        """A readable file for the length of the block. Do not change it."""

    def url(
        self,
        key: str,
        *,
        filename: str,
        content_type: str,
        inline: bool,
        expires_in: int,
        method: Literal["GET", "HEAD"] = "GET",
    ) -> str:
        """An absolute link that reads this one object for `expires_in` seconds; a GET link answers HEAD on local disk too."""

    def check(self) -> None:
        """Writes, reads and removes one byte, or raises."""

    # An upload in pieces.

    def receive(self, upload: Incoming, *, at: int, source: Readable, length: int) -> Progress:
        """Keeps exactly `length` bytes of `source`, durably, at offset `at`. The answer is the `progress` of the next call."""

    def finish(self, upload: Incoming) -> StoredFile:
        """Joins the pieces under the upload's key. DamagedUploadError when size or sha256 differ: then nothing is kept."""

    def discard(self, upload: Incoming) -> None: ...

    def room_for(self, size: int) -> bool:
        """Whether `size` more bytes are likely to fit."""

    def names(self, *, older_than: float) -> Iterator[str]:
        """What is stored, without uploads in progress, last written before that time; each as `name_of` its key."""

    def name_of(self, key: str) -> str:
        """What the store itself calls it."""

    def sweep(self, *, older_than: float, keep: Callable[[str], bool]) -> int:
        """Removes what crashes left behind: temporary files last touched before that time, pieces of uploads that `keep` does not know."""


class DamagedUploadError(Exception):
    """The pieces do not make the file that was announced."""

    def __init__(self, *, size: int, sha256: str) -> None:
        super().__init__(f"{size} bytes, {sha256}")
        self.size = size
        self.sha256 = sha256


def checked(key: str) -> str:
    if len(key) > LONGEST_KEY or KEY.fullmatch(key) is None:
        raise ValueError(f"{key!r} is no storage key")
    return key


def pieces(source: Readable) -> Iterator[bytes]:
    """`source` in memory-sized pieces."""
    while piece := source.read(PIECE):
        yield piece


def exactly(source: Readable, length: int) -> Iterator[bytes]:
    """`length` bytes of `source` in pieces. A body that is shorter or longer than it was announced is InvalidFieldError."""
    left = length
    while left and (piece := source.read(min(PIECE, left))):
        left -= len(piece)
        yield piece
    if left or source.read(1):
        raise InvalidFieldError("The body does not have the length that was announced.", field="body")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def full_disk_explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullError from error
        raise


def make_folder(path: Path) -> None:
    """With its parents, each for this system user alone; `mkdir(parents=True)` would leave the parents open to all."""
    if path.is_dir():
        return
    with full_disk_explained():
        if path != path.parent:
            make_folder(path.parent)
        path.mkdir(exist_ok=True, mode=0o700)
