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
from jobs import policies, queries, services
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
        return Response({"job_id": job_id, **shapes.upload_output(upload)})


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
    takes = shapes.JobCreateInput
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
    takes = shapes.JobUpdateInput
    gives = Gives(get=shapes.JOB, patch=shapes.JOB)

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(shapes.job_output(find_job(request, job_id), caller(request)))

    def patch(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "update", job)
        changes = shapes.JobUpdateInput.changes(request.data)
        services.update_job(job, actor=caller(request), **changes)
        return answer(request, job_id)

    def delete(self, request: Request, job_id: uuid.UUID) -> Response:
        services.delete_job(find_job(request, job_id), actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Clone(ApiView):
    takes = shapes.CloneInput
    gives = Gives(post=Made(shapes.CLONE))

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "clone", job)
        body = shapes.CloneInput.parse(request.data or {})
        about = {"actor": caller(request), "title": body["title"], "filename": body["filename"]}
        upload = None
        if body["gcs_uri"]:
            copy = services.clone_job(job, gcs_uri=body["gcs_uri"], **about)
        else:
            copy, upload = services.clone_waiting(
                job, content_type=body["content_type"], size=body["size_bytes"], **about
            )
        found = queries.detailed(Job.objects.all()).get(pk=copy.pk)
        made = {**shapes.job_output(found, caller(request)), "upload": shapes.upload_output(upload) if upload else None}
        return Response(made, status=status.HTTP_201_CREATED)


class Validate(ApiView):
    gives = Gives(get=shapes.VALIDATION)

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        found = services.validate(find_job(request, job_id), actor=caller(request))
        return Response(shapes.validation_output(found))
