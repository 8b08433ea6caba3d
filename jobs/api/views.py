"""Jobs over JSON: parse, find among what the caller may see, call one function, answer its shape."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.services import foreign_reads
from core.errors import InvalidFieldError, NotFoundError, UpgradeRequiredError
from core.rest.paging import PageRequest, page_of
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives, Made
from core.rest.schema import page as page_shape
from core.rest.views import ApiView
from core.storage.spooling import spooled
from core.storage.uris import gcs_uri
from jobs import policies, queries, services, workflows
from jobs.api import serializers as shapes
from jobs.models import Job


def caller(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (every route here wants a signed-in person)
    return request.user


def find_job(request: Request, job_id: uuid.UUID) -> Job:
    found = queries.detailed(Job.objects.visible_to(caller(request))).filter(pk=job_id).first()
    if found is None:
        raise NotFoundError("Job not found")
    foreign_reads.note(caller(request), found)
    return found


def answer(request: Request, job_id: uuid.UUID, *, code: int = status.HTTP_200_OK) -> Response:
    """The job as it is after the change, read again with all that its shape shows."""
    job = queries.detailed(Job.objects.all()).get(pk=job_id)
    return Response(shapes.job_output(job, caller(request)), status=code)


class StatusSocket(ApiView):
    """The status socket's address, asked for without an upgrade."""

    gives = Gives(get={})

    def get(self, _request: Request) -> Response:
        raise UpgradeRequiredError


class UploadInit(ApiView):
    takes = shapes.UploadInitInput
    gives = Gives(post=shapes.UPLOAD)

    def post(self, request: Request) -> Response:
        policies.require(caller(request), "create")
        body = shapes.UploadInitInput.parse(request.data)
        job_id, upload = services.reserve_upload(
            owner=caller(request),
            filename=body["filename"],
            content_type=body["content_type"],
            size=body["size_bytes"],
        )
        return Response(
            {
                "job_id": job_id,
                "upload_url": upload.url,
                "method": "PUT",
                "headers": {"Content-Type": upload.content_type},
                "gcs_uri": gcs_uri(upload.key),
                "expires_at": upload.expires_at,
            }
        )


class UploadComplete(ApiView):
    takes = shapes.UploadCompleteInput
    gives = Gives(post=Made(shapes.JOB))

    def post(self, request: Request) -> Response:
        policies.require(caller(request), "create")
        body = shapes.UploadCompleteInput.parse(request.data)
        new = shapes.NewJobInput.to_new_job(body)
        job = services.complete_upload(body["gcs_uri"], owner=caller(request), new=new)
        return answer(request, job.pk, code=status.HTTP_201_CREATED)


class Jobs(ApiView):
    takes = shapes.UploadCompleteInput
    query = ("page", "size", shapes.JobListQuery)
    gives = Gives(get=page_shape(shapes.JOB_ROW), post=Made(shapes.JOB))
    # The file, and room for the form's other fields.
    max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + 2**20
    parser_classes = (StrictJSONParser, MultiPartParser)

    def get(self, request: Request) -> Response:
        page = PageRequest.parse(request.query_params)
        query = shapes.JobListQuery.parse(request.query_params)
        jobs = queries.board(
            caller(request),
            statuses=query["status"],
            organization_id=query["org_id"],
            client_id=query["client_id"],
            project_id=query["project_id"],
            sort=query["sort"],
        )
        found = page_of(jobs, page)
        return Response(found.body(lambda rows: [shapes.job_row(job) for job in rows]))

    def post(self, request: Request) -> Response:
        """A small file in one piece (multipart), or JSON naming an upload that is complete."""
        policies.require(caller(request), "create")
        upload = request.FILES.get("file")
        if upload is None:
            body = shapes.UploadCompleteInput.parse(request.data)
            new = shapes.NewJobInput.to_new_job(body)
            job = services.complete_upload(body["gcs_uri"], owner=caller(request), new=new)
            return answer(request, job.pk, code=status.HTTP_201_CREATED)
        fields: dict[str, Any] = dict(request.POST.items())
        fields["filename"] = upload.name or "video"
        fields["requested_outputs"] = _json_field(fields.get("requested_outputs", "{}"))
        new = shapes.NewJobInput.read(fields)
        with spooled(upload) as path:
            job = services.create_from_file(
                Path(path), owner=caller(request), new=new, content_type=upload.content_type or ""
            )
        return answer(request, job.pk, code=status.HTTP_201_CREATED)


def _json_field(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError) as error:
        raise InvalidFieldError("requested_outputs is not JSON", field="requested_outputs") from error


class JobDetail(ApiView):
    gives = Gives(get=shapes.JOB)

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(shapes.job_output(find_job(request, job_id), caller(request)))


class Cancel(ApiView):
    takes = shapes.ReasonInput
    gives = Gives(post=shapes.JOB)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "cancel", job)
        body = shapes.ReasonInput.parse(_body(request))
        workflows.cancel(job, actor=caller(request), reason=body["reason"])
        return answer(request, job_id)


class Retry(ApiView):
    gives = Gives(post=shapes.JOB)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        workflows.retry(find_job(request, job_id), actor=caller(request))
        return answer(request, job_id)


class ApproveSource(ApiView):
    takes = shapes.CommentInput
    gives = Gives(post=shapes.JOB)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "approve_source", job)
        body = shapes.CommentInput.parse(_body(request))
        workflows.approve_source(job, actor=caller(request), comment=body["comment"])
        return answer(request, job_id)


class Complete(ApiView):
    takes = shapes.CommentInput
    gives = Gives(post=shapes.JOB)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "complete", job)
        body = shapes.CommentInput.parse(_body(request))
        workflows.complete(job, actor=caller(request), comment=body["comment"])
        return answer(request, job_id)


def _body(request: Request) -> Any:
    """The body of a verb whose body is optional."""
    return request.data or {}


class Downloads(ApiView):
    gives = Gives(get={"job_id": "uuid", "expires_in": "int", "assets": [shapes.DOWNLOAD]})

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "downloads", job)
        found = services.downloads(job)
        return Response(
            {
                "job_id": job.pk,
                "expires_in": settings.DOWNLOAD_LINK_SECONDS,
                "assets": [shapes.download_output(download) for download in found],
            },
            headers={"Cache-Control": "private, no-store"},
        )
