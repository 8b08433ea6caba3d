"""tus 1.0 with expiration, checksum and termination (https://tus.io/protocols/resumable-upload). Uploads are created elsewhere.

A body is kept piece by piece as it comes in, so that a broken line costs nothing that had arrived. With Upload-Checksum it is kept whole
or not at all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, ParamSpec, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from core.errors import DomainError, InvalidFieldError, TooLargeError, UnsupportedTypeError
from core.rest import errors
from core.rest.body import BrokenOffError, Stream, stream_of
from core.rest.dialects import Failure
from core.storage import signing, uploads
from core.storage.models import Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
ALGORITHMS = ("sha1", "sha256", "md5")
MEDIA_TYPE = "application/offset+octet-stream"
# Retrying clients give up after about ten seconds of "busy", so a line that died must have let go by then.
PATIENCE_SECONDS = 8.0
# However slowly it comes: keeps the upload alive, and is what a crash costs at most.
PIECE_SECONDS = 20.0

P = ParamSpec("P")
T = TypeVar("T")


class VersionError(DomainError):
    status_code = 412
    code = "unsupported_version"
    default_message = f"This address speaks version {VERSION} of the tus protocol. Say so with Tus-Resumable."


class ChecksumMismatchError(DomainError):
    status_code = 460
    code = "checksum_mismatch"
    default_message = "The data arrived damaged and was not kept. Send it again."


@dataclass(frozen=True)
class Checksum:
    algorithm: str
    digest: bytes


def is_spoken(request: HttpRequest) -> bool:
    return request.method in ("PATCH", "HEAD", "OPTIONS") or (
        request.method == "DELETE" and "Tus-Resumable" in request.headers
    )


async def answer(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    stream = stream_of(request)
    try:
        response = await work(request, upload_id, stream)
    except (uploads.OutOfPlaceError, DomainError, OperationalError, InterfaceError) as error:
        response = await sync_to_async(errors.answer)(request, failure_of(error))
    if request.method == "PATCH" and not stream.ended:
        # What follows of the body is no new request. A client that waits to be asked for it sends nothing.
        response.headers["Connection"] = "close"
        if "Expect" not in request.headers:
            await stream.let_end()
    response.headers["Tus-Resumable"] = VERSION
    return response


def failure_of(error: Exception) -> Failure:
    match error:
        case uploads.OutOfPlaceError():
            message = f"The upload goes on at byte {error.received}."
            return Failure(409, "wrong_offset", message, headers={"Upload-Offset": str(error.received)})
        case VersionError():
            return Failure(error.status_code, error.code, error.message, headers={"Tus-Version": VERSION})
        case uploads.ChecksumError():
            return Failure(ChecksumMismatchError.status_code, error.code, error.message, extra=error.details)
    failure = errors.failure_of(error)
    if failure is None:
        raise error
    return failure


async def work(request: HttpRequest, upload_id: UUID, stream: Stream) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=capabilities())
    signing.check_upload_signature(str(upload_id), request.GET.get("sig", ""))
    if request.headers.get("Tus-Resumable") != VERSION:
        raise VersionError
    if request.method == "HEAD":
        return state(await apart(uploads.resume, upload_id), status=200)
    if request.method == "DELETE":
        await apart(uploads.abort, upload_id)
        return HttpResponse(status=204)
    return state(await receive(request, upload_id, stream), status=204)


def capabilities() -> dict[str, str]:
    """What this server speaks, as headers."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.UPLOAD_MAX_BYTES),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def state(upload: Upload, *, status: int) -> HttpResponse:
    given = {"Upload-Offset": str(upload.received), "Upload-Length": str(upload.size), "Cache-Control": "no-store"}
    if upload.status != Upload.Status.COMPLETE:
        given["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return HttpResponse(status=status, headers=given)


async def receive(request: HttpRequest, upload_id: UUID, stream: Stream) -> Upload:
    await apart(uploads.find, upload_id)
    if request.content_type != MEDIA_TYPE:
        raise UnsupportedTypeError(f"Send the data as {MEDIA_TYPE}.")
    start = number_in(request, "Upload-Offset")
    if start is None:
        raise InvalidFieldError("Say with Upload-Offset where this data goes.", field="Upload-Offset")
    length, checksum = number_in(request, "Content-Length"), checksum_in(request)
    with uploads.transfer(upload_id):
        upload = await apart(ready, upload_id, start=start, length=length)
        if checksum:
            return await keep_whole(upload, stream, checksum, length=length)
        return await keep_arriving(upload, stream)


def ready(upload_id: UUID, *, start: int, length: int | None) -> Upload:
    """Refuses before anything is read what would be refused afterwards."""
    upload = uploads.resume(upload_id)
    if start != upload.received:
        raise uploads.OutOfPlaceError(upload.received)
    if start + (length or 0) > upload.size:
        raise uploads.announced_otherwise(upload, start + (length or 0))
    return upload


async def keep_arriving(upload: Upload, stream: Stream) -> Upload:
    broken: BrokenOffError | None = None
    while not stream.ended and broken is None:
        with piece_file() as piece:
            try:
                await fill(piece, stream, upload, most=uploads.PIECE_BYTES, seconds=PIECE_SECONDS)
            except BrokenOffError as error:
                broken = error
            upload = await kept(upload, piece)
    if broken:
        raise broken
    return upload


async def keep_whole(upload: Upload, stream: Stream, checksum: Checksum, *, length: int | None) -> Upload:
    most = settings.UPLOAD_DIRECT_MAX_BYTES
    too_much = TooLargeError(f"With Upload-Checksum at most {most // 2**20} MiB can be sent at once.")
    if (length or 0) > most:
        raise too_much
    with piece_file() as piece:
        # One byte more, to see that there is one.
        await fill(piece, stream, upload, most=most + 1)
        if piece.tell() > most:
            raise too_much
        await apart(verify, piece, checksum)
        return await kept(upload, piece)


def piece_file() -> IO[bytes]:
    # As Django keeps bodies: a temporary file from 2.5 MB on, so any number of transfers costs little memory.
    return SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE)


