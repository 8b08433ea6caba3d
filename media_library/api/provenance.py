"""How a file came to be, over JSON: a signed note beside it, credentials within it, and whether both hold."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.inputs import Input
from core.rest.schema import Gives
from core.storage import store
from core.storage.base import FileMissingError
from media_library.api.library import LibraryView
from media_library.media import credentials
from media_library.models import Asset
from media_library.services import provenance

NOTE = {
    "statement": "object",
    "signature": {"algorithm": "string", "value": "string", "certificate": "string"},
    "embedded": {"intact": "bool", "problems": "list<string>", "actions": "list<object>", "$nullable": True},
}
# Larger ones are looked into where they were downloaded to.
MOST_BYTES = 2**30


class AssetCredentials(LibraryView):
    """The statement of how it was made, signed by the studio, and what the file itself says of it."""

    gives = Gives(get=NOTE)

    def get(self, _request: Request, asset_id: uuid.UUID) -> Response:
        asset = self.find(asset_id)
        return Response({**provenance.sidecar(asset), "embedded": embedded(asset)})


def embedded(asset: Asset) -> dict[str, Any] | None:
    if asset.content_type not in credentials.SIGNABLE or not asset.provenance or asset.size > MOST_BYTES:
        return None
    try:
        with store().local(asset.key) as path:
            found = credentials.found(path, content_type=asset.content_type)
    except FileMissingError:
        return None
    if found is None:
        return None
    return {"intact": found.intact, "problems": list(found.problems), "actions": found.actions}


class CredentialsInput(Input):
    statement = serializers.DictField()
    signature = serializers.DictField()


class VerifyCredentials(LibraryView):
    """Whether the studio signed exactly this statement."""

    takes = CredentialsInput
    gives = Gives(post={"genuine": "bool"})

    def post(self, request: Request) -> Response:
        return Response({"genuine": provenance.is_genuine(CredentialsInput.parse(request.data))})
