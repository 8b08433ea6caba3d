"""The clips of a conversation over JSON: their order, their ranges, and what else they could show."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from chat import policies as _rules  # noqa: F401  (registers the rules of conversations)
from chat.api.base import WRITE, ConversationView
from chat.models import ClipProposal, Conversation
from chat.queries.shapes import clip_shape
from chat.services import clips
from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives, Made
from media_library.models import Asset

CLIP = {
    "id": "uuid",
    "index": "int",
    "message_id": "nullable uuid",
    "title": "string",
    "description": "string",
    "video_id": "uuid",
    "start_time": "float",
    "end_time": "float",
    "transcript_text": "string",
    "speaker": "string",
    "in_cut": "bool",
    "title_card": "string",
    "transition": "string",
    "version": "int",
    "preview_url": "url",
    "thumbnail_url": "url",
}
CLIPS = {"clips": [CLIP]}
ALTERNATIVES = {
    "alternatives": [
        {
            "video_id": "uuid",
            "video_title": "string",
            "start_time": "float",
            "end_time": "float",
            "transcript_text": "string",
            "speaker": "string",
        }
    ]
}
MOST_IDS = 1_000


class NewClip(Input):
    video_id = IdField()
    start_time = serializers.FloatField()
    end_time = serializers.FloatField()
    title = TextField(max_length=255, required=False, allow_blank=True, default="")
    index = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)


class ClipChange(Input):
    """`video_id` puts other footage in its place. `version` is the one that was seen."""

    video_id = IdField(required=False)
    start_time = serializers.FloatField(required=False)
    end_time = serializers.FloatField(required=False)
    title = TextField(max_length=255, required=False)
    title_card = TextField(max_length=200, required=False, allow_blank=True)
    transition = serializers.ChoiceField(ClipProposal.Transition.choices, required=False)
    in_cut = serializers.BooleanField(required=False)
    version = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class Seen(Input):
    version = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class ClipOrderInput(Input):
    ids = serializers.ListField(child=IdField(), max_length=MOST_IDS)


class Query(Input):
    q = TextField(max_length=300, required=False, allow_blank=True, default="")


def listed(conversation: Conversation, view: ConversationView) -> dict[str, Any]:
    rows = conversation.clips.listed()
    return {"clips": [clip_shape(clip, index, view.caller) for index, clip in enumerate(rows)]}


class ClipView(ConversationView):
    def find_clip(self, clip_id: uuid.UUID, action: str = "", *, removed: bool = False) -> ClipProposal:
        rows = ClipProposal.objects.visible_to(self.caller).select_related("conversation", "asset")
        found = rows.filter(pk=clip_id).first()
        if found is None or (found.removed_at is not None and not removed):
            raise NotFoundError(clips.NOT_FOUND)
        if action:
            policies.require(self.caller, action, found.conversation)
        return found

    def find_footage(self, conversation: Conversation, asset_id: uuid.UUID) -> Asset:
        found = clips.footage(conversation, self.caller).filter(pk=asset_id).first()
        if found is None:
            raise NotFoundError(clips.NO_FOOTAGE)
        return found

    def shown(self, clip: ClipProposal) -> dict[str, Any]:
        """The row as it is now, with its place."""
        order = list(clip.conversation.clips.listed().values_list("pk", flat=True))
        return clip_shape(clip, order.index(clip.pk) if clip.pk in order else len(order), self.caller)


class Clips(ClipView):
    """All clips that were not taken out, in order."""

    takes = NewClip
    body_names_things = True
    gives = Gives(get=CLIPS, post=Made(CLIP))

    def get(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        return Response(listed(self.find(conversation_id), self))

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = self.find(conversation_id, WRITE)
        body = NewClip.parse(request.data)
        made = clips.add(
            conversation,
            self.find_footage(conversation, body["video_id"]),
            body["start_time"],
            body["end_time"],
            actor=self.caller,
            title=body["title"],
            index=body["index"],
        )
        return Response(self.shown(made), status=status.HTTP_201_CREATED)


class ClipOrder(ClipView):
    takes = ClipOrderInput
    body_names_things = True
    gives = Gives(post=CLIPS)

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """`ids` are all clips, each once."""
        conversation = self.find(conversation_id, WRITE)
        clips.reorder(conversation, ClipOrderInput.parse(request.data)["ids"], actor=self.caller)
        return Response(listed(conversation, self))


class ClipDetail(ClipView):
    takes = ClipChange
    body_names_things = True
    gives = Gives(patch=CLIP)
    query = (Seen,)
    query_methods = frozenset({"DELETE"})

    def patch(self, request: Request, clip_id: uuid.UUID) -> Response:
        """What is not named stays. A stale `version` changes nothing (409)."""
        clip = self.find_clip(clip_id, WRITE)
        body = ClipChange.parse(request.data)
        version = body.pop("version")
        start, end, other = (body.pop(name, None) for name in ("start_time", "end_time", "video_id"))
        if other is not None:
            asset = self.find_footage(clip.conversation, other)
            title = body.pop("title", "")
            clip = clips.replace(clip, asset, start, end, actor=self.caller, title=title, version=version)
            start = end = version = None
        elif start is not None or end is not None:
            # Whoever widens a clip shows more of the footage than was quoted.
            self.find_footage(clip.conversation, clip.asset_id)
        return Response(
            self.shown(clips.change(clip, actor=self.caller, start=start, end=end, version=version, **body))
        )

    def delete(self, request: Request, clip_id: uuid.UUID) -> Response:
        clip = self.find_clip(clip_id, WRITE)
        clips.remove(clip, actor=self.caller, version=Seen.parse(request.query_params)["version"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class RestoreClip(ClipView):
    takes = Seen
    gives = Gives(post=CLIP)

    def post(self, request: Request, clip_id: uuid.UUID) -> Response:
        """Takes back the last change, or brings back what was taken out."""
        clip = self.find_clip(clip_id, WRITE, removed=True)
        version = Seen.parse(request.data)["version"]
        return Response(self.shown(clips.restore(clip, actor=self.caller, version=version)))


class Alternatives(ClipView):
    """Footage that could stand in its place: found by `q`, or by what the clip itself says."""

    query = (Query,)
    gives = Gives(get=ALTERNATIVES)

    def get(self, request: Request, clip_id: uuid.UUID) -> Response:
        clip = self.find_clip(clip_id)
        found = clips.alternatives(clip, Query.parse(request.query_params)["q"], user=self.caller)
        return Response(
            {
                "alternatives": [
                    {
                        "video_id": one.asset.pk,
                        "video_title": one.asset.name,
                        "start_time": one.start,
                        "end_time": one.end,
                        "transcript_text": one.text,
                        "speaker": one.speaker,
                    }
                    for one in found
                ]
            }
        )
