"""Recordings for voice work over JSON, as voice.yaml has them. They are their owner's alone."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PersonView
from accounts.services import projects
from core.errors import InvalidFieldError, NotFoundError, TooLargeError
from core.rest.inputs import Input, TextField
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives, Made
from core.storage.spooling import spooled
from media_library.models import Asset
from media_library.queries.links import lifetime, link
from media_library.services import assets, intake

KINDS = (Asset.Kind.VIDEO, Asset.Kind.AUDIO)
UPLOAD_STATUS = {
    Asset.Status.PROCESSING: "pending",
    Asset.Status.ACTIVE: "completed",
    Asset.Status.FAILED: "failed",
}
FILE = {
    "id": "uuid",
    "file_id": "uuid",
    "type": "string",
    "project_id": "nullable uuid",
    "original_name": "string",
    "file_size": "int",
    "duration_seconds": "nullable int",
    "format": "nullable string",
    "resolution": "nullable string",
    "upload_status": "string",
    "created_at": "datetime",
}


class RecordingInput(Input):
    file = serializers.FileField(allow_empty_file=True)
    project_name = TextField(max_length=255, required=False, allow_blank=True, default="")


def file_output(asset: Asset) -> dict[str, Any]:
    facts = asset.technical
    return {
        "id": asset.pk,
        "file_id": asset.pk,
        "type": asset.kind,
        "project_id": asset.project_id,
        "original_name": asset.filename,
        "file_size": asset.size,
        "duration_seconds": None if asset.duration is None else int(asset.duration + 0.5),
        "format": asset.content_type.partition("/")[2].removeprefix("x-") or None,
        "resolution": f"{facts['width']}x{facts['height']}" if facts.get("width") and facts.get("height") else None,
        "upload_status": UPLOAD_STATUS[Asset.Status(asset.status)],
        "created_at": asset.created_at,
    }


class Upload(PersonView):
    takes = RecordingInput
    gives = Gives(post=Made(FILE))
    throttle_group = "upload"
    parser_classes = (MultiPartParser, StrictJSONParser)
    # The file, and room for the form around it.
    max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + 2**20

    def post(self, request: Request) -> Response:
        if "file" not in request.FILES:
            raise InvalidFieldError("File is required", field="file")
        body = RecordingInput.parse(request.data)
        file, name = body["file"], body["file"].name or "recording"
        kind, content_type = intake.accept_type(name, file.content_type or "")
        if kind not in KINDS:
            raise InvalidFieldError("Only video and audio files are accepted", field="file")
        if file.size > settings.UPLOAD_DIRECT_MAX_BYTES:
            raise TooLargeError("File exceeds the upload limit")
        with spooled(file) as path:
            intake.confirm(path, filename=name, content_type=content_type)
            project = projects.find_or_create_project(
                owner=self.caller, name=body["project_name"].strip() or "Untitled project"
            )
            made = intake.take_in(
                path,
                owner=self.caller,
                filename=name,
                content_type=content_type,
                project=project,
                shelf=Asset.Shelf.VOICE,
            )
        return Response(file_output(made), status=status.HTTP_201_CREATED)


class File(PersonView):
    gives = Gives(get={**FILE, "download_url": "url", "download_expires_at": "datetime"})

    def find(self, file_id: uuid.UUID) -> Asset:
        """What the caller uploaded or had made, by one id space."""
        own = Asset.objects.filter(owner=self.caller, deleted_at=None, kind__in=KINDS)
        found = own.filter(pk=file_id).first()
        if found is None:
            raise NotFoundError("Resource not found")
        return found

    def get(self, _request: Request, file_id: uuid.UUID) -> Response:
        found = self.find(file_id)
        seconds = lifetime(inline=False)
        expires = timezone.now() + timedelta(seconds=seconds)
        further = {"download_url": link(found, expires_in=seconds), "download_expires_at": expires}
        return Response({**file_output(found), **further})

    def delete(self, _request: Request, file_id: uuid.UUID) -> Response:
        assets.delete_permanently(self.find(file_id), actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)
