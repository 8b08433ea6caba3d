"""Dubs over JSON: begun, listed, read, changed, worked on and thrown away."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.api.base import PAGING
from accounts.models import Project
from core import audit
from core.errors import DomainError, NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page
from dubbing.api.base import DELETE, WRITE, DubView
from dubbing.api.shapes import DESK, DUB, dub_shape
from dubbing.models import Dub, DubLine
from dubbing.queries import desk as desks
from dubbing.services import dubs, exports, mixing, speaking
from dubbing.services.dubs import Options
from media_library.media import fitting
from media_library.models import Asset

NO_VIDEO = "Video not found"
NO_PROJECT = "Project not found"


class DubOptions(Input):
    background = serializers.ChoiceField(dubs.BACKGROUNDS, required=False)
    duck_db = serializers.FloatField(min_value=3.0, max_value=60.0, required=False)
    fastest = serializers.FloatField(min_value=1.0, max_value=fitting.BLOCKS, required=False)
    loudness = serializers.ChoiceField(list(dubs.LOUDNESS), required=False)
    auto_film = serializers.BooleanField(required=False)


class NewDub(Input):
    video_id = IdField()
    target_language = TextField(max_length=35)
    title = TextField(max_length=255, required=False, default="", allow_blank=True)
    project_id = IdField(required=False, allow_null=True, default=None)
    options = DubOptions(required=False)


class DubChange(Input):
    title = TextField(max_length=255, required=False)
    project_id = IdField(required=False, allow_null=True)
    options = DubOptions(required=False)


class SpeakInput(Input):
    """Without `lines` those that are not spoken as they are written."""

    lines = serializers.ListField(child=IdField(), required=False, allow_empty=False, max_length=2000)


class Dubs(DubView):
    """The newest first."""

    takes = NewDub
    body_names_things = True
    query = (*PAGING, "video_id")
    gives = Gives(get=page(DUB), post=Made(DUB))

    def get(self, request: Request) -> Response:
        rows = dubs.rows().filter(pk__in=Dub.objects.visible_to(self.caller).order_by().values("pk"))
        if wanted := request.query_params.get("video_id"):
            rows = rows.filter(video=_id(wanted))
        found = page_of(rows.order_by("-created_at", "-pk"), PageRequest.parse(request.query_params))
        return Response(found.body(lambda own: [dub_shape(dub) for dub in own]))

    def post(self, request: Request) -> Response:
        body = request.data if isinstance(request.data, dict) else {}
        video = self._video(body.get("video_id"))
        values = NewDub.parse(request.data)
        project = self.project(values["project_id"])
        dub = dubs.begin(
            video,
            actor=self.caller,
            target_language=values["target_language"],
            title=values["title"],
            options=Options(**values.get("options", {})),
            project=project,
        )
        return Response(dub_shape(dub), status=status.HTTP_201_CREATED)

    def _video(self, sent: Any) -> Asset:
        """What is no id names nothing that anybody sees; none at all is a field that is missing."""
        if sent is None:
            NewDub.parse(self.request.data)
        found = Asset.objects.visible_to(self.caller).originals().filter(pk=_id(sent)).first()
        if found is None:
            raise NotFoundError(NO_VIDEO)
        policies.require(self.caller, "dubbing.dub.create", found)
        return found

    def project(self, project_id: uuid.UUID | None) -> Project | None:
        return find_project(self, project_id)


def find_project(view: DubView, project_id: uuid.UUID | None) -> Project | None:
    """One in which the caller may write; None where none is named."""
    if project_id is None:
        return None
    found = Project.objects.visible_to(view.caller).select_related("client").filter(pk=project_id).first()
    if found is None:
        raise NotFoundError(NO_PROJECT)
    policies.require(view.caller, "accounts.project.update", found)
    return found


def _id(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(value) if isinstance(value, str) else uuid.UUID(int=0)
    except ValueError:
        return uuid.UUID(int=0)


class DubDetail(DubView):
    takes = DubChange
    body_names_things = True
    gives = Gives(get=DUB, patch=DUB)

    def get(self, _request: Request, dub_id: uuid.UUID) -> Response:
        return Response(dub_shape(self.find(dub_id)))

    def patch(self, request: Request, dub_id: uuid.UUID) -> Response:
        dub = self.find(dub_id, WRITE)
        values = DubChange.parse(request.data)
        project = find_project(self, values.get("project_id"))
        options = Options(**{**Options.of(dub.options).__dict__, **values["options"]}) if "options" in values else None
        changed = dubs.change(
            dub,
            actor=self.caller,
            title=values.get("title"),
            options=options,
            project=project,
            leave_project="project_id" in values and project is None,
        )
        return Response(dub_shape(changed))

    def delete(self, _request: Request, dub_id: uuid.UUID) -> Response:
        dubs.delete(self.find(dub_id, DELETE), actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class DubDesk(DubView):
    """Cast, lines, report, and the voices that can be chosen."""

    gives = Gives(get=DESK)

    def get(self, _request: Request, dub_id: uuid.UUID) -> Response:
        return Response(self.desk(self.find(dub_id).pk))


class DubSpeak(DubView):
    takes = SpeakInput
    gives = Gives(post=DUB)

    def post(self, request: Request, dub_id: uuid.UUID) -> Response:
        dub = self.find(dub_id, WRITE)
        wanted = SpeakInput.parse(request.data).get("lines")
        named: list[DubLine] | None = None
        if wanted is not None:
            named = list(dub.lines.filter(pk__in=wanted))
            if len(named) != len(set(wanted)):
                raise NotFoundError("Line not found")
        speaking.speak(dub, actor=self.caller, lines=named)
        return Response(dub_shape(dubs.find(dub.pk)))


class DubFilm(DubView):
    gives = Gives(post=DUB)

    def post(self, _request: Request, dub_id: uuid.UUID) -> Response:
        dub = self.find(dub_id, WRITE)
        mixing.make(dub, actor=self.caller)
        return Response(dub_shape(dubs.find(dub.pk)))


class DubCancel(DubView):
    gives = Gives(post=DUB)

    def post(self, _request: Request, dub_id: uuid.UUID) -> Response:
        return Response(dub_shape(dubs.cancel(self.find(dub_id, WRITE), actor=self.caller)))


class DubRetry(DubView):
    gives = Gives(post=DUB)

    def post(self, _request: Request, dub_id: uuid.UUID) -> Response:
        return Response(dub_shape(dubs.retry(self.find(dub_id, WRITE), actor=self.caller)))


class DubExport(DubView):
    """`?format=`: vtt, srt, csv and json come at once; wav, mp4 and zip lead to the file."""

    query = ("format",)

    def get(self, request: Request, dub_id: uuid.UUID) -> HttpResponse:
        dub = self.find(dub_id)
        wanted = request.query_params.get("format", "vtt")
        if wanted not in exports.FORMATS:
            raise DomainError(exports.UNKNOWN)
        desk = desks.desk(dub, self.caller)
        made = exports.text(desk, wanted)
        response: HttpResponse
        if made is None:
            response = HttpResponseRedirect(exports.link(desk, wanted))
        else:
            response = HttpResponse(made.content, content_type=made.content_type)
            response.headers["Content-Disposition"] = f'attachment; filename="{made.filename}"'
        response.headers["Cache-Control"] = "private, no-store"
        audit.record("dubbing.dub.export", dub, actor=self.caller, format=wanted)
        return response
