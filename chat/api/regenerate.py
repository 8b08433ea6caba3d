"""One clip or one section made again, over JSON: the answer waits for the run and shows what came of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import policies
from chat import policies as _rules  # noqa: F401  (registers the rules of conversations)
from chat.api.base import WRITE, ConversationView, clip_at, record_at
from chat.models import ClipProposal, Conversation, Record
from chat.services import regenerating
from core.errors import NotFoundError
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives
from core.rest.waiting import as_json, when_done
from core.runs.models import Run

NEW_CLIP = {
    "success": "bool",
    "new_clip": {
        "id": "uuid",
        "title": "string",
        "video_id": "uuid",
        "start_time": "float",
        "end_time": "float",
        "transcript_text": "string",
    },
    "processing_time": "float",
    "model_used": "string",
}
UPDATED_RECORD = {
    "success": "bool",
    "updated_record": {"id": "uuid", "content": "string", "duration": "float"},
    "processing_time": "float",
    "model_used": "string",
}


class Feedback(Input):
    feedback = TextField(
        required=False, allow_blank=True, allow_null=True, default="", max_length=regenerating.MOST_FEEDBACK
    )


class RegenerateThing(ConversationView):
    takes = Feedback
    throttle_group = "processing"

    def thing(self, conversation: Conversation, index: int) -> ClipProposal | Record:
        raise NotImplementedError  # of the thing that a subclass is about

    def post(self, request: Request, conversation_id: uuid.UUID, index: int) -> HttpResponse:
        conversation = self.find(conversation_id)
        thing = self.thing(conversation, index)
        policies.require(self.caller, WRITE, conversation)
        feedback = Feedback.parse(request.data)["feedback"] or ""
        run = regenerating.begin(thing, feedback=feedback, actor=self.caller)

        def when_made(done: Run) -> HttpResponse:
            # Seconds have passed: rights may have gone meanwhile, and the thing with them.
            self.find(conversation_id)
            result = done.steps.get(name="again").result or {}
            took = round((done.updated_at - done.created_at).total_seconds(), 3)
            told = {"processing_time": took, "model_used": result.get("engine", "")}
            return as_json({"success": True, **self.made(thing.pk), **told})

        return when_done(request, run, when_made, refuse=regenerating.failure_of)

    def made(self, thing_id: uuid.UUID) -> dict[str, Any]:
        raise NotImplementedError  # of the thing that a subclass is about


class RegenerateClip(RegenerateThing):
    gives = Gives(post=NEW_CLIP)

    def thing(self, conversation: Conversation, index: int) -> ClipProposal:
        return clip_at(conversation, index)

    def made(self, thing_id: uuid.UUID) -> dict[str, Any]:
        clip = ClipProposal.objects.filter(pk=thing_id, removed_at=None).first()
        if clip is None:
            raise NotFoundError("Clip not found")
        return {
            "new_clip": {
                "id": clip.pk,
                "title": clip.title,
                "video_id": clip.asset_id,
                "start_time": clip.start,
                "end_time": clip.end,
                "transcript_text": clip.text,
            }
        }


class RegenerateRecord(RegenerateThing):
    gives = Gives(post=UPDATED_RECORD)

    def thing(self, conversation: Conversation, index: int) -> Record:
        return record_at(conversation, index)

    def made(self, thing_id: uuid.UUID) -> dict[str, Any]:
        record = Record.objects.select_related("clip").filter(pk=thing_id, removed_at=None).first()
        if record is None:
            raise NotFoundError("Record not found")
        words = record.content or (record.clip.text if record.clip else "")
        return {"updated_record": {"id": record.pk, "content": words, "duration": record.duration}}
