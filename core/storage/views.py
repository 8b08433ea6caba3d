"""The two doors of the local store: signed links out, resumable uploads in. The signature is the credential: no session, no CSRF."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import time
from collections.abc import AsyncIterator
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError, InvalidFieldError
from core.storage import signing, store, tus, uploads
from core.storage.base import FileMissingError
from core.storage.headers import Span, UnsatisfiableRangeError, shown_inline, span_of
from core.storage.local import LocalStore
from core.storage.models import Upload

PIECE = 256 * 2**10
CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.ASCII)


class LengthRequiredError(DomainError):
    status_code = 411
    code = "length_required"
    default_message = "Say with Content-Length how much you send."


# Out.


@require_safe
async def serve(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file of a signed link: whole or one range of it, in memory of constant size whatever the file's."""
    link = signing.link_from(token, method=request.method or "")
    files = store()
    if not isinstance(files, LocalStore):
        raise FileMissingError
    file = await asyncio.to_thread(OpenFile, files.path_of(link.key))
    response = answer(request, link, file)
    if not isinstance(response, StreamingHttpResponse):
        file.close()
    return response


class OpenFile:
    """An open file and the part of it to send. Closed by the response, or at the latest when nobody holds it any more."""

    def __init__(self, path: Path) -> None:
        self.descriptor = -1
        try:
            self.descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP):
                raise FileMissingError from error
            raise
        self.stat = os.fstat(self.descriptor)
        self.span = Span(0, self.stat.st_size)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for position in range(self.span.start, self.span.end, PIECE):
            length = min(PIECE, self.span.end - position)
            yield await asyncio.to_thread(os.pread, self.descriptor, length, position)

    def close(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()


def answer(request: HttpRequest, link: signing.Link, file: OpenFile) -> HttpResponseBase:
    """Status and headers (RFC 9110, 13 to 15)."""
    size = file.stat.st_size
    tag = f'"{file.stat.st_ino:x}-{file.stat.st_mtime_ns:x}-{size:x}"'
    if tag_matches(request.headers.get("If-None-Match", ""), tag):
        return with_headers(HttpResponse(status=304), link, file, tag)
    try:
        span = span_of(request.headers["Range"], size) if range_counts(request, file, tag) else None
    except UnsatisfiableRangeError:
        refused = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        return with_headers(refused, link, file, tag)
    status = 206 if span else 200
    file.span = span or file.span
    whole = HttpResponse(status=status) if request.method == "HEAD" else StreamingHttpResponse(file, status=status)
    response = with_headers(whole, link, file, tag)
    response.headers["Content-Length"] = str(file.span.end - file.span.start)
    if span:
        response.headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    return response


def with_headers(response: HttpResponseBase, link: signing.Link, file: OpenFile, tag: str) -> HttpResponseBase:
    attachment = not (link.inline and shown_inline(link.content_type))
    left = max(0, link.expires_at - int(time.time()))
    vtt = link.content_type == "text/vtt"
    given = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Last-Modified": formatdate(file.stat.st_mtime, usegmt=True),
        "Content-Type": "text/vtt; charset=utf-8" if vtt else link.content_type,
        "Content-Disposition": content_disposition_header(attachment, link.filename) or "inline",
        "Cache-Control": f"private, max-age={left}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-site",
        "Referrer-Policy": "no-referrer",
    }
    for name, value in given.items():
        response.headers[name] = value
    return response


def range_counts(request: HttpRequest, file: OpenFile, tag: str) -> bool:
    """A Range with an If-Range counts only while the file is the one the client has a part of."""
    if "Range" not in request.headers:
        return False
    condition = request.headers.get("If-Range")
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == tag
    try:
        return int(parsedate_to_datetime(condition).timestamp()) == int(file.stat.st_mtime)
    except ValueError:
        return False


def tag_matches(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in header.split(","))


# In.


@csrf_exempt
@require_http_methods(["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def upload(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Two protocols on the same uploads: what one began the other may go on with."""
    if tus.is_spoken(request):
        return await tus.answer(request, upload_id)
    return await sync_to_async(chunked)(request, upload_id)


# Django keeps a body beyond 2.5 MB in a temporary file, so this bounds disk, not memory.
upload.max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES  # type: ignore[attr-defined]  # core.rest.body reads it
upload.streamed_methods = ("PATCH",)  # type: ignore[attr-defined]  # core.rest.body reads it


def chunked(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """The resumable protocol of Google Cloud Storage.

    PUT with `Content-Range: bytes a-b/total` sends a piece: 308 with `Range: bytes=0-n` until the file is complete, then 201.
    PUT with `bytes */total` asks for the state. PUT without Content-Range sends the whole file. DELETE ends the upload.
    """
    signing.check_upload_signature(str(upload_id), request.GET.get("sig", ""))
    if request.method == "DELETE":
        uploads.abort(upload_id)
        return HttpResponse(status=204)
    piece = piece_of(request)
    if piece is None:
        return state(uploads.resume(upload_id), done=200)
    start, length, total = piece
    try:
        return state(uploads.receive(upload_id, start=start, source=request, length=length, total=total), done=201)
    except uploads.OutOfPlaceError as error:
        return incomplete(error.received)


def piece_of(request: HttpRequest) -> tuple[int | None, int, int | None] | None:
    """(start, length, total) of the body; start None: the whole file. None: the client only asks for the state."""
    announced = request.headers.get("Content-Length", "")
    length = int(announced) if announced.isdigit() else None
    header = request.headers.get("Content-Range")
    if header is None:
        if length is None:
            raise LengthRequiredError
        return None, length, None
    found = CONTENT_RANGE.fullmatch(header.strip())
    if found is None:
        raise InvalidFieldError(
            "Content-Range must be 'bytes first-last/total' or 'bytes */total'.", field="Content-Range"
        )
    total = None if found[3] == "*" else int(found[3])
    if found[1] is None:
        return None
    first, last = int(found[1]), int(found[2])
    if last < first or (length is not None and length != last - first + 1):
        raise InvalidFieldError("Content-Range and Content-Length do not fit together.", field="Content-Range")
    return first, last - first + 1, total


def state(upload: Upload, *, done: int) -> HttpResponse:
    if upload.status != Upload.Status.COMPLETE:
        return incomplete(upload.received)
    body = {
        "id": str(upload.pk),
        "status": upload.status,
        "filename": upload.filename,
        "content_type": upload.content_type,
        "size": upload.size,
        "sha256": upload.sha256,
    }
    return JsonResponse(body, status=done)


def incomplete(received: int) -> HttpResponse:
    """308 says: go on. Without a Range header nothing is here yet."""
    response = HttpResponse(
        status=308, headers={"X-Upload-Chunk-Size": str(uploads.PIECE_BYTES), "Cache-Control": "no-store"}
    )
    if received:
        response.headers["Range"] = f"bytes=0-{received - 1}"
    return response
