"""Briefs over JSON."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.db.models import QuerySet
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.services import foreign_reads
from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page
from core.rest.views import ApiView
from jobs.api.serializers import LANGUAGE_LENGTH, RequestedOutputsInput, TtsPreferencesInput
from jobs.api.views import caller
from jobs.models import Brief, Job
from jobs.services import briefs

BRIEF = {
    "id": "uuid",
    "status": "string",
    "title": "string",
    "description": "nullable string",
    "org_id": "nullable uuid",
    "client_id": "nullable uuid",
    "project_id": "nullable uuid",
    "source_language": "nullable string",
    "languages": "list<string>",
    "requested_outputs": {
        "$nullable": True,
        "captions_vtt": "bool",
        "audio_description_vtt": "bool",
        "audio_description_mp3": "bool",
        "accessible_video_mp4": "bool",
        "languages": "list<string>",
        "tts_preferences": {"provider": "string", "model": "string", "default_voice": "string"},
    },
    "priority": "int",
    "due_date": "nullable datetime",
    "created_by": "uuid",
    "submitted_at": "nullable datetime",
    "approved_by": "nullable uuid",
    "approved_at": "nullable datetime",
    "created_at": "datetime",
    "updated_at": "datetime",
}
KEPT_AS = {"org_id": "organization_id"}


class BriefListQuery(Input):
    org_id = IdField(required=False, default=None)
    status = serializers.ChoiceField(Brief.Status.values, required=False, default=None)


class BriefChangeInput(Input):
    """Only what is given changes."""

    title = TextField(max_length=255, required=False)
    description = TextField(max_length=20_000, required=False, allow_blank=True, allow_null=True)
    org_id = IdField(required=False, allow_null=True)
    client_id = IdField(required=False, allow_null=True)
    project_id = IdField(required=False, allow_null=True)
    source_language = TextField(max_length=LANGUAGE_LENGTH, required=False, allow_blank=True, allow_null=True)
    languages = serializers.ListField(child=TextField(max_length=LANGUAGE_LENGTH), required=False, max_length=60)
    requested_outputs = RequestedOutputsInput(required=False, allow_null=True)
    priority = serializers.ChoiceField(Job.Priority.choices, required=False)
    due_date = serializers.DateTimeField(required=False, allow_null=True)

    @classmethod
    def read(cls, data: Any) -> briefs.Said:
        body = cls.parse(data)
        for name in ("description", "source_language"):
            if name in body:
                body[name] = body[name] or ""
        if wanted := body.get("requested_outputs"):
            body["requested_outputs"] = {"tts_preferences": TtsPreferencesInput.parse({}), **wanted}
        return cast("briefs.Said", {KEPT_AS.get(name, name): value for name, value in body.items()})


class BriefInput(BriefChangeInput):
    title = TextField(max_length=255)


def brief_output(brief: Brief) -> dict[str, Any]:
    wanted = brief.requested_outputs
    return {
        "id": brief.pk,
        "status": brief.status,
        "title": brief.title,
        "description": brief.description or None,
        "org_id": brief.organization_id,
        "client_id": brief.client_id,
        "project_id": brief.project_id,
        "source_language": brief.source_language or None,
        "languages": brief.languages,
        "requested_outputs": {**wanted, "languages": brief.languages} if wanted else None,
        "priority": brief.priority,
        "due_date": brief.due_date,
        "created_by": brief.created_by_id,
        "submitted_at": brief.submitted_at,
        "approved_by": brief.approved_by_id,
        "approved_at": brief.approved_at,
        "created_at": brief.created_at,
        "updated_at": brief.updated_at,
    }


def find_brief(request: Request, brief_id: uuid.UUID) -> Brief:
    found = Brief.objects.visible_to(caller(request)).filter(pk=brief_id).first()
    if found is None:
        raise NotFoundError("Brief not found")
    foreign_reads.note(caller(request), found)
    return found


class Briefs(ApiView):
    takes = BriefInput
    query = ("page", "size", BriefListQuery)
    gives = Gives(get=page(BRIEF), post=Made(BRIEF))

    def get(self, request: Request) -> Response:
        wanted = PageRequest.parse(request.query_params)
        query = BriefListQuery.parse(request.query_params)
        found: QuerySet[Brief] = Brief.objects.visible_to(caller(request)).order_by("-created_at", "-pk")
        if query["org_id"] is not None:
            found = found.filter(organization=query["org_id"])
        if query["status"]:
            found = found.filter(status=query["status"])
        return Response(page_of(found, wanted).body(lambda rows: [brief_output(brief) for brief in rows]))

    def post(self, request: Request) -> Response:
        policies.require(caller(request), "jobs.brief.create")
        brief = briefs.create_brief(BriefInput.read(request.data), actor=caller(request))
        return Response(brief_output(brief), status=status.HTTP_201_CREATED)


class BriefDetail(ApiView):
    takes = BriefChangeInput
    gives = Gives(get=BRIEF, patch=BRIEF)

    def get(self, request: Request, brief_id: uuid.UUID) -> Response:
        return Response(brief_output(find_brief(request, brief_id)))

    def patch(self, request: Request, brief_id: uuid.UUID) -> Response:
        brief = find_brief(request, brief_id)
        policies.require(caller(request), "jobs.brief.change", brief)
        said = BriefChangeInput.read(request.data)
        return Response(brief_output(briefs.update_brief(brief, said, actor=caller(request))))


class BriefSubmit(ApiView):
    gives = Gives(post=BRIEF)

    def post(self, request: Request, brief_id: uuid.UUID) -> Response:
        brief = briefs.submit_brief(find_brief(request, brief_id), actor=caller(request))
        return Response(brief_output(brief))


class BriefApprove(ApiView):
    gives = Gives(post=BRIEF)

    def post(self, request: Request, brief_id: uuid.UUID) -> Response:
        brief = briefs.approve_brief(find_brief(request, brief_id), actor=caller(request))
        return Response(brief_output(brief))
