"""Clips of approved pictures: pipeline.yaml's third step."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core.rest.inputs import FiniteField, IdField, Input, TextField
from core.rest.schema import Gives, Made
from generation.api.base import SessionView, when_made
from generation.api.images import beside, ready
from generation.api.shapes import ROUND, round_shape
from generation.models import GenerationSession, Round
from generation.policies import CHANGE
from generation.services import clips, estimating, sessions

CLIPS = {"session_id": "uuid", "status": "string", "clips": [{"url": "url", "index": "int", "duration": "float"}]}


class SessionClipsInput(Input):
    video_prompt = TextField(max_length=sessions.LONGEST_PROMPT)
    num_clips = serializers.IntegerField(
        min_value=1, max_value=clips.MOST, required=False, allow_null=True, default=None
    )
    duration = FiniteField(
        min_value=clips.SHORTEST, max_value=clips.LONGEST, required=False, default=estimating.DEFAULT_SECONDS
    )
    model = TextField(max_length=100, required=False, allow_blank=True, default="")


def begun(session: GenerationSession, actor: User, wish: Mapping[str, Any]) -> Round:
    """As the body of either route asks for them."""
    return clips.make(
        session,
        actor=actor,
        video_prompt=wish["video_prompt"],
        count=wish["num_clips"],
        seconds=wish["duration"],
        model=wish["model"],
    )


class GenerateClipsInput(SessionClipsInput):
    session_id = IdField()


class GenerateClips(SessionView):
    """A clip of each approved picture, in their order; more clips than pictures take them in turn. 202 where it takes long."""

    takes = GenerateClipsInput
    body_names_things = True
    gives = Gives(post=CLIPS)

    def post(self, request: Request) -> HttpResponse:
        session = self.named(request.data)
        wish = GenerateClipsInput.parse(request.data)
        session = session or self.find(wish["session_id"], CHANGE)
        made = begun(session, self.caller, wish)
        return when_made(request, made, generated, failed=clips.FAILED)


class SessionClips(SessionView):
    takes = SessionClipsInput
    gives = Gives(post=Made(ROUND))

    def post(self, request: Request, session_id: uuid.UUID) -> Response:
        """Begins clips of the approved pictures."""
        session = self.find(session_id, CHANGE)
        wish = SessionClipsInput.parse(request.data)
        made = begun(session, self.caller, wish)
        return Response(round_shape(made), status=status.HTTP_201_CREATED)


def generated(made: Round) -> dict[str, Any]:
    return {
        "session_id": made.session_id,
        "status": "completed",
        "clips": [
            {
                "url": url,
                "index": take.index,
                "duration": take.seconds,
                "id": take.pk,
                "source_id": take.source_id,
                "seed": take.seed,
            }
            for take, url in ready(made)
        ],
        **beside(made),
    }
