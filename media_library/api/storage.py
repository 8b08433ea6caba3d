"""A person's folders over JSON, as pipeline.yaml has them."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PersonView
from core.rest.inputs import IdField, Input
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives
from core.storage.spooling import spooled
from media_library.models import Asset
from media_library.queries.links import link
from media_library.services import assets, folders

FILE = {
    "key": "string",
    "size": "int",
    "last_modified": "datetime",
    "content_type": "string",
    "presigned_url": "url",
}
UPLOADED = {"url": "url", "key": "string", "size": "int", "content_type": "string", "original_filename": "string"}
MOST_CONFIG = 64 * 2**10
DEEPEST_CONFIG = 10
MOST_FILES = 100
LONGEST_LINK = 86_400


class InputFile(Input):
    # An empty file is refused with the reason that every file gets.
    file = serializers.FileField(allow_empty_file=True)


class ConfigInput(Input):
    config_data = serializers.DictField()
    session_id = IdField()

    def validate_config_data(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(value)) > MOST_CONFIG:
            raise serializers.ValidationError("A configuration has at most 64 KB.")
        if _depth(value) > DEEPEST_CONFIG:
            raise serializers.ValidationError(f"A configuration is nested {DEEPEST_CONFIG} levels deep at most.")
        return value


class FilesQuery(Input):
    folder = serializers.ChoiceField(choices=list(folders.FOLDERS))
    asset_type = serializers.ChoiceField(choices=folders.KINDS_OF_OUTPUT, required=False, default=None)
    limit = serializers.IntegerField(min_value=1, required=False, default=MOST_FILES)
    offset = serializers.IntegerField(min_value=0, max_value=2**31, required=False, default=0)


class LinkQuery(Input):
    expires_in = serializers.IntegerField(min_value=1, max_value=LONGEST_LINK, required=False, default=3600)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0) if isinstance(value, dict | list) else 0


class UploadInput(PersonView):
    takes = InputFile
    gives = Gives(post=UPLOADED)
    parser_classes = (MultiPartParser, StrictJSONParser)
    # The file, and room for the form around it.
    max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + 2**20

    def post(self, request: Request) -> Response:
        file = InputFile.parse(request.data)["file"]
        name = file.name or "file"
        with spooled(file) as path:
            made = folders.put_input(path, owner=self.caller, filename=name, content_type=file.content_type or "")
        return Response(
            {
                "url": link(made),
                "key": made.key,
                "size": made.size,
                "content_type": made.content_type,
                "original_filename": made.filename,
            }
        )


class UploadPromptConfig(PersonView):
    takes = ConfigInput
    body_names_things = True
    gives = Gives(post={"status": "string", "key": "string", "session_id": "uuid"})

    def post(self, request: Request) -> Response:
        body = ConfigInput.parse(request.data)
        made = folders.put_prompt_config(body["config_data"], owner=self.caller, session_id=body["session_id"])
        return Response({"status": "success", "key": made.key, "session_id": body["session_id"]})


class Files(PersonView):
    query = (FilesQuery,)
    gives = Gives(get={"files": [FILE], "total": "int", "limit": "int", "offset": "int"})

    def get(self, request: Request) -> Response:
        wanted = FilesQuery.parse(request.query_params)
        folder, limit, offset = wanted["folder"], min(wanted["limit"], MOST_FILES), wanted["offset"]
        found = folders.own_files(self.caller, folder)
        if wanted["asset_type"] and folder == "output":
            found = found.filter(key__startswith=f"users/{self.caller.pk}/output/{wanted['asset_type']}/")
        body = {
            "files": [file_output(row) for row in found[offset : offset + limit]],
            "total": found.count(),
            "limit": limit,
            "offset": offset,
        }
        return Response(body)


def file_output(asset: Asset) -> dict[str, Any]:
    return {
        "key": asset.key,
        "size": asset.size,
        "last_modified": asset.updated_at,
        "content_type": asset.content_type,
        "presigned_url": link(asset),
    }


class FileLink(PersonView):
    query = (LinkQuery,)
    gives = Gives(get={"presigned_url": "url", "expires_in": "int"})

    def get(self, request: Request, file_key: str) -> Response:
        found = folders.own_file(self.caller, file_key)
        seconds = LinkQuery.parse(request.query_params)["expires_in"]
        return Response({"presigned_url": link(found, expires_in=seconds), "expires_in": seconds})


class File(PersonView):
    gives = Gives(delete={"status": "string", "message": "string", "key": "string"})

    def delete(self, _request: Request, file_key: str) -> Response:
        found = folders.own_file(self.caller, file_key)
        assets.delete_permanently(found, actor=self.caller)
        return Response({"status": "success", "message": "File deleted successfully", "key": file_key})
