"""Glossaries over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.models import Client, Organization, User
from accounts.services import foreign_reads
from core.errors import InvalidFieldError, NotFoundError, TooLargeError
from core.rest.body import MIB
from core.rest.paging import PageRequest, page_of
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives, Made, page
from core.rest.views import ApiView
from media_library import policies as _rules
from media_library.api import serializers as shapes
from media_library.glossary_files.reading import MOST_BYTES
from media_library.models import Glossary, GlossaryVersion
from media_library.services import glossaries

# The file, and room for the form's other fields.
BODY_BYTES = MOST_BYTES + MIB


class GlossaryView(ApiView):
    """For signed-in people."""

    @property
    def caller(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user

    def find(self, glossary_id: uuid.UUID) -> Glossary:
        found = Glossary.objects.visible_to(self.caller).filter(pk=glossary_id).first()
        if found is None:
            raise NotFoundError("Glossary not found")
        foreign_reads.note(self.caller, found)
        return found

    def version_of(self, glossary: Glossary, version_id: uuid.UUID) -> GlossaryVersion:
        found = glossary.versions.select_related("glossary").filter(pk=version_id).first()
        if found is None:
            raise NotFoundError("Glossary version not found")
        return found


class Glossaries(GlossaryView):
    takes = shapes.GlossaryInput
    query = ("page", "size", shapes.GlossaryListQuery)
    gives = Gives(get=page(shapes.GLOSSARY_ROW), post=Made(shapes.GLOSSARY))
    max_body_bytes = BODY_BYTES
    parser_classes = (MultiPartParser, StrictJSONParser)

    def get(self, request: Request) -> Response:
        wanted = PageRequest.parse(request.query_params)
        query = shapes.GlossaryListQuery.parse(request.query_params)
        found = Glossary.objects.visible_to(self.caller).live().with_version_in_force().order_by("name", "pk")
        if query["client_id"] is not None:
            found = found.filter(client=query["client_id"])
        return Response(page_of(found, wanted).body(lambda rows: [shapes.glossary_row(row) for row in rows]))

    def post(self, request: Request) -> Response:
        policies.require(self.caller, "media_library.glossary.create")
        body = shapes.GlossaryInput.parse(request.data)
        client, house = self.place(body["client_id"])
        policies.require(self.caller, "media_library.glossary.create", client or Glossary(organization=house))
        made = glossaries.create_glossary(
            name=body["name"],
            description=body["description"] or "",
            client=client,
            organization=house,
            data=content(body["file"]),
            filename=body["file"].name or "",
            actor=self.caller,
        )
        return Response(shapes.glossary_output(made), status=status.HTTP_201_CREATED)

    def place(self, client_id: uuid.UUID | None) -> tuple[Client | None, Organization | None]:
        """The client that is named or the only one there is; who sees none keeps glossaries for their house or themselves."""
        clients = Client.objects.visible_to(self.caller).select_related("organization").order_by("pk")
        if client_id is not None:
            client = clients.filter(pk=client_id).first()
            if client is None:
                raise NotFoundError("Client not found")
            return client, None
        found = list(clients[:2])
        if len(found) > 1:
            raise InvalidFieldError("Say which client the glossary is for", field="client_id", kind="missing")
        if found:
            return found[0], None
        houses = list(Organization.objects.filter(pk__in=self.caller.houses_as(*_rules.KEEPERS)).order_by("pk")[:2])
        return None, houses[0] if len(houses) == 1 else None


class GlossaryDetail(GlossaryView):
    gives = Gives(get=shapes.GLOSSARY)

    def get(self, _request: Request, glossary_id: uuid.UUID) -> Response:
        return Response(shapes.glossary_output(self.find(glossary_id)))

    def delete(self, _request: Request, glossary_id: uuid.UUID) -> Response:
        glossary = self.find(glossary_id)
        policies.require(self.caller, "media_library.glossary.archive", glossary)
        glossaries.archive_glossary(glossary, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Terms(GlossaryView):
    query = ("page", "size", shapes.TermListQuery)
    gives = Gives(get=page(shapes.TERM))

    def get(self, request: Request, glossary_id: uuid.UUID) -> Response:
        glossary = self.find(glossary_id)
        wanted = PageRequest.parse(request.query_params)
        query = shapes.TermListQuery.parse(request.query_params)
        version = self.version_of(glossary, query["version_id"]) if query["version_id"] else glossary.in_force
        if version is None:
            raise NotFoundError("Glossary version not found")
        found = version.terms.holding(query["search"].strip()).defer("embedding", "words").order_by("position", "pk")
        return Response(page_of(found, wanted).body(lambda rows: [shapes.term_output(row) for row in rows]))


class Versions(GlossaryView):
    takes = shapes.FileInput
    gives = Gives(post=Made(shapes.VERSION))
    max_body_bytes = BODY_BYTES
    parser_classes = (MultiPartParser, StrictJSONParser)

    def post(self, request: Request, glossary_id: uuid.UUID) -> Response:
        glossary = self.find(glossary_id)
        policies.require(self.caller, "media_library.glossary.change", glossary)
        file = shapes.FileInput.parse(request.data)["file"]
        made = glossaries.add_version(glossary, data=content(file), filename=file.name or "", actor=self.caller)
        return Response(shapes.version_output(made), status=status.HTTP_201_CREATED)


class Activate(GlossaryView):
    takes = shapes.ActivateInput
    gives = Gives(post=shapes.GLOSSARY)

    def post(self, request: Request, glossary_id: uuid.UUID) -> Response:
        glossary = self.find(glossary_id)
        policies.require(self.caller, "media_library.glossary.change", glossary)
        body = shapes.ActivateInput.parse(request.data)
        glossaries.activate(glossary, version_id=body["version_id"], actor=self.caller)
        return Response(shapes.glossary_output(self.find(glossary_id)))


class Reembed(GlossaryView):
    gives = Gives(post=shapes.VERSION)

    def post(self, _request: Request, glossary_id: uuid.UUID, version_id: uuid.UUID) -> Response:
        glossary = self.find(glossary_id)
        version = self.version_of(glossary, version_id)
        policies.require(self.caller, "media_library.glossary.change", glossary)
        return Response(shapes.version_output(glossaries.reembed(version, actor=self.caller)))


def content(file: Any) -> bytes:
    """Of an uploaded file; what is far too large is not read into memory."""
    if file.size > MOST_BYTES:
        raise TooLargeError("A glossary's file may have 5 MB at most.")
    data: bytes = file.read()
    return data
