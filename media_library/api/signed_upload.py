"""A signed link for any file of the library, as accessible.yaml has it."""

from __future__ import annotations

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PersonView
from core.errors import DomainError, TooLargeError, UnsupportedTypeError
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives
from core.storage.uris import gcs_uri
from media_library.services import intake

SIGNED = {
    "upload_url": "url",
    "method": "string",
    "headers": "object",
    "gcs_uri": "string",
    "file_id": "uuid",
    "expires_at": "datetime",
}


class SignedUploadInput(Input):
    filename = TextField(max_length=255)
    content_type = TextField(max_length=127)
    # Without it the file may have as much as one that comes in one piece.
    size_bytes = serializers.IntegerField(min_value=1, max_value=2**53, required=False, allow_null=True, default=None)
    purpose = TextField(max_length=100, required=False, allow_blank=True, allow_null=True, default="")


class SignedUpload(PersonView):
    takes = SignedUploadInput
    gives = Gives(post=SIGNED)
    # The answer holds a link that may write.
    idempotent = False

    def post(self, request: Request) -> Response:
        body = SignedUploadInput.parse(request.data)
        try:
            coming = intake.announce(
                owner=self.caller,
                filename=body["filename"],
                content_type=body["content_type"],
                size=body["size_bytes"] or settings.UPLOAD_DIRECT_MAX_BYTES,
                at_most=body["size_bytes"] is None,
                purpose=body["purpose"] or "",
                expires_in=settings.UPLOAD_LINK_SECONDS,
            )
        except UnsupportedTypeError as error:
            raise DomainError("Unsupported content type", reason=error.message) from error
        except TooLargeError as error:
            raise DomainError(error.message, **error.details) from error
        upload = coming.upload
        assert upload is not None  # noqa: S101  (announcing reserves it)
        return Response(
            {
                "upload_url": upload.url,
                "method": "PUT",
                "headers": {"Content-Type": upload.content_type},
                "gcs_uri": gcs_uri(upload.key),
                "file_id": coming.pk,
                "expires_at": upload.expires_at,
            }
        )
