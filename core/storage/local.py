"""Files on local disk.

objects/<2 hex>/<sha256 of the key>/blob     one object per directory; no text of a request is ever part of a path
incoming/<upload id>                         pieces of an upload, written in place
incoming/tmp-<uuid>                          copies in progress
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

from core.errors import DomainError
from core.storage import signing
from core.storage.base import (
    DamagedUploadError,
    FileMissingError,
    Incoming,
    Progress,
    Readable,
    StoredFile,
    checked,
    exactly,
    full_disk_explained,
    make_folder,
    pieces,
    sha256_of,
)

# Room that an upload must leave, for the database and the work on the files.
MARGIN = 64 * 2**20


class LocalStore:
    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self.incoming = self.root / "incoming"

    def path_of(self, key: str) -> Path:
        name = self.name_of(key)
        return self.root / "objects" / name[:2] / name / "blob"

    def name_of(self, key: str) -> str:
        return hashlib.sha256(checked(key).encode()).hexdigest()

    def names(self, *, older_than: float) -> Iterator[str]:
        for path in (self.root / "objects").glob("*/*/blob"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < older_than:
                    yield path.parent.name

    def put(self, key: str, path: Path, *, content_type: str) -> StoredFile:  # noqa: ARG002  (the link carries the type)
        target = self.path_of(key)
        digest = hashlib.sha256()
        size = 0
        with full_disk_explained(), self.temporary() as temporary, private(temporary) as file:
            with path.open("rb") as source:
                for piece in pieces(source):
                    digest.update(piece)
                    size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            self.move(temporary, target)
        return StoredFile(size, digest.hexdigest())

    @contextmanager
    def temporary(self) -> Iterator[Path]:
        make_folder(self.incoming)
        temporary = self.incoming / f"tmp-{uuid.uuid4().hex}"
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def move(self, source: Path, target: Path) -> None:
        """The atomic step: a rename on the same file system, made durable with its directory."""
        make_folder(target.parent)
        try:
            source.replace(target)
            sync_folder(target.parent)
        except OSError:
            remove_if_empty(target.parent)
            raise

    def size(self, key: str) -> int:
        try:
            return self.path_of(key).stat().st_size
        except FileNotFoundError as error:
            raise FileMissingError from error

    def exists(self, key: str) -> bool:
        return self.path_of(key).is_file()

    def delete(self, key: str) -> None:
        path = self.path_of(key)
        path.unlink(missing_ok=True)
        remove_if_empty(path.parent)

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        path = self.path_of(key)
        if not path.is_file():
            raise FileMissingError
        yield path

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
        link = signing.Link(
            method=method, key=checked(key), content_type=content_type, inline=inline, filename=filename
        )
        return signing.url(link, expires_in=expires_in)

    def check(self) -> None:
        with full_disk_explained(), self.temporary() as temporary:
            temporary.write_bytes(b"1")
            if temporary.read_bytes() != b"1":
                raise OSError("what was written could not be read back")

    # Uploads.

    def receive(self, upload: Incoming, *, at: int, source: Readable, length: int) -> Progress:
        make_folder(self.incoming)
        part = self.incoming / upload.id
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(descriptor).st_size < at:
                # The earlier pieces are not on this disk: writing on would leave a hole of zeros.
                raise DamagedUploadError(size=os.fstat(descriptor).st_size, sha256="")
            with full_disk_explained():
                position = at
                for piece in exactly(source, length):
                    position += write_all(descriptor, piece, position)
                os.fdatasync(descriptor)
        except (OSError, DomainError):
            # What was not acknowledged goes, so that a full disk has room again and a resumed upload starts clean.
            os.ftruncate(descriptor, at)
            raise
        finally:
            os.close(descriptor)
        return upload.progress

    def finish(self, upload: Incoming) -> StoredFile:
        part, target = self.incoming / upload.id, self.path_of(upload.key)
        if not part.exists() and target.exists():
            # A crash came between the rename and the row: the file is there already.
            return StoredFile(target.stat().st_size, sha256_of(target))
        if not part.exists():
            raise DamagedUploadError(size=0, sha256="")
        found = StoredFile(part.stat().st_size, sha256_of(part))
        if found.size != upload.size or upload.sha256 not in ("", found.sha256):
            self.discard(upload)
            raise DamagedUploadError(size=found.size, sha256=found.sha256)
        with full_disk_explained():
            self.move(part, target)
        return found

    def discard(self, upload: Incoming) -> None:
        (self.incoming / upload.id).unlink(missing_ok=True)

    def room_for(self, size: int) -> bool:
        make_folder(self.root)
        return shutil.disk_usage(self.root).free >= size + MARGIN

    def sweep(self, *, older_than: float, keep: Callable[[str], bool]) -> int:
        removed = 0
        for path in self.incoming.glob("*"):
            temporary = path.name.startswith("tmp-")
            if path.stat().st_mtime < older_than and (temporary or not keep(path.name)):
                path.unlink(missing_ok=True)
                removed += 1
        return removed


def write_all(descriptor: int, piece: bytes, position: int) -> int:
    """A short write happens when the disk fills up: the next one then raises."""
    view, written = memoryview(piece), 0
    while written < len(piece):
        written += os.pwrite(descriptor, view[written:], position + written)
    return written


def private(path: Path) -> BinaryIO:
    """A new file that only this system user may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        # Not there, or another object took the place in the meantime: both are fine.
        return
