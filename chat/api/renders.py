"""Films of cuts over JSON: platform.yaml's create-video, and the studio's own routes with all choices."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from chat.api.base import WRITE, ConversationView
from chat.models import ClipProposal, Conversation, Render
from chat.services import clips, rendering
from chat.services.rendering import Options, Wanted
from core.errors import DomainError, NotFoundError
from core.rest import waiting
from core.rest.inputs import FiniteField, IdField, Input, TextField
from core.rest.parsers import TimesJSONParser
from core.rest.schema import Gives, Made
from core.runs.models import Run
from media_library.queries import links
from media_library.services import clips as ranges

CREATED = {"success": "bool", "video_id": "uuid", "video_url": "url", "clips_created": "int", "total_duration": "float"}
FILM = {
    "id": "uuid",
    "status": "string",
    "progress": "float",
    "run_id": "nullable uuid",
    "video_id": "nullable uuid",
    "video_url": "nullable url",
    "duration": "nullable float",
    "clips": "int",
    "options": "object",
    "error": "nullable string",
    "created_at": "datetime",
    "finished_at": "nullable datetime",
}


class Choices(Input):
    """How the film is made."""

    transition_seconds = FiniteField(min_value=0.1, max_value=5.0, required=False, default=1.0)
    music_id = IdField(required=False, allow_null=True, default=None)
    music_level = FiniteField(min_value=-40.0, max_value=6.0, required=False, default=-8.0)
    loudness = serializers.ChoiceField(list(rendering.LOUDNESS), required=False, default="none")
    captions = serializers.ChoiceField(rendering.CAPTIONS, required=False, default="none")
    aspect = serializers.ChoiceField(rendering.ASPECTS, required=False, default="", allow_blank=True)
    fill = serializers.ChoiceField(rendering.FILLS, required=False, default="black")


class SentClip(Input):
    """As the description of the API has it; `clips_in` reads what comes, in the document's own words for what is wrong."""

    title = TextField(required=False)
    start_time = serializers.FloatField()
    end_time = serializers.FloatField()
    video_id = IdField()
    title_card = TextField(required=False)
    transition = serializers.ChoiceField(ClipProposal.Transition.choices, required=False)


class Creation(Choices):
    conversation_id = IdField()
    script = TextField(required=False)
    clips = SentClip(many=True)