async def fill(piece: IO[bytes], stream: Stream, upload: Upload, *, most: int, seconds: float | None = None) -> None:
    """Until the body ends, there are `most` bytes, or that time is over. The last piece of a file waits for the end: nothing may follow."""
    room, began = upload.size - upload.received, time.monotonic()
    while data := await stream.read(patience=PATIENCE_SECONDS):
        piece.write(data)
        if piece.tell() > room:
            raise uploads.announced_otherwise(upload, upload.received + piece.tell())
        full = piece.tell() >= most or (seconds is not None and time.monotonic() - began > seconds)
        if full and piece.tell() < room:
            return


async def kept(upload: Upload, piece: IO[bytes]) -> Upload:
    length = piece.tell()
    if not length:
        return upload
    piece.seek(0)
    return await apart(uploads.take, upload.pk, start=upload.received, source=piece, length=length)


def verify(piece: IO[bytes], checksum: Checksum) -> None:
    length = piece.tell()
    piece.seek(0)
    # The client chose the algorithm to find broken lines with; nothing else rests on it.
    found = hashlib.new(checksum.algorithm, usedforsecurity=False)
    while data := piece.read(2**20):
        found.update(data)
    if not hmac.compare_digest(found.digest(), checksum.digest):
        raise ChecksumMismatchError
    piece.seek(length)


def number_in(request: HttpRequest, name: str) -> int | None:
    text = request.headers.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidFieldError(f"{name} must be a number.", field=name)
    return int(text)


def checksum_in(request: HttpRequest) -> Checksum | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, digest = header.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidFieldError(f"Upload-Checksum takes {', '.join(ALGORITHMS)}.", field="Upload-Checksum")
    try:
        return Checksum(algorithm, base64.b64decode(digest, validate=True))
    except ValueError as error:
        raise InvalidFieldError("Upload-Checksum must be in Base64.", field="Upload-Checksum") from error


async def apart(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In the request's thread, which gives its database connection back: the next bytes may be long in coming."""

    def and_let_go() -> T:
        try:
            return do(*args, **kwargs)
        finally:
            if not connection.in_atomic_block:
                connection.close()

    result: Any = await sync_to_async(and_let_go)()
    return result  # type: ignore[no-any-return]  # sync_to_async forgets T here
