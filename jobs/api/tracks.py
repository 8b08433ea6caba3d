"""Tracks of jobs over JSON: texts in versions, what becomes of them, and drafts."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import InvalidFieldError, NotFoundError, TooLargeError
from core.rest.body import MIB
from core.rest.paging import PageRequest, page_of
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives, page
from core.rest.views import ApiView
from jobs import policies, services
from jobs.api import track_shapes as shapes
from jobs.api.serializers import TrackQuery
from jobs.api.views import caller, find_job
from media_library.services import TRACK_MAX_BYTES

TRACK_BODY_BYTES = 4 * MIB
# The database's whole numbers have fewer digits.
DIGITS = 10


class JsonUnlessAskedOtherwise(DefaultContentNegotiation):
    """The view looks at `Accept` itself: a track is also a file."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:  # noqa: ARG002  (the framework's signature)
        return renderers[0], renderers[0].media_type


class JobTrack(ApiView):
    takes = shapes.TrackSaveInput
    query = (TrackQuery,)
    query_methods = frozenset({"GET", "PATCH"})
    gives = Gives(get=shapes.TRACK, patch=shapes.TRACK)

    content_negotiation_class = JsonUnlessAskedOtherwise
    max_body_bytes = TRACK_BODY_BYTES

    def get(self, request: Request, job_id: uuid.UUID) -> Response | HttpResponse:
        job = find_job(request, job_id)
        query = TrackQuery.parse(request.query_params)
        text = services.read_track(job, language=query["lang"], kind=query["kind"], reader=caller(request))
        if "text/vtt" in request.headers.get("Accept", ""):
            etag = {"ETag": f'"{text.version.number}"'}
            return HttpResponse(text.version.content, content_type="text/vtt; charset=utf-8", headers=etag)
        return answer(text)

    def patch(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "edit_tracks", job)
        body = shapes.TrackSaveInput.parse(both(request))
        base = body["base_version"] if body["base_version"] is not None else _if_match(request)
        where: dict[str, Any] = {
            "language": body["lang"],
            "kind": body["kind"],
            "author": caller(request),
            "base_version": base,
            "comment": body["comment"],
        }
        more: dict[str, Any] = {"unconditional": True} if base is None else {}
        if "edits" in body:
            text, cues = services.save_cues(job, edits=[shapes.cue_edit(edit) for edit in body["edits"]], **where)
            return Response({**shapes.edited_output(text, cues), **more}, headers={"ETag": f'"{text.version.number}"'})
        text, dropped = services.save_track(job, content=body["content"], lenient=body["lenient"], **where)
        return answer(text, **more, **({"dropped": dropped} if body["lenient"] else {}))


def answer(text: services.TrackText, **more: Any) -> Response:
    return Response({**shapes.track_output(text), **more}, headers={"ETag": f'"{text.version.number}"'})


def both(request: Request) -> dict[str, Any]:
    """`lang` and `kind` may stand in the query or in the body; the body wins."""
    if not isinstance(request.data, dict):
        raise ParseError
    return {**request.query_params.dict(), **request.data}


def _if_match(request: Request) -> int | None:
    tag = request.headers.get("If-Match", "").strip().strip('"')
    if not tag or tag == "*":
        return None
    if not tag.isdigit() or int(tag) > shapes.LARGEST_INT:
        raise InvalidFieldError("If-Match must be a version number", field="If-Match")
    return int(tag)


class AdjustTiming(ApiView):
    takes = shapes.ShiftInput
    gives = Gives(post=shapes.TRACK)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "edit_tracks", job)
        body = shapes.ShiftInput.parse(both(request))
        text = services.shift_track(
            job,
            language=body["lang"],
            kind=body["kind"],
            offset_ms=body["offset_ms"],
            first=body["start_cue"],
            last=body["end_cue"],
            clamp=body["clamp"],
            author=caller(request),
            base_version=body["base_version"],
        )
        return answer(text)


class Versions(ApiView):
    query = ("page", "size", TrackQuery)
    gives = Gives(get=page(shapes.VERSION_ROW))

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        wanted, query = PageRequest.parse(request.query_params), TrackQuery.parse(request.query_params)
        found = services.versions(job, language=query["lang"], kind=query["kind"], reader=caller(request))
        return Response(page_of(found, wanted).body(lambda rows: [shapes.version_row(row) for row in rows]))


