"""Scripts and cuts as files, over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from chat import policies as _rules  # noqa: F401  (registers the rules of conversations)
from chat.api.base import WRITE, ConversationView
from chat.models import ScriptExport
from chat.services import exports
from core.errors import DomainError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives

EXPORT = {
    "id": "uuid",
    "format": "string",
    "filename": "string",
    "size": "int",
    "sha256": "string",
    "download_url": "url",
    "created_at": "datetime",
    "expires_at": "datetime",
}
MADE = {
    "success": "bool",
    "download_url": "url",
    "expires_at": "datetime",
    "filename": "string",
    "size": "int",
    "sha256": "string",
}


class ExportInput(Input):
    """pdf, docx, txt, md, fountain, fdx and csv are of the script; srt, edl, fcpxml and otio of the cut."""

    conversation_id = IdField()
    format = TextField(max_length=20, required=False, default="pdf")


def export_shape(made: ScriptExport) -> dict[str, Any]:
    return {
        "id": made.pk,
        "format": made.format,
        "filename": made.filename,
        "size": made.size,
        "sha256": made.sha256,
        "download_url": exports.link(made),
        "created_at": made.created_at,
        "expires_at": made.expires_at,
    }


class ExportScript(ConversationView):
    """The link reads the file until `expires_at`, a day ahead; then both are gone."""

    takes = ExportInput
    body_names_things = True
    # Its answer holds a link that opens the file to whoever has it.
    idempotent = False
    gives = Gives(post=MADE)

    def post(self, request: Request) -> Response:
        body = ExportInput.parse(request.data)
        conversation = self.find(body["conversation_id"])
        policies.require(self.caller, WRITE, conversation)
        if body["format"] not in exports.FORMATS:
            raise DomainError("Unsupported format")
        made = exports.export(conversation, body["format"], actor=self.caller)
        shape = export_shape(made)
        return Response({"success": True, **{name: shape[name] for name in MADE if name != "success"}})


class Exports(ConversationView):
    """What was exported within the last day, newest first."""

    gives = Gives(get={"exports": [EXPORT]})

    def get(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        # Its links open the files, so that it is for those who may export.
        conversation = self.find(conversation_id, WRITE)
        rows = conversation.exports.alive().order_by("-created_at", "-pk")[:50]
        return Response({"exports": [export_shape(made) for made in rows]})
