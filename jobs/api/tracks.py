"""Tracks of jobs over JSON: texts in versions, and drafts."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import InvalidFieldError
from core.rest.schema import Gives
from core.rest.views import ApiView
from jobs import policies, services
from jobs.api import serializers as shapes
from jobs.api.views import caller, find_job

TRACK_BODY_BYTES = 4 * 2**20


class JsonUnlessAskedOtherwise(DefaultContentNegotiation):
    """The view looks at `Accept` itself: a track is also a file."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:  # noqa: ARG002  (the framework's signature)
        return renderers[0], renderers[0].media_type


class JobTrack(ApiView):
    takes = shapes.TrackSaveInput
    query = (shapes.TrackQuery,)
    gives = Gives(get=shapes.TRACK, patch=shapes.TRACK)

    content_negotiation_class = JsonUnlessAskedOtherwise
    max_body_bytes = TRACK_BODY_BYTES

    def get(self, request: Request, job_id: uuid.UUID) -> Response | HttpResponse:
        job = find_job(request, job_id)
        query = shapes.TrackQuery.parse(request.query_params)
        text = services.read_track(job, language=query["lang"], kind=query["kind"], reader=caller(request))
        etag = f'"{text.version.number}"'
        if "text/vtt" in request.headers.get("Accept", ""):
            return HttpResponse(text.version.content, content_type="text/vtt; charset=utf-8", headers={"ETag": etag})
        return Response(shapes.track_output(text), headers={"ETag": etag})

    def patch(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "edit_tracks", job)
        if not isinstance(request.data, dict):
            raise ParseError
        body = shapes.TrackSaveInput.parse({**request.query_params.dict(), **request.data})
        base = body["base_version"] if body["base_version"] is not None else _if_match(request)
        text, dropped = services.save_track(
            job,
            language=body["lang"],
            kind=body["kind"],
            content=body["content"],
            author=caller(request),
            base_version=base,
            comment=body["comment"],
            lenient=body["lenient"],
        )
        return Response(
            {**shapes.track_output(text), **({"dropped": dropped} if body["lenient"] else {})},
            headers={"ETag": f'"{text.version.number}"'},
        )


def _if_match(request: Request) -> int | None:
    tag = request.headers.get("If-Match", "").strip().strip('"')
    if not tag or tag == "*":
        return None
    if not tag.isdigit():
        raise InvalidFieldError("If-Match must be a version number", field="If-Match")
    return int(tag)


class JobDraft(ApiView):
    """A text that lost against somebody else's save: read it, merge it by saving, discard it."""

    gives = Gives(get=shapes.DRAFT)

    def get(self, request: Request, job_id: uuid.UUID, draft_id: uuid.UUID) -> Response:
        draft = services.find_draft(find_job(request, job_id), draft_id, author=caller(request))
        return Response(
            {
                "id": draft.pk,
                "language": draft.track.language,
                "kind": draft.track.kind,
                "base_version": draft.base_version,
                "current_version": draft.track.version,
                "content": draft.content,
                "comment": draft.comment,
                "created_at": draft.created_at,
            }
        )

    def delete(self, request: Request, job_id: uuid.UUID, draft_id: uuid.UUID) -> Response:
        services.discard_draft(find_job(request, job_id), draft_id, author=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