class Version(ApiView):
    query = (TrackQuery,)
    gives = Gives(get=shapes.VERSION)

    def get(self, request: Request, job_id: uuid.UUID, version: str) -> Response:
        job = find_job(request, job_id)
        if not (version.isascii() and version.isdigit() and len(version) < DIGITS):
            raise NotFoundError("Version not found")
        query = TrackQuery.parse(request.query_params)
        found = services.version_text(
            job, int(version), language=query["lang"], kind=query["kind"], reader=caller(request)
        )
        return Response({**shapes.version_row(found), "content": found.content})


class Diff(ApiView):
    query = (shapes.DiffQuery,)
    gives = Gives(get=shapes.COMPARISON)

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        query = shapes.DiffQuery.parse(request.query_params)
        compared = services.diff_versions(
            job, query["from"], query["to"], language=query["lang"], kind=query["kind"], reader=caller(request)
        )
        return Response(shapes.comparison_output(compared))


class Restore(ApiView):
    takes = shapes.RestoreInput
    gives = Gives(post=shapes.TRACK)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "edit_tracks", job)
        body = shapes.RestoreInput.parse(both(request))
        text = services.restore_version(
            job,
            body["version"],
            language=body["lang"],
            kind=body["kind"],
            author=caller(request),
            base_version=body["base_version"],
        )
        return answer(text)


class Merge(ApiView):
    """The caller's text and what others saved since, as one; nothing is saved."""

    takes = shapes.TrackMergeInput
    gives = Gives(post=shapes.MERGED)
    max_body_bytes = TRACK_BODY_BYTES

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "edit_tracks", job)
        body = shapes.TrackMergeInput.parse(both(request))
        merged = services.merge_draft(
            job,
            language=body["lang"],
            kind=body["kind"],
            content=body["content"],
            base_version=body["base_version"],
            author=caller(request),
        )
        return Response(shapes.merged_output(merged))


class CurrentDraft(ApiView):
    """What the caller has typed and not saved yet."""

    takes = shapes.DraftInput
    query = (TrackQuery,)
    gives = Gives(get=shapes.DRAFT, put=shapes.DRAFT)
    max_body_bytes = TRACK_BODY_BYTES

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        query = TrackQuery.parse(request.query_params)
        draft = services.current_draft(job, language=query["lang"], kind=query["kind"], author=caller(request))
        return Response(shapes.draft_output(draft))

    def put(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), "edit_tracks", job)
        body = shapes.DraftInput.parse(both(request))
        draft = services.save_draft(
            job,
            language=body["lang"],
            kind=body["kind"],
            content=body["content"],
            author=caller(request),
            base_version=body["base_version"],
        )
        return Response(shapes.draft_output(draft))

    def delete(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        query = TrackQuery.parse(request.query_params)
        services.discard_current_draft(job, language=query["lang"], kind=query["kind"], author=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Drafts(ApiView):
    """All the caller's texts of a track that are no version."""

    query = ("page", "size", TrackQuery)
    gives = Gives(get=page(shapes.DRAFT))

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        wanted, query = PageRequest.parse(request.query_params), TrackQuery.parse(request.query_params)
        found = services.drafts(job, language=query["lang"], kind=query["kind"], author=caller(request))
        return Response(page_of(found, wanted).body(lambda rows: [shapes.draft_output(row) for row in rows]))


class JobDraft(ApiView):
    """A text that lost against somebody else's save: read it, merge it by saving, discard it."""

    gives = Gives(get=shapes.DRAFT)

    def get(self, request: Request, job_id: uuid.UUID, draft_id: uuid.UUID) -> Response:
        draft = services.find_draft(find_job(request, job_id), draft_id, author=caller(request))
        return Response(shapes.draft_output(draft))

    def delete(self, request: Request, job_id: uuid.UUID, draft_id: uuid.UUID) -> Response:
        services.discard_draft(find_job(request, job_id), draft_id, author=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class UploadFinal(ApiView):
    """A finished WebVTT file in place of a track's text."""

    takes = shapes.UploadFinalInput
    gives = Gives(post=shapes.TRACK)
    max_body_bytes = TRACK_BODY_BYTES
    parser_classes = (MultiPartParser, StrictJSONParser)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        policies.require(caller(request), "upload_final")
        job = find_job(request, job_id)
        policies.require(caller(request), "upload_final", job)
        body = shapes.UploadFinalInput.parse(request.data)
        if body["file"].size > TRACK_MAX_BYTES:
            raise TooLargeError("A track may have 2 MB of text at most.")
        text = services.upload_track(
            job, body["file"].read(), language=body["language"], kind=body["kind"], author=caller(request)
        )
        return answer(text)
