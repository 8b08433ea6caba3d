"""Pictures from words: pipeline.yaml's first step, and more of them for a session that is there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives, Made
from generation.api.base import SessionView, when_made
from generation.api.shapes import ROUND, round_shape
from generation.models import Round, Take
from generation.policies import CHANGE
from generation.queries.shapes import is_there
from generation.services import images, planning, sessions
from media_library.models import Asset
from media_library.queries import links

GENERATED = {"session_id": "uuid", "status": "string", "images": [{"url": "url", "index": "int"}]}


class MorePicturesInput(Input):
    """What is left out is the session's own."""

    prompt = TextField(max_length=sessions.LONGEST_PROMPT, required=False, allow_blank=True, default="")
    num_images = serializers.IntegerField(min_value=1, max_value=images.MOST, required=False, default=4)
    aspect_ratio = serializers.ChoiceField(images.ASPECT_RATIOS, required=False, default="", allow_blank=True)
    model = TextField(max_length=100, required=False, allow_blank=True, default="")
    seed = serializers.IntegerField(
        min_value=0, max_value=planning.LARGEST_SEED, required=False, allow_null=True, default=None
    )
    references = serializers.ListField(child=IdField(), max_length=images.MOST_REFERENCES, required=False, default=list)


class GenerateImagesInput(MorePicturesInput):
    prompt = TextField(max_length=sessions.LONGEST_PROMPT)
    session_id = IdField(required=False, allow_null=True, default=None)
    project_id = IdField(required=False, allow_null=True, default=None)
    cap_usd = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=0, required=False, allow_null=True, default=None
    )
    title = TextField(max_length=255, required=False, allow_blank=True, default="")


class PictureView(SessionView):
    def references(self, ids: Sequence[uuid.UUID]) -> list[Asset]:
        """Pictures of the library as the caller sees it."""
        seen = Asset.objects.visible_to(self.caller).filter(kind=Asset.Kind.IMAGE).in_bulk(ids)
        if any(pk not in seen for pk in ids):
            raise NotFoundError("Reference picture not found")
        return [seen[pk] for pk in ids]


class GenerateImages(PictureView):
    """Begins a session with pictures for a prompt, and answers with them. 202 where that takes longer than the request waits.

    With `session_id`, an id that the client made, progress can be watched from the beginning; for a session of the caller's own with
    the same prompt it is more pictures.
    """

    takes = GenerateImagesInput
    body_names_things = True
    gives = Gives(post=GENERATED)

    def post(self, request: Request) -> HttpResponse:
        wish = GenerateImagesInput.parse(request.data)
        made = images.begin(
            self.caller,
            prompt=wish["prompt"],
            count=wish["num_images"],
            aspect_ratio=wish["aspect_ratio"],
            model=wish["model"],
            seed=wish["seed"],
            references=self.references(wish["references"]),
            session_id=wish["session_id"],
            project=self.find_project(wish["project_id"]),
            cap_usd=wish["cap_usd"],
            title=wish["title"],
        )
        return when_made(request, made, generated, failed=images.FAILED)


class SessionImages(PictureView):
    takes = MorePicturesInput
    gives = Gives(post=Made(ROUND))

    def post(self, request: Request, session_id: uuid.UUID) -> Response:
        """Begins more pictures. Those that are there stay, and so does what was approved."""
        session = self.find(session_id, CHANGE)
        wish = MorePicturesInput.parse(request.data)
        made = images.make(
            session,
            actor=self.caller,
            prompt=wish["prompt"],
            count=wish["num_images"],
            aspect_ratio=wish["aspect_ratio"],
            model=wish["model"],
            seed=wish["seed"],
            references=self.references(wish["references"]),
        )
        return Response(round_shape(made), status=status.HTTP_201_CREATED)


def generated(made: Round) -> dict[str, Any]:
    return {
        "session_id": made.session_id,
        "status": "completed",
        "images": [
            {"url": url, "index": take.index, "id": take.pk, "prompt": take.prompt, "seed": take.seed}
            for take, url in ready(made)
        ],
        **beside(made),
    }


def ready(made: Round) -> list[tuple[Take, str]]:
    """What is there of a round, with a link each."""
    takes = made.takes.select_related("asset").order_by("index", "pk")
    return [(take, links.link(take.asset, inline=True)) for take in takes if is_there(take) and take.asset is not None]


def beside(made: Round) -> dict[str, Any]:
    """What all answers of a step tell beside the document's own."""
    cost = sum(float(take.made.get("cost_usd") or 0) for take in made.takes.all())
    return {
        "round_id": made.pk,
        "problem": made.problem or None,
        "session_status": made.session.status,
        "estimate_usd": float(made.estimate_usd),
        "cost_usd": round(cost, 6),
    }
