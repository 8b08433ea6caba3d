"""Resumable uploads: a file is announced, sent in pieces to a signed link, and then complete or refused as a whole.

What is in the file is not judged here: whoever reserved the upload looks at it when it is complete.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Value
from django.db.models.functions import Greatest, Least, Now

from core.errors import (
    ConflictError,
    DomainError,
    InvalidFieldError,
    NotFoundError,
    StorageFullError,
    TooLargeError,
    UnavailableError,
)
from core.storage import store
from core.storage.base import DamagedUploadError, Readable, checked, full_disk_explained, make_folder
from core.storage.models import Upload
from core.storage.signals import upload_completed

log = structlog.get_logger(__name__)

# What clients are told to send at once: fewer round trips than small pieces, little to send again after a break.
PIECE_BYTES = 8 * 2**20
# Whoever keeps sending keeps the link, up to a day in all.
EXTENSION = timedelta(minutes=15)
LONGEST_LIFE = timedelta(hours=24)
KEPT_ROWS = timedelta(days=30)
CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SHA256 = re.compile(r"[0-9a-f]{64}")


class UploadExpiredError(DomainError):
    status_code = 410
    code = "upload_expired"
    default_message = "The time for this upload is over. Start a new one."


class UploadBusyError(DomainError):
    status_code = 423
    code = "upload_busy"
    default_message = "Another transfer is writing to this upload. Wait until it has ended."


class ChecksumError(DomainError):
    code = "checksum_mismatch"
    default_message = "The file arrived damaged: its SHA-256 is not the announced one. Send it again from the start."


class OutOfPlaceError(Exception):
    """A piece that does not start where the file ends so far. The client learns the place and goes on from there."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


def reserve(
    *,
    owner: AbstractBaseUser,
    key: str,
    filename: str,
    content_type: str,
    size: int,
    expires_in: int | None = None,
    sha256: str = "",
    at_most: bool = False,
) -> Upload:
    """Announces a file of exactly `size` bytes, or `at_most` so many. `expires_in` in seconds; `url` of the answer takes the pieces."""
    sha256 = sha256.lower()
    if size < 1:
        raise InvalidFieldError("The file is empty.", field="size_bytes")
    if size > settings.UPLOAD_MAX_BYTES:
        raise TooLargeError(f"Files may have at most {settings.UPLOAD_MAX_BYTES / 2**30:.3g} GiB.")
    if sha256 and SHA256.fullmatch(sha256) is None:
        raise InvalidFieldError("A SHA-256 has 64 hexadecimal digits.", field="sha256")
    if not store().room_for(size):
        raise StorageFullError
    lifetime = min(timedelta(seconds=expires_in or settings.UPLOAD_LINK_SECONDS), LONGEST_LIFE)
    upload = Upload(
        key=checked(key),
        owner_id=owner.pk,
        filename=plain(filename),
        content_type=content_type[:127],
        size=size,
        exact=not at_most,
        sha256_expected=sha256,
        expires_at=after(lifetime),
    )
    try:
        with transaction.atomic():
            upload.save(force_insert=True)
    except IntegrityError as error:
        raise ConflictError("There is an upload of this name already.") from error
    upload.refresh_from_db()
    return upload


def finished(upload: Upload) -> bool:
    """Whether all of it is here and right, as the database says now."""
    return Upload.objects.filter(pk=upload.pk, status=Upload.Status.COMPLETE).exists()


def find(upload_id: UUID) -> Upload:
    """The upload behind a link. What is over is UploadExpiredError; the clock is the database's."""
    upload = Upload.objects.annotate(now=Now()).filter(pk=upload_id).first()
    if upload is None:
        raise NotFoundError("Upload not found")
    now: datetime = vars(upload)["now"]
    over = upload.status in (Upload.Status.EXPIRED, Upload.Status.ABORTED)
    if over or (upload.status in Upload.OPEN and upload.expires_at <= now):
        raise UploadExpiredError
    return upload


def receive(upload_id: UUID, *, start: int | None, source: Readable, length: int, total: int | None = None) -> Upload:
    """Takes the bytes from `start` on; None: the whole file, from the beginning. The answer has the new state.

    Raises OutOfPlaceError, UploadBusyError, TooLargeError, StorageFullError (what came before stays), ChecksumError (all is sent again).
    """
    with transfer(upload_id):
        return take(upload_id, start=start, source=source, length=length, total=total)


