"""The storyboard over JSON: order, trim, captions, variants, one made again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.inputs import FiniteField, IdField, Input, TextField
from core.rest.schema import Gives, Made
from generation.api.base import SessionView
from generation.api.shapes import ROUND, TAKE, WHOLE_SESSION, round_shape, session_shape, take_shape
from generation.models import Take
from generation.policies import CHANGE
from generation.services import planning, sessions, storyboard


class AgainInput(Input):
    prompt = TextField(max_length=sessions.LONGEST_PROMPT, required=False, allow_blank=True, default="")
    seed = serializers.IntegerField(
        min_value=0, max_value=planning.LARGEST_SEED, required=False, allow_null=True, default=None
    )
    model = TextField(max_length=100, required=False, allow_blank=True, default="")


class TrimInput(Input):
    """Seconds of the clip; null is its own beginning or end."""

    start = FiniteField(min_value=0, required=False, allow_null=True, default=None)
    end = FiniteField(min_value=0, required=False, allow_null=True, default=None)


class TakeChangeInput(Input):
    """`chosen` shows this one of the variants; `removed` takes it out, or puts it back."""

    trim = TrimInput(required=False, allow_null=True)
    caption = TextField(max_length=storyboard.LONGEST_CAPTION, allow_blank=True, required=False)
    removed = serializers.BooleanField(required=False)
    chosen = serializers.BooleanField(required=False)


class TakeOrderInput(Input):
    take_ids = serializers.ListField(child=IdField(), allow_empty=False, max_length=500)


class TakeDetail(SessionView):
    takes = TakeChangeInput
    gives = Gives(patch=TAKE)

    def patch(self, request: Request, session_id: uuid.UUID, take_id: uuid.UUID) -> Response:
        take = storyboard.find(self.find(session_id, CHANGE), take_id)
        wish = TakeChangeInput.parse(request.data)
        # All of it or nothing.
        with transaction.atomic():
            for change in changes(wish):
                take = change(take, actor=self.caller)
        return Response(take_shape(storyboard.find(take.session, take.pk)))


def changes(wish: dict[str, Any]) -> list[Callable[..., Take]]:
    wanted: list[Callable[..., Take]] = []
    if "removed" in wish:
        wanted.append(storyboard.remove if wish["removed"] else storyboard.restore)
    if wish.get("chosen"):
        wanted.append(storyboard.choose_variant)
    if "trim" in wish:
        span = wish["trim"] or {"start": None, "end": None}
        wanted.append(lambda take, *, actor: storyboard.trim(take, span["start"], span["end"], actor=actor))
    if "caption" in wish:
        wanted.append(lambda take, *, actor: storyboard.caption(take, wish["caption"], actor=actor))
    return wanted


class TakeAgain(SessionView):
    takes = AgainInput
    gives = Gives(post=Made(ROUND))

    def post(self, request: Request, session_id: uuid.UUID, take_id: uuid.UUID) -> Response:
        """Makes this one anew. It takes the place once it is there; the one before stays to choose from."""
        take = storyboard.find(self.find(session_id, CHANGE), take_id)
        made = storyboard.again(take, actor=self.caller, **AgainInput.parse(request.data))
        return Response(round_shape(made), status=status.HTTP_201_CREATED)


class TakeOrder(SessionView):
    takes = TakeOrderInput
    gives = Gives(post=WHOLE_SESSION)
    body_names_things = True

    def post(self, request: Request, session_id: uuid.UUID) -> Response:
        """All approved clips, or pictures, in this order."""
        session = self.find(session_id, CHANGE)
        storyboard.order(session, TakeOrderInput.parse(request.data)["take_ids"], actor=self.caller)
        return Response(session_shape(self.find(session_id)))