def clips_in(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The clips as they were sent."""
    sent = body.get("clips")
    if not isinstance(sent, list) or not sent:
        raise DomainError(rendering.NO_CLIPS)
    if len(sent) > rendering.MOST_CLIPS or not all(isinstance(one, Mapping) for one in sent):
        raise DomainError(ranges.INVALID)
    return sent


def seconds(value: Any) -> float | None:
    """A time as JSON has it; None for what is none, which no range is made of."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def words(value: Any) -> str:
    return value[:1000] if isinstance(value, str) else ""


class RenderView(ConversationView):
    def chosen(self, conversation: Conversation, body: Any) -> Options:
        values = Choices.parse(body)
        music = rendering.music_for(conversation, self.caller, values.pop("music_id"))
        return Options(music=music, **values)

    def find_render(self, render_id: uuid.UUID, action: str = "") -> Render:
        rows = Render.objects.visible_to(self.caller).select_related("conversation", "asset", "run")
        found = rows.filter(pk=render_id).first()
        if found is None:
            raise NotFoundError(rendering.NOT_FOUND)
        if action:
            policies.require(self.caller, action, found.conversation)
        return found


class CreateVideo(RenderView):
    """The clips that are sent become one film. 202 where that takes longer than the request waits."""

    takes = Creation
    body_names_things = True
    parser_classes = (TimesJSONParser,)
    gives = Gives(post=CREATED)

    def post(self, request: Request) -> HttpResponse:
        body = request.data if isinstance(request.data, Mapping) else {}
        conversation = self.find(id_in(body.get("conversation_id")), WRITE)
        wanted = self.wanted(conversation, clips_in(body))
        options = self.chosen(conversation, body)
        render = rendering.begin(conversation, wanted, actor=self.caller, options=options)
        if render.status == Render.Status.READY:
            return waiting.as_json(created(render))
        assert render.run is not None  # noqa: S101  (what is not ready is being made)

        def when_made(_run: Run) -> HttpResponse:
            # Minutes have passed: the conversation may be none of the caller's any more.
            self.find(conversation.pk)
            return waiting.as_json(created(rendering.render_of(render.pk)))

        return waiting.when_done(request, render.run, when_made, refuse=ranges.failure_of)

    def wanted(self, conversation: Conversation, sent: list[Mapping[str, Any]]) -> list[Wanted]:
        ids = [id_in(one.get("video_id")) for one in sent]
        found = clips.footage(conversation, self.caller).in_bulk(set(ids))
        if any(pk not in found for pk in ids):
            raise NotFoundError(clips.NO_FOOTAGE)
        wanted = []
        for one, pk in zip(sent, ids, strict=True):
            transition = one.get("transition", ClipProposal.Transition.CUT.value)
            if transition not in ClipProposal.Transition.values:
                raise DomainError("A clip begins with a cut, a dissolve or a dip.")
            wanted.append(
                Wanted(
                    asset=found[pk],
                    start=seconds(one.get("start_time")),
                    end=seconds(one.get("end_time")),
                    title=words(one.get("title")),
                    title_card=words(one.get("title_card")),
                    transition=transition,
                )
            )
        return wanted


def id_in(value: Any) -> uuid.UUID:
    """What is no id is the id of nothing."""
    try:
        return uuid.UUID(value) if isinstance(value, str) else uuid.UUID(int=0)
    except ValueError:
        return uuid.UUID(int=0)


def created(render: Render) -> dict[str, Any]:
    if render.asset is None or render.asset.deleted_at is not None:
        raise NotFoundError(rendering.NOT_FOUND)
    return {
        "success": True,
        "video_id": render.asset.pk,
        "video_url": links.link(render.asset, inline=True),
        "clips_created": len(render.plan["clips"]),
        "total_duration": round(rendering.seconds_of(render), 3),
    }


def film_row(render: Render) -> dict[str, Any]:
    ready = render.asset if render.asset is not None and render.asset.deleted_at is None else None
    return {
        "id": render.pk,
        "status": render.status,
        "progress": 1.0
        if render.status == Render.Status.READY
        else round(render.run.progress if render.run else 0.0, 4),
        "run_id": render.run_id,
        "video_id": ready.pk if ready else None,
        "video_url": links.link(ready, inline=True) if ready else None,
        "duration": render.duration,
        "clips": len(render.plan["clips"]),
        "options": {name: value for name, value in render.plan.items() if name != "clips"},
        "error": render.error or None,
        "created_at": render.created_at,
        "finished_at": render.finished_at,
    }


class Renders(RenderView):
    """Films of this conversation's cut, the newest first."""

    takes = Choices
    body_names_things = True
    gives = Gives(get={"renders": [FILM]}, post=Made(FILM))
    MOST = 50

    def get(self, _request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = self.find(conversation_id)
        rows = conversation.renders.select_related("asset", "run").order_by("-created_at", "-pk")[: self.MOST]
        return Response({"renders": [film_row(one) for one in rows]})

    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        """Begins the film of the clips that are in the cut. The same cut again answers with the film that there is."""
        conversation = self.find(conversation_id, WRITE)
        options = self.chosen(conversation, request.data)
        wanted = rendering.cut_of(conversation, self.caller)
        render = rendering.begin(conversation, wanted, actor=self.caller, options=options)
        return Response(film_row(render), status=status.HTTP_201_CREATED)


class RenderDetail(RenderView):
    gives = Gives(get=FILM)

    def get(self, _request: Request, render_id: uuid.UUID) -> Response:
        return Response(film_row(self.find_render(render_id)))


class CancelRender(RenderView):
    gives = Gives(post=FILM)

    def post(self, _request: Request, render_id: uuid.UUID) -> Response:
        rendering.cancel(self.find_render(render_id, WRITE), actor=self.caller)
        return Response(film_row(self.find_render(render_id)))


class RetryRender(RenderView):
    gives = Gives(post=FILM)

    def post(self, _request: Request, render_id: uuid.UUID) -> Response:
        rendering.retry(self.find_render(render_id, WRITE), actor=self.caller)
        return Response(film_row(self.find_render(render_id)))
