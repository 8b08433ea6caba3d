"""What engines propose for an asset, over JSON: asked for, listed, decided on. And clips that are kept."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives, Made
from core.rest.waiting import status_url
from media_library.api.library import LibraryView
from media_library.api.media import VideoView
from media_library.models import Suggestion
from media_library.services import clips, suggestions

CHANGE = "media_library.asset.change"
SUGGESTION = {
    "id": "uuid",
    "kind": "string",
    "content": "object",
    "parts": "list<string>",
    "engine": "string",
    "measured": "bool",
    "status": "string",
    "accepted": "list<string>",
    "created_at": "datetime",
    "decided_at": "nullable datetime",
}


def output(suggestion: Suggestion) -> dict[str, Any]:
    content = suggestion.content
    if suggestion.kind == Suggestion.Kind.SPEAKERS:
        content = {"speakers": suggestions.speaker_rows(content)}
    return {
        "id": suggestion.pk,
        "kind": suggestion.kind,
        "content": content,
        "parts": suggestions.names_of(suggestion),
        "engine": suggestion.engine,
        "measured": suggestion.measured,
        "status": suggestion.status,
        "accepted": suggestion.accepted,
        "created_at": suggestion.created_at,
        "decided_at": suggestion.decided_at,
    }


class Autofill(VideoView):
    """Fills in what no person has written, from what is said; what people wrote stays, and the proposal waits beside it."""

    gives = Gives(
        post={
            "success": "bool",
            "updated_fields": "list<string>",
            "suggestions": {"title": "string", "description": "string", "tags": "list<string>"},
            "engine": "string",
            "measured": "bool",
            "suggestion_id": "uuid",
        }
    )

    def post(self, _request: Request, video_id: uuid.UUID) -> Response:
        video = self.find(video_id)
        policies.require(self.caller, CHANGE, video)
        done = suggestions.suggest_metadata(video, by=self.caller)
        said = done.summary
        return Response(
            {
                "success": True,
                "updated_fields": done.updated_fields,
                "suggestions": {"title": said.title, "description": said.description, "tags": said.tags},
                "engine": done.suggestion.engine,
                "measured": said.measured,
                "suggestion_id": done.suggestion.pk,
            }
        )


class AskInput(Input):
    kind = serializers.ChoiceField(choices=[Suggestion.Kind.METADATA, Suggestion.Kind.PICTURE])


class Suggestions(LibraryView):
    takes = AskInput
    gives = Gives(get=[SUGGESTION], post=Made(SUGGESTION))

    def get(self, _request: Request, asset_id: uuid.UUID) -> Response:
        """Those that wait for a person, the newest first."""
        found = self.find(asset_id).suggestions.open().order_by("-created_at", "-pk")
        return Response([output(one) for one in found])

    def post(self, request: Request, asset_id: uuid.UUID) -> Response:
        """Asks an engine anew: what is said (metadata) or what is to be seen (picture)."""
        asset = self.find(asset_id)
        policies.require(self.caller, CHANGE, asset)
        kind = AskInput.parse(request.data)["kind"]
        if kind == Suggestion.Kind.METADATA:
            made = suggestions.suggest_metadata(asset, by=self.caller).suggestion
        else:
            made = suggestions.suggest_picture(asset, by=self.caller)
        return Response(output(made), status=status.HTTP_201_CREATED)


class DecideInput(Input):
    """`accept` names the parts that are taken; an empty list dismisses all of it."""

    accept = serializers.ListField(child=TextField(max_length=100), max_length=100)


class Decision(LibraryView):
    takes = DecideInput
    gives = Gives(post=SUGGESTION)

    def post(self, request: Request, asset_id: uuid.UUID, suggestion_id: uuid.UUID) -> Response:
        asset = self.find(asset_id)
        suggestion = asset.suggestions.filter(pk=suggestion_id).first()
        if suggestion is None:
            raise NotFoundError("Suggestion not found")
        policies.require(self.caller, CHANGE, asset)
        accept = DecideInput.parse(request.data)["accept"]
        return Response(output(suggestions.decide(suggestion, actor=self.caller, accept=accept)))


class ClipInput(Input):
    start = serializers.FloatField()
    end = serializers.FloatField()
    title = TextField(max_length=255, required=False, allow_blank=True, default="")
    project_id = IdField(required=False, allow_null=True, default=None)


class Clips(LibraryView):
    """A range as an asset of its own, with its words. It is usable once its run is done."""

    takes = ClipInput
    gives = Gives(
        post=Made(
            {
                "id": "uuid",
                "title": "string",
                "status": "string",
                "start": "float",
                "end": "float",
                "run_id": "uuid",
                "status_url": "url",
            }
        )
    )

    def post(self, request: Request, asset_id: uuid.UUID) -> Response:
        asset = self.find(asset_id)
        body = ClipInput.parse(request.data)
        project = self.find_project(body["project_id"]) if body["project_id"] else None
        clip = clips.save_clip(
            asset, start=body["start"], end=body["end"], title=body["title"], by=self.caller, project=project
        )
        assert clip.run is not None  # noqa: S101  (it was just started)
        return Response(
            {
                "id": clip.pk,
                "title": clip.name,
                "status": clip.status,
                "start": clip.cut_start,
                "end": clip.cut_end,
                "run_id": clip.run.pk,
                "status_url": status_url(clip.run),
            },
            status=status.HTTP_201_CREATED,
        )
