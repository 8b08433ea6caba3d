"""Files in an S3 bucket, or anything that speaks the same protocol.

An upload in pieces is a multipart upload of the bucket. Its parts must have at least 5 MiB, a client's pieces may be
smaller: what does not fill a part yet waits as the object `incoming/<upload id>/tail`. Everything needed to go on is in
the row, so any web process can take the next piece.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal

import boto3
import structlog
from boto3.exceptions import RetriesExceededError, S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as Unreachable
from django.conf import settings
from django.utils.http import content_disposition_header

from core.errors import StorageFullError, UnavailableError
from core.storage.base import (
    PIECE,
    DamagedUploadError,
    FileMissingError,
    Incoming,
    Progress,
    Readable,
    StoredFile,
    checked,
    exactly,
    full_disk_explained,
    sha256_of,
)
from core.storage.headers import shown_inline

log = structlog.get_logger(__name__)

SMALLEST_PART = 5 * 2**20
MISSING = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})
BUSY = frozenset({"SlowDown", "Throttling", "RequestTimeout", "ServiceUnavailable", "InternalError"})
AWAY = "The file storage cannot be reached. Try again shortly."
FULL = frozenset({"InsufficientStorage", "507", "QuotaExceeded", "XMinioStorageFull"})
# Two threads of 8 MiB parts: quick enough, and bounded memory.
TRANSFER = TransferConfig(max_concurrency=2, multipart_chunksize=8 * PIECE, multipart_threshold=8 * PIECE)


class S3Store:
    def __init__(self, *, bucket: str, endpoint: str, public_endpoint: str, scratch: str) -> None:
        self.bucket = bucket
        self.scratch = Path(scratch) / "incoming"
        self.client = client(endpoint)
        # Browsers may reach the bucket under another address than we do, and a signature covers the host.
        self.public = client(public_endpoint or endpoint)

    def put(self, key: str, path: Path, *, content_type: str) -> StoredFile:
        digest = sha256_of(path)
        with explained():
            self.client.upload_file(
                str(path),
                self.bucket,
                checked(key),
                ExtraArgs={"ContentType": content_type, "Metadata": {"sha256": digest}},
                Config=TRANSFER,
            )
        return StoredFile(path.stat().st_size, digest)

    def size(self, key: str) -> int:
        with explained():
            return int(self.client.head_object(Bucket=self.bucket, Key=checked(key))["ContentLength"])

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except FileMissingError:
            return False
        return True

    def delete(self, key: str) -> None:
        with explained(), suppress(FileMissingError):
            self.client.delete_object(Bucket=self.bucket, Key=checked(key))

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=self.scratch, prefix="tmp-") as file:
            with explained(), full_disk_explained():
                self.client.download_file(self.bucket, checked(key), file.name, Config=TRANSFER)
            yield Path(file.name)

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
        attachment = not (inline and shown_inline(content_type))
        return str(
            self.public.generate_presigned_url(
                "get_object" if method == "GET" else "head_object",
                Params={
                    "Bucket": self.bucket,
                    "Key": checked(key),
                    "ResponseContentType": content_type,
                    "ResponseContentDisposition": content_disposition_header(attachment, filename) or "inline",
                    "ResponseCacheControl": f"private, max-age={expires_in}",
                },
                ExpiresIn=expires_in,
            )
        )

    def check(self) -> None:
        with explained():
            self.client.put_object(Bucket=self.bucket, Key="incoming/check", Body=b"1")
            if self.client.get_object(Bucket=self.bucket, Key="incoming/check")["Body"].read() != b"1":
                raise UnavailableError("What was written to the bucket could not be read back.")

    # Uploads. progress = {"multipart": id, "parts": [etag, …], "tail": bytes waiting}

    def receive(self, upload: Incoming, *, at: int, source: Readable, length: int) -> Progress:
        with explained(), full_disk_explained(), self.joined(upload, source, length) as whole:
            size = whole.seek(0, os.SEEK_END)
            whole.seek(0)
            if size < SMALLEST_PART and at + length < upload.size:
                self.client.put_object(Bucket=self.bucket, Key=tail_of(upload), Body=whole)
                return upload.progress | {"tail": size}
            begun = upload.progress.get("multipart")
            multipart = begun or self.begin(upload)
            parts = upload.progress.get("parts", [])
            try:
                # A part that was sent but not recorded is sent again under the same number, which replaces it.
                part = self.client.upload_part(
                    Bucket=self.bucket, Key=upload.key, UploadId=multipart, PartNumber=len(parts) + 1, Body=whole
                )
            except Exception:
                if begun is None:
                    self.abort(upload.key, multipart)
                raise
            return {"multipart": multipart, "parts": [*parts, part["ETag"]], "tail": 0}

    def begin(self, upload: Incoming) -> str:
        begun = self.client.create_multipart_upload(
            Bucket=self.bucket, Key=checked(upload.key), ContentType=upload.content_type
        )
        return str(begun["UploadId"])

    @contextmanager
    def joined(self, upload: Incoming, source: Readable, length: int) -> Iterator[IO[bytes]]:
        """What waits in the tail and the new bytes, in one file."""
        self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=self.scratch) as whole:
            waiting = upload.progress.get("tail", 0)
            if waiting:
                # Only as much as the row knows of: an unrecorded piece may have made the object longer.
                tail = self.client.get_object(Bucket=self.bucket, Key=tail_of(upload), Range=f"bytes=0-{waiting - 1}")
                whole.write(tail["Body"].read())
            for piece in exactly(source, length):
                whole.write(piece)
            yield whole

    def finish(self, upload: Incoming) -> StoredFile:
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(upload.progress.get("parts", []), 1)]
        with explained():
            try:
                self.client.complete_multipart_upload(
                    Bucket=self.bucket,
                    Key=upload.key,
                    UploadId=upload.progress.get("multipart", ""),
                    MultipartUpload={"Parts": parts},
                )
            except ClientError as error:
                # After a crash between the joining and the row, the bucket has the object and no upload any more.
                if code_of(error) not in MISSING or not self.exists(upload.key):
                    raise
            self.client.delete_object(Bucket=self.bucket, Key=tail_of(upload))
            found = self.measured(upload.key)
        if found.size != upload.size or upload.sha256 not in ("", found.sha256):
            self.delete(upload.key)
            raise DamagedUploadError(size=found.size, sha256=found.sha256)
        return found

    def measured(self, key: str) -> StoredFile:
        """Reads the object once: the pieces passed through different processes, so nobody has seen it whole."""
        digest, size = hashlib.sha256(), 0
        for piece in self.client.get_object(Bucket=self.bucket, Key=key)["Body"].iter_chunks(PIECE):
            digest.update(piece)
            size += len(piece)
        return StoredFile(size, digest.hexdigest())

    def abort(self, key: str, multipart: str) -> None:
        """One whose first part did not arrive: no row knows of it. What is left of those now goes with the sweep."""
        try:
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=multipart)
        except (BotoCoreError, ClientError) as error:
            log.warning("storage.multipart_left", key=key, error=type(error).__name__)

    def discard(self, upload: Incoming) -> None:
        with explained():
            if upload.progress.get("multipart"):
                with suppress(FileMissingError), explained():
                    self.client.abort_multipart_upload(
                        Bucket=self.bucket, Key=upload.key, UploadId=upload.progress["multipart"]
                    )
            self.client.delete_object(Bucket=self.bucket, Key=tail_of(upload))

    def name_of(self, key: str) -> str:
        return checked(key)

    def names(self, *, older_than: float) -> Iterator[str]:
        with explained():
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
                for item in page.get("Contents", []):
                    if item["LastModified"].timestamp() < older_than and not item["Key"].startswith("incoming/"):
                        yield item["Key"]

    def room_for(self, size: int) -> bool:  # noqa: ARG002  (a bucket says so when it is full)
        return True

    def sweep(self, *, older_than: float, keep: Callable[[str], bool]) -> int:
        removed = 0
        with explained():
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="incoming/"):
                for item in page.get("Contents", []):
                    name = item["Key"].split("/")[1]
                    if item["LastModified"].timestamp() < older_than and not keep(name):
                        self.client.delete_object(Bucket=self.bucket, Key=item["Key"])
                        removed += 1
            for page in self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket):
                for item in page.get("Uploads", []):
                    # No upload lives this long, so whoever began it is gone.
                    if item["Initiated"].timestamp() < older_than:
                        self.client.abort_multipart_upload(
                            Bucket=self.bucket, Key=item["Key"], UploadId=item["UploadId"]
                        )
                        removed += 1
        for path in self.scratch.glob("tmp-*"):
            if path.stat().st_mtime < older_than:
                path.unlink(missing_ok=True)
                removed += 1
        return removed


def client(endpoint: str) -> Any:
    """Path style and signature version 4: what every S3 server understands."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=settings.AWS_S3_REGION_NAME,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 3, "mode": "standard"},
            # Newer clients add checksums that servers other than AWS do not all know.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def tail_of(upload: Incoming) -> str:
    return f"incoming/{upload.id}/tail"


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def explained() -> Iterator[None]:
    """The bucket's errors as ours."""
    try:
        yield
    except ClientError as error:
        if code_of(error) in MISSING:
            raise FileMissingError from error
        if code_of(error) in FULL:
            raise StorageFullError from error
        if code_of(error) in BUSY or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise UnavailableError(AWAY) from error
        raise
    except S3UploadFailedError as error:
        # Carries the bucket's own answer in its text alone.
        full = any(code in str(error) for code in FULL if not code.isdigit())
        raise (StorageFullError() if full else UnavailableError(AWAY)) from error
    except (Unreachable, HTTPClientError, IncompleteReadError, RetriesExceededError) as error:
        raise UnavailableError(AWAY) from error
