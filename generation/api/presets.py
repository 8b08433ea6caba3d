"""Presets of the caller, and what can be asked for here."""

from __future__ import annotations

import uuid

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.api.base import PersonView
from core.errors import NotFoundError
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives, Made
from generation.api.shapes import MODEL, PRESET, model_shape, preset_shape
from generation.models import Preset
from generation.policies import CHANGE_PRESET
from generation.queries import sessions as queries
from generation.services import estimating, presets


class GenerationPresetInput(Input):
    name = TextField(max_length=120)
    values = serializers.DictField(required=False, default=dict)


class GenerationPresets(PersonView):
    """Settings kept to be used again, by name."""

    takes = GenerationPresetInput
    gives = Gives(get={"presets": [PRESET]}, post=Made(PRESET))

    def get(self, _request: Request) -> Response:
        return Response({"presets": [preset_shape(one) for one in queries.presets(self.caller)]})

    def post(self, request: Request) -> Response:
        wish = GenerationPresetInput.parse(request.data)
        made = presets.create(self.caller, name=wish["name"], values=wish["values"])
        return Response(preset_shape(made), status=status.HTTP_201_CREATED)


class GenerationPreset(PersonView):
    gives = Gives(delete=None)

    def delete(self, _request: Request, preset_id: uuid.UUID) -> Response:
        found = Preset.objects.visible_to(self.caller).filter(pk=preset_id).first()
        if found is None:
            raise NotFoundError(presets.NOT_FOUND)
        policies.require(self.caller, CHANGE_PRESET, found)
        presets.delete(found, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class GenerationModels(PersonView):
    """What is configured here for pictures and clips, and what each costs."""

    gives = Gives(get={"models": [MODEL]})

    def get(self, _request: Request) -> Response:
        return Response({"models": [model_shape(one) for one in estimating.models()]})
