"""tus creation (https://tus.io/protocols/resumable-upload#creation): any tus client uploads into the library with nothing but this address.

Only here a caller proves who they are; the address that is answered is signed, and takes the bytes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import IO, Any

from django.conf import settings
from django.utils.http import http_date
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import DomainError, InvalidFieldError, TooLargeError, UnsupportedTypeError
from core.rest.schema import Gives
from core.storage import tus, uploads
from core.storage.models import Upload
from media_library.api import asset_shapes as shapes
from media_library.api.library import LibraryView
from media_library.models import Intake
from media_library.services import intake

NAMES = {"filename": "filename", "name": "filename", "filetype": "content_type", "type": "content_type"}
IDS = ("project_id", "organization_id", "collection_id", "replaces")


class Bytes(BaseParser):
    """The first bytes of the file, as the request holds them."""

    media_type = tus.MEDIA_TYPE

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  (the framework's signature)
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002  (the framework's signature)
    ) -> Any:
        return stream


class Creation(LibraryView):
    gives = Gives()
    parser_classes = (Bytes,)
    # Django keeps a body beyond 2.5 MB in a temporary file.
    max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES
    idempotent = False

    def get_permissions(self) -> Sequence[Any]:
        return [AllowAny()] if self.request.method == "OPTIONS" else super().get_permissions()

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Tus-Resumable"] = tus.VERSION
        if response.status_code == tus.VersionError.status_code:
            response.headers["Tus-Version"] = tus.VERSION
        return response

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # noqa: ARG002  (the framework's signature)
        """What this server speaks."""
        return Response(status=204, headers=tus.capabilities())

    def post(self, request: Request) -> Response:
        """Announces a file by `Upload-Length` and `Upload-Metadata` (filename, filetype, project_id, collection_id, replaces,
        title, description, media_type, tags separated by commas). `Location` takes the bytes; the first of them
        may come along. The asset will have the id in `X-Asset-ID`.
        """
        if request.headers.get("Tus-Resumable") != tus.VERSION:
            raise tus.VersionError
        said = metadata(request.headers.get("Upload-Metadata", ""))
        body = shapes.AnnounceInput.parse({**said, "size_bytes": self.length(request)})
        made = intake.announce(
            owner=self.caller,
            filename=body["filename"],
            content_type=body["content_type"],
            size=body["size_bytes"],
            sha256=body["sha256"],
            title=body["title"],
            description=body["description"],
            tags=body.get("tags", ()),
            media_type=body["media_type"],
            **self.place(body),
        )
        upload = self.first_bytes(request, made)
        headers = {
            "Location": upload.url,
            "X-Asset-ID": str(made.pk),
            "Upload-Offset": str(upload.received),
            "Cache-Control": "no-store",
        }
        if upload.status != Upload.Status.COMPLETE:
            headers["Upload-Expires"] = http_date(upload.expires_at.timestamp())
        return Response(status=201, headers=headers)

    def length(self, request: Request) -> int:
        text = request.headers.get("Upload-Length", "")
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise InvalidFieldError("Say with Upload-Length how large the file is.", field="Upload-Length")
        if int(text) > settings.UPLOAD_MAX_BYTES:
            raise TooLargeError(f"Files may have at most {settings.UPLOAD_MAX_BYTES / 2**30:.3g} GiB.")
        return int(text)

    def first_bytes(self, request: Request, made: Intake) -> Upload:
        """What does not arrive whole is sent again by the client, which asks how far it got."""
        assert made.upload is not None  # noqa: S101  (it was announced)
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if not length:
            return made.upload
        if request.content_type.partition(";")[0].strip() != tus.MEDIA_TYPE:
            raise UnsupportedTypeError(f"Send the data as {tus.MEDIA_TYPE}.")
        try:
            source: Any = request.data
            return uploads.receive(made.upload.pk, start=0, source=source, length=length)
        except DomainError:
            # Nobody has heard of this upload yet, so nobody can go on with it.
            intake.give_up(made)
            raise


def metadata(header: str) -> dict[str, Any]:
    """Pairs of a key and Base64, separated by commas."""
    said: dict[str, Any] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise InvalidFieldError(
                "Upload-Metadata holds keys and values in Base64.", field="Upload-Metadata"
            ) from error
        if "\0" in text:
            raise InvalidFieldError("Upload-Metadata holds a NUL.", field="Upload-Metadata")
        name = NAMES.get(key, key)
        said[name] = [tag for tag in text.split(",") if tag.strip()] if name == "tags" else text
    return {name: value for name, value in said.items() if value or name not in IDS}
