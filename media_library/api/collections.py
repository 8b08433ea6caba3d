"""Collections over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page
from media_library.api import asset_shapes as shapes
from media_library.api.library import LibraryView
from media_library.models import Collection
from media_library.queries import collections as reads
from media_library.services import bulk, collections

CHANGE, DELETE = (f"media_library.collection.{verb}" for verb in ("change", "delete"))


class Collections(LibraryView):
    takes = shapes.CollectionInput
    query = ("page", "size", shapes.CollectionListQuery)
    gives = Gives(get=page(shapes.COLLECTION), post=Made(shapes.COLLECTION))

    def get(self, request: Request) -> Response:
        wanted = PageRequest.parse(request.query_params)
        query = shapes.CollectionListQuery.parse(request.query_params)
        found = reads.listed(self.caller, project=query["project_id"])
        return Response(page_of(found, wanted).body(lambda rows: [shapes.collection_output(row) for row in rows]))

    def post(self, request: Request) -> Response:
        body = shapes.CollectionInput.parse(request.data)
        place = self.place({**body, "collection_id": None, "replaces": None})
        made = collections.create(
            owner=self.caller,
            name=body["name"],
            description=body["description"],
            organization=place["organization"],
            project=place["project"],
        )
        return Response(self.told(made), status=status.HTTP_201_CREATED)

    def told(self, collection: Collection) -> dict[str, Any]:
        return shapes.collection_output(reads.listed(self.caller).get(pk=collection.pk))


class CollectionDetail(LibraryView):
    takes = shapes.CollectionChange
    gives = Gives(get=shapes.COLLECTION, patch=shapes.COLLECTION)

    def get(self, _request: Request, collection_id: uuid.UUID) -> Response:
        return self.told(self.find_collection(collection_id))

    def patch(self, request: Request, collection_id: uuid.UUID) -> Response:
        collection = self.find_collection(collection_id)
        policies.require(self.caller, CHANGE, collection)
        body = shapes.CollectionChange.parse(request.data)
        collections.change(collection, actor=self.caller, name=body.get("name"), description=body.get("description"))
        return self.told(collection)

    def delete(self, _request: Request, collection_id: uuid.UUID) -> Response:
        """The assets in it stay where they are."""
        collection = self.find_collection(collection_id)
        policies.require(self.caller, DELETE, collection)
        collections.delete(collection, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def told(self, collection: Collection) -> Response:
        return Response(shapes.collection_output(reads.listed(self.caller).get(pk=collection.pk)))


class CollectionAssets(LibraryView):
    takes = shapes.IdsInput
    gives = Gives(post=shapes.OUTCOMES)

    def post(self, request: Request, collection_id: uuid.UUID) -> Response:
        """Puts these into it. One answer for each; twice is once."""
        collection = self.find_collection(collection_id)
        policies.require(self.caller, CHANGE, collection)
        ids = shapes.IdsInput.parse(request.data)["ids"]
        return Response(shapes.outcomes_output(bulk.collect(ids, actor=self.caller, collection=collection)))


class CollectionAsset(LibraryView):
    gives = Gives()

    def delete(self, _request: Request, collection_id: uuid.UUID, asset_id: uuid.UUID) -> Response:
        """Takes it out. The asset itself stays."""
        collection = self.find_collection(collection_id)
        asset = self.find(asset_id)
        policies.require(self.caller, CHANGE, collection)
        collections.remove(collection, [asset], actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)
