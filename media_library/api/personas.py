"""Personas over JSON, as platform.yaml has them."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.api.base import PersonView
from accounts.services import foreign_reads
from core.errors import DomainError, NotFoundError
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library.models import Persona
from media_library.services import personas

TEXTS = ("description", "tone", "style_notes", "speaker_name_in_videos")
PERSONA = {
    "id": "uuid",
    "name": "string",
    **dict.fromkeys(("description", "tone", "style_notes"), "nullable string"),
    "topics": "list<string>",
    "vocabulary": "list<string>",
    "speaker_name_in_videos": "nullable string",
    "avatar_url": "nullable url",
    "created_at": "datetime",
}


def words_field() -> serializers.ListField:
    return serializers.ListField(child=TextField(max_length=100), max_length=200, required=False)


class PersonaChange(Input):
    name = TextField(max_length=200, required=False, allow_blank=True, allow_null=True)
    description = TextField(max_length=5000, required=False, allow_blank=True, allow_null=True)
    tone = TextField(max_length=5000, required=False, allow_blank=True, allow_null=True)
    style_notes = TextField(max_length=20_000, required=False, allow_blank=True, allow_null=True)
    topics = words_field()
    vocabulary = words_field()
    speaker_name_in_videos = TextField(max_length=150, required=False, allow_blank=True, allow_null=True)
    # Shown from where it is, never fetched by us.
    avatar_url = serializers.RegexField(
        r"\A[Hh][Tt][Tt][Pp][Ss]://[^\s<>\"]{1,490}\Z",
        max_length=500,
        required=False,
        allow_blank=True,
        allow_null=True,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {name: "" if value is None else value for name, value in attrs.items()}


def output(persona: Persona) -> dict[str, Any]:
    return {
        "id": persona.pk,
        "name": persona.name,
        **{name: getattr(persona, name) or None for name in TEXTS},
        "topics": persona.topics,
        "vocabulary": persona.vocabulary,
        "avatar_url": persona.avatar_url or None,
        "created_at": persona.created_at,
    }


class PersonaView(PersonView):
    def find(self, persona_id: uuid.UUID) -> Persona:
        found = Persona.objects.visible_to(self.caller).active().filter(pk=persona_id).first()
        if found is None:
            raise NotFoundError("Persona not found")
        foreign_reads.note(self.caller, found)
        return found


class Personas(PersonaView):
    takes = PersonaChange
    gives = Gives(get=[PERSONA], post={"success": "bool", "id": "uuid", "name": "string"})

    def get(self, _request: Request) -> Response:
        rows = Persona.objects.visible_to(self.caller).active().order_by("name", "pk")
        return Response([output(row) for row in rows])

    def post(self, request: Request) -> Response:
        house = personas.home_of_new(self.caller)
        policies.require(self.caller, "media_library.persona.create", house)
        values = named(PersonaChange.parse(request.data), new=True)
        made = personas.create_persona(actor=self.caller, organization=house, **values)
        return Response({"success": True, "id": made.pk, "name": made.name})


class PersonaDetail(PersonaView):
    takes = PersonaChange
    gives = Gives(put={"success": "bool"}, delete={"success": "bool"})

    def put(self, request: Request, persona_id: uuid.UUID) -> Response:
        persona = self.find(persona_id)
        policies.require(self.caller, "media_library.persona.change", persona)
        personas.update_persona(persona, actor=self.caller, **named(PersonaChange.parse(request.data)))
        return Response({"success": True})

    def delete(self, _request: Request, persona_id: uuid.UUID) -> Response:
        persona = self.find(persona_id)
        policies.require(self.caller, "media_library.persona.delete", persona)
        personas.delete_persona(persona, actor=self.caller)
        return Response({"success": True})


def named(values: dict[str, Any], *, new: bool = False) -> dict[str, Any]:
    """With the name as it will stand; the contract has a sentence for one that is missing or blank."""
    if not new and "name" not in values:
        return values
    name = values.get("name", "").strip()
    if not name:
        raise DomainError("Name is required")
    return {**values, "name": name}
