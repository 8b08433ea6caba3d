"""Links for guests over JSON, and what a guest's program sees."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.errors import NotFoundError
from core.rest import throttles
from core.rest.inputs import Input, TextField
from core.rest.paging import PageRequest, page_of
from core.rest.request_info import address_of
from core.rest.schema import Gives, Made, page
from core.rest.views import ApiView
from jobs.api.views import caller, find_job
from qc.models import ShareLink
from qc.services import sharing
from qc.services.sharing import SharedFile, Terms

SHARE = {
    "id": "uuid",
    "job_id": "uuid",
    "token": "nullable string",
    "url": "nullable url",
    "prefix": "string",
    "name": "string",
    "expires_at": "nullable datetime",
    "allow_download": "bool",
    "allow_comments": "bool",
    "allow_approval": "bool",
    "has_password": "bool",
    "max_views": "nullable int",
    "view_count": "int",
    "last_seen_at": "nullable datetime",
    "created_by": "uuid",
    "created_at": "datetime",
}
PREVIEW = {
    "job": {
        "id": "uuid",
        "title": "string",
        "status": "string",
        "source_language": "string",
        "languages": "list<string>",
        "duration_seconds": "nullable float",
        "created_at": "datetime",
    },
    "assets": [{"language": "string", "kind": "string", "filename": "string", "content_type": "string", "url": "url"}],
    "allow_download": "bool",
    "expires_at": "nullable datetime",
}
# A guest's page and its programs may not be kept, found or passed on with their address.
QUIET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


class ShareInput(Input):
    expires_in_hours = serializers.IntegerField(
        required=False, min_value=1, max_value=sharing.MOST_DAYS * 24, default=sharing.DEFAULT_HOURS
    )
    allow_download = serializers.BooleanField(required=False, default=False)
    allow_comments = serializers.BooleanField(required=False, default=False)
    allow_approval = serializers.BooleanField(required=False, default=False)
    password = TextField(required=False, allow_blank=True, max_length=200, default="", trim_whitespace=False)
    max_views = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=sharing.MOST_VIEWS, default=None
    )
    name = TextField(required=False, allow_blank=True, max_length=100, default="")

    @classmethod
    def terms(cls, data: Any) -> Terms:
        body = cls.parse(data)
        return Terms(hours=body.pop("expires_in_hours"), **body)


def share_output(link: ShareLink, token: str = "") -> dict[str, Any]:
    """With its secret once, when it is made; nobody can say it again."""
    return {
        "id": link.pk,
        "job_id": link.job_id,
        "token": token or None,
        "url": sharing.address(token) if token else None,
        "prefix": link.prefix,
        "name": link.name,
        "expires_at": link.expires_at,
        "allow_download": link.allow_download,
        "allow_comments": link.allow_comments,
        "allow_approval": link.allow_approval,
        "has_password": bool(link.password),
        "max_views": link.max_views,
        "view_count": link.view_count,
        "last_seen_at": link.last_seen_at,
        "created_by": link.created_by_id,
        "created_at": link.created_at,
    }


class Shares(ApiView):
    takes = ShareInput
    query = ("page", "size")
    gives = Gives(get=page(SHARE), post=Made(SHARE))

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "qc.share.manage", job)
        wanted = PageRequest.parse(request.query_params)
        found = page_of(ShareLink.objects.alive().filter(job=job).order_by("-created_at", "-pk"), wanted)
        return Response(found.body(lambda rows: [share_output(row) for row in rows]))

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "qc.share.manage", job)
        made, token = sharing.share(job, actor=caller(request), terms=ShareInput.terms(request.data or {}))
        return Response(share_output(made, token), status=status.HTTP_201_CREATED, headers=QUIET)


class ShareDetail(ApiView):
    gives = Gives()

    def delete(self, request: Request, job_id: uuid.UUID, token_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "qc.share.manage", job)
        found = ShareLink.objects.alive().filter(job=job, pk=token_id).select_related("job").first()
        if found is None:
            raise NotFoundError("Share token not found")
        sharing.revoke(found, actor=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def counted(request: Any) -> None:
    """Guesses at links are counted by address, whether they hit or not."""
    throttles.check("shares", address_of(request), fail_closed=True)


class PublicShare(ApiView):
    """`X-Share-Password` opens a link that wants one: in the address it would stay in logs and histories."""

    permission_classes = (AllowAny,)
    gives = Gives(get=PREVIEW)

    def get(self, request: Request, token: str) -> Response:
        counted(request)
        found = sharing.find(token, password=request.headers.get("X-Share-Password", ""))
        sharing.visit(found, address=address_of(request))
        job = found.job
        languages = job.outputs.order_by(models.F("is_source").desc(), "language").values_list("language", flat=True)
        return Response(
            {
                "job": {
                    "id": job.pk,
                    "title": job.title,
                    "status": job.status,
                    "source_language": job.source_language,
                    "languages": list(languages),
                    "duration_seconds": job.source.duration if job.source else None,
                    "created_at": job.created_at,
                },
                "assets": [file_output(one) for one in sharing.files(found)],
                "allow_download": found.allow_download,
                "expires_at": found.expires_at,
            },
            headers=QUIET,
        )


def file_output(one: SharedFile) -> dict[str, Any]:
    return {
        "language": one.language,
        "kind": one.kind,
        "filename": one.filename,
        "content_type": one.content_type,
        "url": one.url,
    }
