"""Files of jobs to take along: links to each, and packages, over JSON."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotFoundError
from core.live.events import percent
from core.rest import waiting
from core.rest.inputs import IdField, Input
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made
from core.rest.schema import page as page_shape
from core.rest.views import ApiView
from core.runs.models import Run
from jobs import policies, services
from jobs.api import serializers as shapes
from jobs.api.views import caller, find_job
from jobs.models import Delivery
from jobs.services import deliveries
from jobs.services.delivery import require_download
from jobs.services.packaging import DELIVERED, FORMATS, KINDS

NO_STORE = {"Cache-Control": "private, no-store"}
FILE = {
    "path": "string",
    "kind": "string",
    "language": "string",
    "bytes": "int",
    "sha256": "string",
    "version": "nullable int",
    "engine": "nullable string",
    "author": "nullable string",
}
SKIPPED = {"job_id": "uuid", "detail": "string"}
DELIVERY = {
    "id": "uuid",
    "status": "string",
    "filename": "string",
    "size_bytes": "nullable int",
    "sha256": "nullable string",
    "kinds": "list<string>",
    "formats": "list<string>",
    "files": [FILE],
    "skipped": [SKIPPED],
    "progress": "int",
    "error": "nullable string",
    "run_id": "nullable uuid",
    "created_at": "datetime",
    "expires_at": "datetime",
    "download_url": "nullable url",
    "url_expires_at": "nullable datetime",
}
PACKAGE = {
    "download_url": "url",
    "filename": "string",
    "size_bytes": "nullable int",
    "expires_at": "datetime",
    "job_count": "int",
    "skipped": [SKIPPED],
}


class BulkDownloadInput(Input):
    job_ids = serializers.ListField(child=IdField(), min_length=1, max_length=100)
    kinds = serializers.ListField(child=serializers.ChoiceField(KINDS), default=list, max_length=len(KINDS))


class DeliveryInput(Input):
    kinds = serializers.ListField(child=serializers.ChoiceField(KINDS), default=list, max_length=len(KINDS))
    formats = serializers.ListField(child=serializers.ChoiceField(FORMATS), default=list, max_length=len(FORMATS))


class Downloads(ApiView):
    gives = Gives(get={"job_id": "uuid", "expires_in": "int", "assets": [shapes.DOWNLOAD]})

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        require_download(caller(request), job)
        found = services.downloads(job)
        return Response(
            {
                "job_id": job.pk,
                "expires_in": settings.DOWNLOAD_LINK_SECONDS,
                "assets": [shapes.download_output(download) for download in found],
            },
            headers=NO_STORE,
        )


class BulkDownload(ApiView):
    takes = BulkDownloadInput
    gives = Gives(post=PACKAGE)
    body_names_things = True
    # The answer holds a signed link, which is kept nowhere; the package itself is made once.
    idempotent = False

    def post(self, request: Request) -> HttpResponse:
        policies.require(caller(request), "downloads")
        body = BulkDownloadInput.parse(request.data)
        asked = deliveries.ask_for_package(
            body["job_ids"], kinds=set(body["kinds"] or KINDS), forms=set(FORMATS), actor=caller(request)
        )
        if asked.delivery.status == Delivery.Status.READY:
            return waiting.as_json(package_output(asked.delivery, asked.skipped), headers=NO_STORE)
        run, person = asked.delivery.run, caller(request)
        assert run is not None  # noqa: S101  (what is being built has a run)

        def when_built(_run: Run) -> HttpResponse:
            # Seconds have passed: rights may have gone meanwhile.
            try:
                delivery = deliveries.find_delivery(asked.delivery.pk, reader=person)
            except NotFoundError as error:
                raise NotFoundError(deliveries.NOTHING) from error
            return waiting.as_json(package_output(delivery, asked.skipped), headers=NO_STORE)

        return waiting.when_done(request, run, when_built)


class JobDeliveries(ApiView):
    takes = DeliveryInput
    query = ("page", "size")
    gives = Gives(get=page_shape(DELIVERY), post=Made(DELIVERY))
    idempotent = False

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """The caller's own packages that hold this job."""
        job = find_job(request, job_id)
        require_download(caller(request), job)
        found = Delivery.objects.visible_to(caller(request)).filter(jobs=job, jobs__deleted_at=None).alive()
        page = page_of(found.select_related("run"), PageRequest.parse(request.query_params))
        return Response(page.body(lambda rows: [delivery_output(row, linked=False) for row in rows]), headers=NO_STORE)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        require_download(caller(request), job)
        body = DeliveryInput.parse(request.data or {})
        asked = deliveries.ask_for_package(
            [job.pk],
            kinds=set(body["kinds"] or DELIVERED),
            forms=set(body["formats"] or FORMATS),
            actor=caller(request),
        )
        return Response(delivery_output(asked.delivery), status=status.HTTP_201_CREATED, headers=NO_STORE)


class DeliveryDetail(ApiView):
    gives = Gives(get=DELIVERY)

    def get(self, request: Request, delivery_id: uuid.UUID) -> Response:
        found = deliveries.find_delivery(delivery_id, reader=caller(request))
        return Response(delivery_output(found), headers=NO_STORE)


def delivery_output(delivery: Delivery, *, linked: bool = True) -> dict[str, Any]:
    """`linked`: with a signed link, where it is ready."""
    link = deliveries.link_to(delivery) if linked else None
    run = delivery.run
    ready = delivery.status == Delivery.Status.READY
    return {
        "id": delivery.pk,
        "status": delivery.status,
        "filename": delivery.filename,
        "size_bytes": delivery.size,
        "sha256": delivery.sha256 or None,
        "kinds": delivery.kinds,
        "formats": delivery.formats,
        "files": delivery.manifest,
        "skipped": delivery.skipped,
        "progress": 100 if ready else percent(run.progress) if run else 0,
        "error": (run.error or None) if run and delivery.status == Delivery.Status.FAILED else None,
        "run_id": delivery.run_id,
        "created_at": delivery.created_at,
        "expires_at": delivery.expires_at,
        "download_url": link.url if link else None,
        "url_expires_at": link.expires_at if link else None,
    }


def package_output(delivery: Delivery, skipped: list[dict[str, str]]) -> dict[str, Any]:
    link = deliveries.link_to(delivery)
    if link is None:
        raise NotFoundError(deliveries.NOTHING)
    return {
        "download_url": link.url,
        "filename": delivery.filename,
        "size_bytes": delivery.size,
        "expires_at": link.expires_at,
        "job_count": delivery.jobs.count(),
        "skipped": skipped,
    }
