"""Assets over JSON: lists, one of them, its life, versions, uses and doubles, and many at once."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.errors import NotAllowedError
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page
from media_library import uses
from media_library.api import asset_shapes as shapes
from media_library.api.library import LibraryView
from media_library.api.uploads import Uploads
from media_library.models import Asset
from media_library.queries import assets as reads
from media_library.services import assets, bulk, versions

CHANGE, ARCHIVE, DELETE = (f"media_library.asset.{verb}" for verb in ("change", "archive", "delete"))


class Assets(LibraryView):
    query = ("page", "size", shapes.ListQuery)
    gives = Gives(get=page(shapes.ROW))

    def get(self, request: Request) -> Response:
        """What the caller sees of the library. Repeat `kind`, `language`, `status`, `shelf` for any of several, `tag` for all of them."""
        wanted = PageRequest.parse(request.query_params)
        filters = shapes.filters_of(shapes.ListQuery.parse(request.query_params))
        return Response(page_of(reads.listed(self.caller, filters), wanted).body(shapes.rows))


class Facets(LibraryView):
    query = (shapes.ListQuery,)
    gives = Gives(get=shapes.FACETS)

    def get(self, request: Request) -> Response:
        """What the list could be narrowed down by, and what would be left each time."""
        filters = shapes.filters_of(shapes.ListQuery.parse(request.query_params))
        return Response(shapes.facets_output(reads.facets(self.caller, filters)))


class AssetDetail(LibraryView):
    takes = shapes.AssetChange
    query = (shapes.DeleteQuery,)
    gives = Gives(get=shapes.DETAIL, patch=shapes.DETAIL)

    def get(self, _request: Request, asset_id: uuid.UUID) -> Response:
        return self.told(self.find(asset_id))

    def patch(self, request: Request, asset_id: uuid.UUID) -> Response:
        """What is left out stays. `project_id: null` takes it out of its project."""
        asset = self.find(asset_id)
        policies.require(self.caller, CHANGE, asset)
        body = shapes.AssetChange.parse(request.data)
        more: dict[str, Any] = {}
        if "project_id" in body:
            more["project"] = self.find_project(body["project_id"]) if body["project_id"] else None
        assets.change(
            asset,
            actor=self.caller,
            title=body.get("title"),
            description=body.get("description"),
            tags=body.get("tags"),
            **more,
        )
        return self.told(self.find(asset_id))

    def delete(self, request: Request, asset_id: uuid.UUID) -> Response:
        """For good: this version (the one below it is then in use again), or `versions=all` of them."""
        asset = self.find(asset_id)
        policies.require(self.caller, DELETE, asset)
        whole = shapes.DeleteQuery.parse(request.query_params)["versions"] == "all"
        doomed = versions.stack(asset) if whole else [asset]
        for one in doomed:
            policies.require(self.caller, DELETE, one)
        assets.delete_all(doomed, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def told(self, asset: Asset) -> Response:
        return Response(shapes.detail(asset, self.caller))


class Archive(LibraryView):
    gives = Gives(post=shapes.DETAIL)

    def post(self, _request: Request, asset_id: uuid.UUID) -> Response:
        """Out of the lists. Twice is once."""
        asset = self.find(asset_id)
        policies.require(self.caller, ARCHIVE, asset)
        assets.archive(asset, actor=self.caller)
        return Response(shapes.detail(asset, self.caller))


class Restore(LibraryView):
    gives = Gives(post=shapes.DETAIL)

    def post(self, _request: Request, asset_id: uuid.UUID) -> Response:
        asset = self.find(asset_id)
        policies.require(self.caller, ARCHIVE, asset)
        assets.restore(asset, actor=self.caller)
        return Response(shapes.detail(asset, self.caller))


class Versions(Uploads):
    takes = shapes.VersionInput
    gives = Gives(get={"items": [shapes.ROW]}, post=Made(shapes.ANNOUNCED))

    def get(self, _request: Request, asset_id: uuid.UUID) -> Response:  # type: ignore[override]  # this one is about one asset
        """The newest first."""
        ids = [one.pk for one in versions.stack(self.find(asset_id))]
        found = Asset.objects.visible_to(self.caller).select_related("owner", "project", "run").in_bulk(ids)
        return Response({"items": shapes.rows([found[pk] for pk in ids if pk in found])})

    def post(self, request: Request, asset_id: uuid.UUID) -> Response:  # type: ignore[override]  # this one is about one asset
        """Announces a new version, which takes this one's place when it is here."""
        asset = self.find(asset_id)
        policies.require(self.caller, CHANGE, asset)
        return self.announced(shapes.VersionInput.parse(request.data), replaces=asset)


class Uses(LibraryView):
    gives = Gives(get=shapes.USES)

    def get(self, _request: Request, asset_id: uuid.UUID) -> Response:
        """Where it is used, as far as the caller sees that."""
        return Response(shapes.uses_output(uses.of(self.find(asset_id), self.caller)))


class Duplicates(LibraryView):
    gives = Gives(get={"items": [shapes.ROW]})

    def get(self, _request: Request, asset_id: uuid.UUID) -> Response:
        """Other files with the very same bytes, of those that the caller sees."""
        same = reads.duplicates(self.find(asset_id), self.caller)[:50]
        return Response({"items": shapes.rows(list(same))})


class Bulk(LibraryView):
    takes = shapes.BulkInput
    gives = Gives(post=shapes.OUTCOMES)

    def post(self, request: Request) -> Response:
        """One answer for each id: what went wrong with one stops no other."""
        body = shapes.BulkInput.parse(request.data)
        ids, caller = body["ids"], self.caller
        match body["action"]:
            case "archive":
                outcomes = bulk.archive(ids, actor=caller)
            case "restore":
                outcomes = bulk.restore(ids, actor=caller)
            case "delete":
                outcomes = bulk.delete(ids, actor=caller)
            case "tag":
                outcomes = bulk.tag(ids, actor=caller, add=body.get("tags", ()), remove=body.get("remove_tags", ()))
            case "move":
                project = self.find_project(body["project_id"]) if body["project_id"] else None
                outcomes = bulk.move(ids, actor=caller, project=project)
            case "collect":
                outcomes = bulk.collect(ids, actor=caller, collection=self.find_collection(body["collection_id"]))
            case other:
                raise NotAllowedError(f"{other} is not done in bulk.")
        return Response(shapes.outcomes_output(outcomes))
