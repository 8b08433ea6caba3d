"""How words are said, over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.models import Client, Organization, User
from accounts.services import foreign_reads
from core.errors import InvalidFieldError, NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page
from core.rest.views import ApiView
from media_library import policies as _rules
from media_library.models import Pronunciation
from media_library.services import pronunciations
from media_library.services.pronunciations import LONGEST_RESPELLING, LONGEST_TERM, Place

NOT_FOUND = "Pronunciation not found"
PRONUNCIATION = {
    "id": "uuid",
    "term": "string",
    "respelling": "string",
    "language": "nullable string",
    "voice": "nullable string",
    "case_sensitive": "bool",
    "client_id": "nullable uuid",
    "org_id": "nullable uuid",
    "created_at": "datetime",
    "updated_at": "datetime",
}


class PronunciationListQuery(Input):
    client_id = IdField(required=False, allow_null=True, default=None)
    search = TextField(max_length=200, required=False, allow_blank=True, default="")


class PronunciationChangeInput(Input):
    term = TextField(max_length=LONGEST_TERM, required=False)
    respelling = TextField(max_length=LONGEST_RESPELLING, required=False)
    language = TextField(max_length=35, required=False, allow_blank=True)
    voice = TextField(max_length=80, required=False, allow_blank=True)
    case_sensitive = serializers.BooleanField(required=False)


class PronunciationInput(PronunciationChangeInput):
    term = TextField(max_length=LONGEST_TERM)
    respelling = TextField(max_length=LONGEST_RESPELLING)
    client_id = IdField(required=False, allow_null=True, default=None)


def output(entry: Pronunciation) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "term": entry.term,
        "respelling": entry.respelling,
        "language": entry.language or None,
        "voice": entry.voice or None,
        "case_sensitive": entry.case_sensitive,
        "client_id": entry.client_id,
        "org_id": entry.organization_id,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
    }


class PronunciationView(ApiView):
    """For signed-in people."""

    @property
    def caller(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user

    def find(self, pronunciation_id: uuid.UUID) -> Pronunciation:
        found = Pronunciation.objects.visible_to(self.caller).filter(pk=pronunciation_id).first()
        if found is None:
            raise NotFoundError(NOT_FOUND)
        foreign_reads.note(self.caller, found)
        return found


class Pronunciations(PronunciationView):
    takes = PronunciationInput
    query = ("page", "size", PronunciationListQuery)
    gives = Gives(get=page(PRONUNCIATION), post=Made(PRONUNCIATION))

    def get(self, request: Request) -> Response:
        wanted = PageRequest.parse(request.query_params)
        query = PronunciationListQuery.parse(request.query_params)
        found = Pronunciation.objects.visible_to(self.caller).holding(query["search"].strip()).order_by("term", "pk")
        if query["client_id"] is not None:
            found = found.filter(client=query["client_id"])
        return Response(page_of(found, wanted).body(lambda rows: [output(row) for row in rows]))

    def post(self, request: Request) -> Response:
        policies.require(self.caller, "media_library.pronunciation.create")
        body = PronunciationInput.parse(request.data)
        place = place_of(self.caller, body.pop("client_id"))
        policies.require(self.caller, "media_library.pronunciation.create", place.entry(self.caller))
        made = pronunciations.add_pronunciation(place, actor=self.caller, **body)
        return Response(output(made), status=status.HTTP_201_CREATED)


def place_of(user: User, client_id: uuid.UUID | None) -> Place:
    """The client that is named; else the house where one keeps such things, or oneself."""
    if client_id is not None:
        client = Client.objects.visible_to(user).select_related("organization").filter(pk=client_id).first()
        if client is None:
            raise NotFoundError("Client not found")
        return Place(client, None)
    houses = list(Organization.objects.filter(pk__in=user.houses_as(*_rules.KEEPERS)).order_by("pk")[:2])
    if len(houses) > 1:
        raise InvalidFieldError("Say which client this is for", field="client_id", kind="missing")
    return Place(None, houses[0] if houses else None)


class PronunciationDetail(PronunciationView):
    takes = PronunciationChangeInput
    gives = Gives(get=PRONUNCIATION, patch=PRONUNCIATION)

    def get(self, _request: Request, pronunciation_id: uuid.UUID) -> Response:
        return Response(output(self.find(pronunciation_id)))

    def patch(self, request: Request, pronunciation_id: uuid.UUID) -> Response:
        entry = self.find(pronunciation_id)
        policies.require(self.caller, "media_library.pronunciation.change", entry)
        body = PronunciationChangeInput.parse(request.data)
        return Response(output(pronunciations.change_pronunciation(entry, actor=self.caller, **body)))

    def delete(self, _request: Request, pronunciation_id: uuid.UUID) -> Response:
        entry = self.find(pronunciation_id)
        policies.require(self.caller, "media_library.pronunciation.remove", entry)
        pronunciations.remove_pronunciation(entry, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)
