"""Files on their way in: announced, fetched from an address, looked after, and given up."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotFoundError
from core.rest.inputs import Input
from core.rest.schema import Gives, Made
from core.storage.uploads import PIECE_BYTES
from media_library.api import asset_shapes as shapes
from media_library.api.library import LibraryView
from media_library.models import Asset, Intake
from media_library.queries import assets as reads
from media_library.queries import intakes
from media_library.services import imports, intake
from media_library.services.quota import usage

SAID = ("title", "description", "tags")


class Uploads(LibraryView):
    takes: ClassVar[type[Input] | None] = shapes.AnnounceInput
    gives = Gives(get={"items": [shapes.UPLOAD]}, post=Made(shapes.ANNOUNCED))

    def get(self, _request: Request) -> Response:
        """What of one's own is still coming, to go on with in this browser or another, and what came to grief lately."""
        coming = intakes.under_way(self.caller)
        return Response({"items": [shapes.upload_output(one, chunk_size=PIECE_BYTES) for one in coming]})

    def post(self, request: Request) -> Response:
        """Announces a file. Its bytes go to `url`, by tus 1.0 or with Content-Range; then it is the asset of this `id`."""
        body = shapes.AnnounceInput.parse(request.data)
        return self.announced(body, **self.place(body))

    def announced(self, body: dict[str, Any], **place: Any) -> Response:
        made = intake.announce(
            owner=self.caller,
            filename=body["filename"],
            content_type=body["content_type"],
            size=body["size_bytes"],
            sha256=body["sha256"],
            media_type=body.get("media_type", ""),
            **place,
            **{name: body[name] for name in SAID if name in body},
        )
        same = reads.same_bytes(self.caller, body["sha256"])[:5] if body["sha256"] else Asset.objects.none()
        answer = {
            **shapes.upload_output(made, chunk_size=PIECE_BYTES),
            "duplicates": [{"id": one.pk, "name": one.name} for one in same],
        }
        return Response(answer, status=status.HTTP_201_CREATED)


class UploadDetail(LibraryView):
    gives = Gives(get=shapes.UPLOAD)

    def own(self, intake_id: uuid.UUID) -> Intake:
        found = Intake.objects.visible_to(self.caller).select_related("upload", "run").filter(pk=intake_id).first()
        if found is None:
            raise NotFoundError("Upload not found")
        return found

    def get(self, _request: Request, intake_id: uuid.UUID) -> Response:
        return Response(shapes.upload_output(self.own(intake_id), chunk_size=PIECE_BYTES))

    def delete(self, _request: Request, intake_id: uuid.UUID) -> Response:
        """Gives it up: what was sent or fetched so far goes. What has become an asset is deleted as one."""
        intake.give_up(self.own(intake_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Imports(LibraryView):
    takes = shapes.FetchInput
    gives = Gives(post=shapes.IMPORT)

    def post(self, request: Request) -> Response:
        """Fetches a file from a public https address (202). Its run tells how far it is; the asset will have this `id`."""
        body = shapes.FetchInput.parse(request.data)
        made = imports.import_url(
            owner=self.caller,
            url=body["url"],
            filename=body["filename"],
            **self.place(body),
            **{name: body[name] for name in SAID if name in body},
        )
        answer = {
            "id": made.pk,
            "run_id": made.run_id,
            "status": made.run.status if made.run else made.status,
            "status_url": f"/api/runs/{made.run_id}",
        }
        return Response(answer, status=status.HTTP_202_ACCEPTED)


class StorageUsage(LibraryView):
    gives = Gives(get=shapes.USAGE)

    def get(self, _request: Request) -> Response:
        """What the caller keeps, by kind, and how much more there is room for."""
        return Response(shapes.usage_output(usage(self.caller)))
