"""The script's sections over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from chat import policies as _rules  # noqa: F401  (registers the rules of conversations)
from chat.api.base import WRITE, ConversationView
from chat.models import ClipProposal, Conversation, Record
from chat.queries.shapes import record_shape
from chat.services import records
from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives, Made

NOT_FOUND = "Record not found"
RECORD = {
    "id": "uuid",
    "index": "int",
    "message_id": "nullable uuid",
    "heading": "string",
    "content": "string",
    "duration": "float",
    "clip_id": "nullable uuid",
    "is_gap": "bool",
    "version": "int",
}
RECORDS = {"records": [RECORD], "duration": "float"}


class NewRecord(Input):
    """`after` is the section that it follows; without it, it is the last."""

    heading = TextField(max_length=255, required=False, allow_blank=True, default="")
    content = TextField(max_length=records.MOST_CHARACTERS, required=False, allow_blank=True, default="")
    clip_id = IdField(required=False, allow_null=True, default=None)
    is_gap = serializers.BooleanField(required=False, default=False)
    after = IdField(required=False, allow_null=True, default=None)


class RecordChange(Input):
    """`version` is the one that was seen: what somebody else changed meanwhile is 409."""

    heading = TextField(max_length=255, required=False, allow_blank=True)
    content = TextField(max_length=records.MOST_CHARACTERS, required=False, allow_blank=True)
    clip_id = IdField(required=False, allow_null=True)
    is_gap = serializers.BooleanField(required=False)
    version = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class SectionOrderInput(Input):
    ids = serializers.ListField(child=IdField(), max_length=records.MOST_SECTIONS)


def listed(conversation: Conversation) -> dict[str, Any]:
    rows = list(conversation.records.listed())
    return {
        "records": [record_shape(record, index) for index, record in enumerate(rows)],
        "duration": round(sum(record.duration for record in rows), 2),
    }


class RecordView(ConversationView):
    def find_record(self, record_id: uuid.UUID, *, removed: bool = False) -> Record:
        rows = Record.objects.visible_to(self.caller).select_related("conversation", "clip")
        found = rows.filter(pk=record_id).first()
        if found is None or (found.removed_at is not None and not removed):
            raise NotFoundError(NOT_FOUND)
        policies.require(self.caller, WRITE, found.conversation)
        return found

    def find_clip(self, conversation: Conversation, clip_id: uuid.UUID | None) -> ClipProposal | None:
        if clip_id is None:
            return None
        found = conversation.clips.listed().filter(pk=clip_id).first()
        if found is None:
            raise NotFoundError("Clip not found")
        return found

    def shown(self, record: Record) -> dict[str, Any]:
        """The row as it is now, with its place."""
        order = list(record.conversation.records.listed().values_list("pk", flat=True))
        return record_shape(record, order.index(record.pk) if record.pk in order else len(order))


class Records(RecordView):
    """All sections that were not taken out, in order."""

    takes = NewRecord
    body_names_things = True
    gives = Gives(get=RECORDS, post=Made(RECORD))

    def get(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        return Response(listed(self.find(conversation_id)))

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = self.find(conversation_id, WRITE)
        body = NewRecord.parse(request.data)
        after = conversation.records.listed().filter(pk=body["after"]).first() if body["after"] else None
        if body["after"] and after is None:
            raise NotFoundError(NOT_FOUND)
        made = records.add(
            conversation,
            actor=self.caller,
            heading=body["heading"],
            content=body["content"],
            clip=self.find_clip(conversation, body["clip_id"]),
            is_gap=body["is_gap"],
            after=after,
        )
        return Response(self.shown(made), status=status.HTTP_201_CREATED)


class RecordOrder(RecordView):
    takes = SectionOrderInput
    body_names_things = True
    gives = Gives(post=RECORDS)

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = self.find(conversation_id, WRITE)
        records.reorder(conversation, SectionOrderInput.parse(request.data)["ids"], actor=self.caller)
        return Response(listed(conversation))


class RecordDetail(RecordView):
    takes = RecordChange
    bodied = frozenset({"PATCH"})
    body_names_things = True
    gives = Gives(patch=RECORD)

    def patch(self, request: Request, record_id: uuid.UUID) -> Response:
        record = self.find_record(record_id)
        body = RecordChange.parse(request.data)
        version = body.pop("version")
        if "clip_id" in body:
            body["clip"] = self.find_clip(record.conversation, body.pop("clip_id"))
        return Response(self.shown(records.change(record, actor=self.caller, version=version, **body)))

    def delete(self, _request: Request, record_id: uuid.UUID) -> Response:
        records.remove(self.find_record(record_id), actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RestoreRecord(RecordView):
    """Takes back the last change: a section that was taken out comes again, another is what it was before."""

    gives = Gives(post=RECORD)

    def post(self, _request: Request, record_id: uuid.UUID) -> Response:
        record = self.find_record(record_id, removed=True)
        act = records.undo if record.removed_at is None else records.restore
        return Response(self.shown(act(record, actor=self.caller)))
