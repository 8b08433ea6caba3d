"""Films of approved clips: pipeline.yaml's last step, and the studio's own routes with all choices."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core import outbound
from core.rest import waiting
from core.rest.inputs import FiniteField, IdField, Input, TextField
from core.rest.schema import Gives, Made
from generation.api.base import SessionView, when_made
from generation.api.shapes import ROUND, round_shape
from generation.models import GenerationSession, Round
from generation.policies import CHANGE
from generation.services import composing, wishes
from generation.services.wishes import Wish, WishInput
from media_library.queries import links

FILM = {"session_id": "uuid", "status": "string", "video_url": "url"}
COMPOSITION = {"session_id": "uuid", "composition": "object", "length": "float", "fonts": "list<string>"}


class TextOverlayInput(Input):
    """As the document has it. How it looks may be said as well, in the words of the studio's own route."""

    text = TextField(max_length=wishes.MOST_LETTERS)
    start_time = FiniteField(min_value=0)
    duration = FiniteField(min_value=wishes.SHORTEST_OVERLAY)


class ComposeInput(Input):
    session_id = IdField()
    text_overlays = serializers.ListField(
        child=TextOverlayInput(), max_length=wishes.MOST_OVERLAYS, required=False, allow_null=True, default=list
    )
    audio_url = TextField(
        required=False, allow_null=True, allow_blank=True, max_length=outbound.LONGEST_URL, default=""
    )


class ComposeFinalVideo(SessionView):
    """The approved clips in their order, with words over them and a sound, as one film. 202 where it takes long.

    The same film again is the one that there is.
    """

    takes = ComposeInput
    body_names_things = True
    gives = Gives(post=FILM)

    def post(self, request: Request) -> HttpResponse:
        session = self.named(request.data)
        body = ComposeInput.parse(request.data)
        session = session or self.find(body["session_id"], CHANGE)
        overlays = [
            {"text": one["text"], "start": one["start_time"], "duration": one["duration"]}
            for one in body["text_overlays"] or ()
        ]
        wish = wishes.read(session, {"overlays": overlays, "audio_url": body["audio_url"]}, named="text_overlays")
        made = composing.compose(session, wish, actor=self.caller)
        if made.status == Round.Status.DONE:
            return waiting.as_json(composed(made))
        return when_made(request, made, composed, failed=composing.FAILED)


def composed(made: Round) -> dict[str, Any]:
    film = composing.film_of(made)
    assert film is not None  # noqa: S101  (a round that is done has its film)
    return {
        "session_id": made.session_id,
        "status": "completed",
        "video_url": links.link(film, inline=True),
        "download_url": links.link(film),
        "asset_id": film.pk,
        "round_id": made.pk,
        "duration": film.duration,
    }


class SessionComposition(SessionView):
    """How the film of a session is to be put together."""

    takes = WishInput
    gives = Gives(get=COMPOSITION, put=COMPOSITION)

    def get(self, _request: Request, session_id: uuid.UUID) -> Response:
        session = self.find(session_id)
        return Response(told(session, Wish.of(session.composition)))

    def put(self, request: Request, session_id: uuid.UUID) -> Response:
        """Kept for the next time; nothing is made yet. What is left out is as usual."""
        session = self.find(session_id, CHANGE)
        wish = wishes.read(session, request.data)
        composing.keep(session, wish, actor=self.caller)
        return Response(told(session, wish))


class ComposeSession(SessionView):
    takes = WishInput
    gives = Gives(post=Made(ROUND))

    def post(self, request: Request, session_id: uuid.UUID) -> Response:
        """Begins the film. With an empty body it is put together as was wished last."""
        session = self.find(session_id, CHANGE)
        given = request.data if isinstance(request.data, Mapping) and request.data else session.composition
        made = composing.compose(session, wishes.read(session, given), actor=self.caller)
        return Response(round_shape(made), status=status.HTTP_201_CREATED)


def told(session: GenerationSession, wish: Wish) -> dict[str, Any]:
    return {
        "session_id": session.pk,
        "composition": wish.stored(),
        "length": wishes.length_of(session, wish),
        "fonts": composing.fonts(),
    }