def take(upload_id: UUID, *, start: int | None, source: Readable, length: int, total: int | None = None) -> Upload:
    """`receive`, for whoever holds the `transfer`: one of its pieces."""
    with exclusive(upload_id):
        upload = find(upload_id)
        if upload.status == Upload.Status.COMPLETE:
            raise ConflictError("This upload is complete. It takes no more data.")
        if upload.received == upload.size:
            # All of it is here; only the joining had failed.
            complete(upload)
            upload.refresh_from_db()
            return upload
        at = start or 0
        if not upload.exact:
            settle(upload, total if total is not None or start is not None else length)
        if total is not None and total != upload.size:
            raise announced_otherwise(upload, total)
        if at + length > upload.size:
            raise announced_otherwise(upload, at + length)
        if start is None and length < upload.size:
            raise InvalidFieldError(
                f"The file was announced with {upload.size} bytes; say with Content-Range which part this is.",
                field="body",
            )
        if start is not None and start != upload.received:
            raise OutOfPlaceError(upload.received)
        if start is None:
            restart(upload)
        return advance(upload, at=at, source=source, length=length)


def settle(upload: Upload, size: int | None) -> None:
    """The first piece of a file whose size was left open says how much it has."""
    if size is None:
        raise InvalidFieldError("Say with Content-Range how many bytes the whole file has.", field="Content-Range")
    if size < 1:
        raise InvalidFieldError("The file is empty.", field="body")
    if size > upload.size:
        raise announced_otherwise(upload, size)
    upload.size, upload.exact = size, True
    upload.save(update_fields=["size", "exact", "updated_at"])


def announced_otherwise(upload: Upload, size: int) -> DomainError:
    if size > upload.size:
        return TooLargeError(f"The file was announced with {upload.size} bytes and may not have more.")
    return InvalidFieldError(f"The file was announced with {upload.size} bytes, not {size}.", field="Content-Range")


def advance(upload: Upload, *, at: int, source: Readable, length: int) -> Upload:
    try:
        upload.progress = store().receive(upload.incoming, at=at, source=source, length=length)
    except DamagedUploadError as error:
        restart(upload)
        raise OutOfPlaceError(0) from error
    upload.received = at + length
    upload.status = Upload.Status.RECEIVING
    upload.expires_at = Greatest(F("expires_at"), Least(after(EXTENSION), F("created_at") + LONGEST_LIFE))
    # The bytes are safe before the row says so; the other way round a crash would leave a hole.
    upload.save(update_fields=["progress", "received", "status", "expires_at", "updated_at"])
    if upload.received == upload.size:
        complete(upload)
    upload.refresh_from_db()
    return upload


def complete(upload: Upload) -> None:
    try:
        found = store().finish(upload.incoming)
    except DamagedUploadError as error:
        restart(upload)
        log.warning("upload.damaged", upload=str(upload.pk), expected=upload.sha256_expected, found=error.sha256)
        raise ChecksumError(expected_sha256=upload.sha256_expected, received_sha256=error.sha256) from error
    upload.sha256 = found.sha256
    upload.status = Upload.Status.COMPLETE
    upload.progress = {}
    with transaction.atomic():
        upload.save(update_fields=["sha256", "status", "progress", "updated_at"])
        # Whoever announced it takes it in within the same transaction, or the upload stays open and the next call completes it.
        upload_completed.send(sender=Upload, upload=upload)
    log.info("upload.complete", upload=str(upload.pk), size=upload.size)


def restart(upload: Upload) -> None:
    """Back to the first byte. The pieces sent so far are dropped."""
    store().discard(upload.incoming)
    upload.progress, upload.received = {}, 0
    upload.save(update_fields=["progress", "received", "updated_at"])


def resume(upload_id: UUID) -> Upload:
    """The state, for a client that asks where to go on. Ends what a crash left between the last piece and the joining."""
    upload = find(upload_id)
    if upload.status == Upload.Status.RECEIVING and upload.received == upload.size:
        with exclusive(upload_id):
            upload = find(upload_id)
            if upload.status == Upload.Status.RECEIVING:
                complete(upload)
                upload.refresh_from_db()
    return upload


