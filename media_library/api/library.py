"""What the library's own views share: finding things as the caller sees them."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.api.base import PersonView
from accounts.models import Organization, Project
from accounts.services import foreign_reads
from core.errors import NotFoundError
from media_library.models import Asset, Collection


class LibraryView(PersonView):
    """For signed-in people."""

    def find(self, asset_id: uuid.UUID) -> Asset:
        """What was brought, in any of its versions; what the studio made of it has no life of its own."""
        assets = Asset.objects.visible_to(self.caller).filter(purpose=Asset.Purpose.ORIGINAL)
        found = (
            assets.select_related("owner", "project__client", "organization", "client", "run", "transcript")
            .filter(pk=asset_id)
            .first()
        )
        if found is None:
            raise NotFoundError("Asset not found")
        foreign_reads.note(self.caller, found)
        return found

    def find_collection(self, collection_id: uuid.UUID) -> Collection:
        collections = Collection.objects.visible_to(self.caller).distinct()
        found = collections.select_related("project", "organization").filter(pk=collection_id).first()
        if found is None:
            raise NotFoundError("Collection not found")
        foreign_reads.note(self.caller, found)
        return found

    def find_project(self, project_id: uuid.UUID) -> Project:
        found = (
            Project.objects.visible_to(self.caller)
            .select_related("client__organization")
            .distinct()
            .filter(pk=project_id)
            .first()
        )
        if found is None:
            raise NotFoundError("Project not found")
        return found

    def place(self, body: dict[str, Any]) -> dict[str, Any]:
        """What a body names by id, as things that the caller sees."""
        house = None
        if body["organization_id"] is not None:
            house = Organization.objects.visible_to(self.caller).filter(pk=body["organization_id"]).first()
            if house is None:
                raise NotFoundError("Organization not found")
        return {
            "organization": house,
            "project": self.find_project(body["project_id"]) if body["project_id"] else None,
            "collection": self.find_collection(body["collection_id"]) if body.get("collection_id") else None,
            "replaces": self.find(body["replaces"]) if body.get("replaces") else None,
        }
