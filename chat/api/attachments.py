"""Files brought into a conversation, over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from chat.api.base import WRITE, ConversationView
from chat.api.conversations import DONE, id_in
from chat.models import Attachment, Conversation
from chat.services import attachments
from core.errors import DomainError, NotFoundError, TooLargeError
from core.rest.inputs import Input, TextField
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives
from media_library.models import Asset
from media_library.queries.links import link

ATTACHMENT = {
    "id": "uuid",
    "message_id": "nullable uuid",
    "asset_id": "uuid",
    "kind": "string",
    "status": "string",
    "filename": "string",
    "original_filename": "string",
    "file_size": "int",
    "mime_type": "string",
    "url": "url",
    "uploaded_at": "datetime",
}
MISSING = "No file provided"
BODY_TOO_LARGE = "File size exceeds limit"


class AttachmentInput(Input):
    file = serializers.FileField(allow_empty_file=True, required=False)


class FromLibraryInput(Input):
    asset_id = TextField(max_length=100)


class ListQuery(Input):
    waiting = serializers.BooleanField(required=False, default=False)


def output(attachment: Attachment) -> dict[str, Any]:
    """The link is made for this answer; whoever sees the conversation gets one."""
    asset = attachment.asset
    return {
        "id": attachment.pk,
        "message_id": attachment.message_id,
        "asset_id": asset.pk,
        "kind": asset.kind,
        "status": asset.status,
        "filename": asset.filename,
        "original_filename": attachment.original_filename,
        "file_size": asset.size,
        "mime_type": asset.content_type,
        "url": link(asset, filename=attachment.original_filename),
        "uploaded_at": attachment.uploaded_at,
    }


class AttachmentView(ConversationView):
    def one_of(self, conversation: Conversation, attachment_id: uuid.UUID) -> Attachment:
        rows = conversation.attachments.filter(asset__deleted_at=None).select_related("asset")
        found = rows.filter(pk=attachment_id).first()
        if found is None:
            raise NotFoundError("Attachment not found")
        return found


class Attachments(AttachmentView):
    takes = AttachmentInput
    query = (ListQuery,)
    gives = Gives(get={"attachments": [ATTACHMENT]}, post={**DONE, "attachment": ATTACHMENT})
    parser_classes = (MultiPartParser, FormParser, StrictJSONParser)
    max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES
    body_too_large = BODY_TOO_LARGE

    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """All of the conversation's, oldest first; `waiting=true` gives the caller's own that were not sent yet."""
        found = self.find(conversation_id)
        rows = found.attachments.filter(asset__deleted_at=None).select_related("asset")
        if ListQuery.parse(request.query_params)["waiting"]:
            rows = rows.filter(message=None, uploaded_by=self.caller)
        return Response({"attachments": [output(row) for row in rows.order_by("uploaded_at", "pk")]})

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """A file of any kind that the library reads. It waits for the message that is being written."""
        found = self.find(conversation_id, WRITE)
        # The guard in front of the server has refused this already; other servers have none.
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_DIRECT_MAX_BYTES:
            raise TooLargeError(BODY_TOO_LARGE)
        if "file" not in request.FILES:
            raise DomainError(MISSING)
        file = AttachmentInput.parse(request.data)["file"]
        made = attachments.attach_file(found, file, actor=self.caller)
        return Response({"success": True, "attachment": output(made)})


class FromLibrary(AttachmentView):
    takes = FromLibraryInput
    gives = Gives(post={**DONE, "attachment": ATTACHMENT})
    body_names_things = True

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """A file of the library that the caller sees. The conversation's people can open it from here."""
        found = self.find(conversation_id, WRITE)
        wanted = id_in(FromLibraryInput.parse(request.data)["asset_id"])
        assets = Asset.objects.visible_to(self.caller).filter(purpose=Asset.Purpose.ORIGINAL)
        asset = assets.filter(pk=wanted).first() if wanted else None
        if asset is None:
            raise NotFoundError("Asset not found")
        made = attachments.attach_asset(found, asset, actor=self.caller)
        return Response({"success": True, "attachment": output(made)})


class AttachmentDetail(AttachmentView):
    gives = Gives(delete=DONE)

    def delete(self, _request: Request, conversation_id: uuid.UUID, attachment_id: uuid.UUID) -> Response:
        """Before it is sent, by whoever brought it."""
        found = self.find(conversation_id, WRITE)
        attachments.remove(self.one_of(found, attachment_id), actor=self.caller)
        return Response({"success": True})


class AttachmentFile(AttachmentView):
    def get(self, _request: Request, conversation_id: uuid.UUID, attachment_id: uuid.UUID) -> HttpResponseBase:
        """Leads to the file, by a link made for this once."""
        attachment = self.one_of(self.find(conversation_id), attachment_id)
        return HttpResponseRedirect(link(attachment.asset, filename=attachment.original_filename))