def abort(upload_id: UUID) -> None:
    """Ends the upload and drops its pieces. A complete one stays: its owner deletes it where it is used."""
    with exclusive(upload_id):
        upload = find(upload_id)
        if upload.status == Upload.Status.COMPLETE:
            raise ConflictError("This upload is complete and can no longer be cancelled.")
        close(upload, Upload.Status.ABORTED)


def sweep() -> int:
    """Ends what has expired and removes what crashes left behind. Running it twice, or in two workers, is harmless."""
    ended = 0
    for upload_id in Upload.objects.filter(status__in=Upload.OPEN, expires_at__lte=Now()).values_list("pk", flat=True):
        try:
            with exclusive(upload_id):
                upload = Upload.objects.filter(pk=upload_id, status__in=Upload.OPEN, expires_at__lte=Now()).first()
                if upload and not completed_late(upload):
                    close(upload, Upload.Status.EXPIRED)
                    ended += 1
        except UploadBusyError:
            # Somebody is writing just now, which extends it.
            continue
    over = (Upload.Status.EXPIRED, Upload.Status.ABORTED)
    Upload.objects.filter(status__in=over, expires_at__lte=Now() - KEPT_ROWS).delete()
    known = {str(pk) for pk in Upload.objects.filter(status__in=Upload.OPEN).values_list("pk", flat=True)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM now() - %s::interval)", [f"{LONGEST_LIFE.total_seconds()} seconds"])
        (oldest,) = cursor.fetchone() or (0.0,)
    return ended + store().sweep(older_than=float(oldest), keep=known.__contains__)


def completed_late(upload: Upload) -> bool:
    """All of it had come, and a crash was faster than its row: it is whoever's it was meant to be, not lost.

    False when there is nothing to save: bytes are missing, are not the announced ones, or nobody takes them.
    """
    if upload.received < upload.size:
        return False
    try:
        complete(upload)
    except DomainError as error:
        log.warning("upload.not_completed", upload=str(upload.pk), reason=error.message)
        return isinstance(error, UnavailableError)
    except Exception:  # a bug, or a store in trouble: the file is worth another try, and the other uploads their own
        log.exception("upload.not_completed", upload=str(upload.pk))
    return True


def close(upload: Upload, status: Upload.Status) -> None:
    store().discard(upload.incoming)
    if upload.received == upload.size:
        # Joined already, by a process that did not live to say so.
        store().delete(upload.key)
    upload.status, upload.progress, upload.received = status, {}, 0
    upload.save(update_fields=["status", "progress", "received", "updated_at"])


@contextmanager
def transfer(upload_id: UUID) -> Iterator[None]:
    """One client sends at a time, however slowly; UploadBusyError for another one.

    A lock on a file: the kernel drops it the moment a killed process ends, and a slow client holds no database connection, of which there
    are few. Machines that share a bucket do not see each other's; between them the offset in the row decides, piece by piece.
    """
    # Named as a copy in progress, so that every store sweeps what a crash leaves.
    path = Path(settings.STORAGE_ROOT) / "incoming" / f"tmp-transfer-{upload_id}"
    descriptor = locked(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def locked(path: Path) -> int:
    make_folder(path.parent)
    while True:
        with full_disk_explained():
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise UploadBusyError from error
        except FileNotFoundError:
            pass
        # Whoever had it removed the file after we had opened it: that lock is nobody's any more.
        os.close(descriptor)


@contextmanager
def exclusive(upload_id: UUID) -> Iterator[None]:
    """One change of an upload at a time, in whichever process; UploadBusyError otherwise.

    A session lock rather than a lease: Postgres drops it the moment a killed process loses its connection, so its client can go on at once,
    and no transaction stays open while bytes move.
    """
    number = int.from_bytes(upload_id.bytes[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        (locked,) = cursor.fetchone() or (False,)
    if not locked:
        raise UploadBusyError
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def after(delay: timedelta) -> Any:
    return ExpressionWrapper(Now() + Value(delay), output_field=DateTimeField())


def plain(filename: str) -> str:
    """The name as text to show: no control or direction characters, no folders; keeps its ending when it is long."""
    name = CONTROL.sub("", filename).replace("\\", "/").rsplit("/", 1)[-1].strip() or "file"
    stem, dot, ending = name.rpartition(".")
    if len(name) <= 255:
        return name
    return f"{stem[: 254 - len(ending)]}.{ending}" if dot and len(ending) <= 16 else name[:255]
