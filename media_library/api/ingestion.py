"""Preparing a file again over JSON."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import policies
from core.rest.schema import Gives
from core.rest.waiting import accepted
from media_library.api.library import LibraryView
from media_library.services import ingestion

CHANGE = "media_library.asset.change"
UNDER_WAY = {"run_id": "uuid", "status": "string", "status_url": "url"}


class Ingest(LibraryView):
    gives = Gives(post=UNDER_WAY, delete=UNDER_WAY)

    def post(self, _request: Request, asset_id: uuid.UUID) -> HttpResponse:
        """Does again what failed or was left out. What is there is not made anew."""
        asset = self.find(asset_id)
        policies.require(self.caller, CHANGE, asset)
        return accepted(ingestion.restart(asset, by=self.caller))

    def delete(self, _request: Request, asset_id: uuid.UUID) -> HttpResponse:
        """Stops what is under way."""
        asset = self.find(asset_id)
        policies.require(self.caller, CHANGE, asset)
        return accepted(ingestion.cancel(asset, by=self.caller))
