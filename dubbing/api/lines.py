"""The lines and the cast of a dub over JSON. Every change answers with the desk's row of what was changed."""

from __future__ import annotations

import math
import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives
from dubbing.api.base import WRITE, DubView
from dubbing.api.shapes import DUB, LINE, REPORT, ROLE, dub_shape, line_shape, report_shape, role_shape
from dubbing.models import DubSpeaker
from dubbing.queries import desk as desks
from dubbing.services import casting, dubs, fitting, lines, speaking
from media_library.models import VoiceProfile

CHANGED = {"line": LINE, "report": REPORT}


class SecondsField(serializers.FloatField):
    """A place in a film. JSON has no infinity, but its readers do."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value) or not 0 <= value < 10**6:
            self.fail("invalid")
        return value


class LineChange(Input):
    """`based_on` is the line's `version` as it was read; `suggestion` true takes the suggested wording."""

    text = TextField(required=False, allow_blank=True, max_length=lines.LONGEST_TEXT)
    based_on = TextField(required=False, max_length=64)
    start = SecondsField(required=False)
    end = SecondsField(required=False)
    muted = serializers.BooleanField(required=False)
    role_id = IdField(required=False)
    suggestion = serializers.BooleanField(required=False, default=False)


class LineSplit(Input):
    at = SecondsField()
    text_at = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0, max_value=2000)


class RoleChange(Input):
    """An engine's `voice`, or a matched one's `profile_id`; `speed` from half to twice as fast."""

    voice = TextField(required=False, max_length=100)
    profile_id = IdField(required=False)
    name = TextField(required=False, max_length=150)
    speed = serializers.FloatField(required=False, min_value=0.5, max_value=2.0)


class LineView(DubView):
    def changed(self, dub_id: uuid.UUID, line_id: uuid.UUID) -> dict[str, Any]:
        desk = desks.desk(dubs.find(dub_id), self.caller)
        found = desk.line(line_id)
        if found is None:
            raise NotFoundError(lines.NO_LINE)
        return {"line": line_shape(found), "report": report_shape(desk.report)}


class DubLineDetail(LineView):
    takes = LineChange
    body_names_things = True
    gives = Gives(patch=CHANGED)

    def patch(self, request: Request, dub_id: uuid.UUID, line_id: uuid.UUID) -> Response:
        line = self.find_line(dub_id, line_id, WRITE)
        values = LineChange.parse(request.data)
        role_id, suggested = values.pop("role_id", None), values.pop("suggestion")
        role: DubSpeaker | None = None
        if role_id is not None and (role := line.dub.cast.filter(pk=role_id).first()) is None:
            raise NotFoundError(casting.NO_ROLE)
        if suggested:
            lines.accept_suggestion(line, actor=self.caller)
        else:
            lines.change(line, actor=self.caller, role=role, **values)
        return Response(self.changed(dub_id, line_id))


class DubLineSpeak(LineView):
    gives = Gives(post=DUB)

    def post(self, _request: Request, dub_id: uuid.UUID, line_id: uuid.UUID) -> Response:
        line = self.find_line(dub_id, line_id, WRITE)
        speaking.speak(line.dub, actor=self.caller, lines=[line])
        return Response(dub_shape(dubs.find(dub_id)))


class DubLineSplit(LineView):
    takes = LineSplit
    gives = Gives(post={"lines": [LINE]})

    def post(self, request: Request, dub_id: uuid.UUID, line_id: uuid.UUID) -> Response:
        line = self.find_line(dub_id, line_id, WRITE)
        parts = lines.split(line, actor=self.caller, **LineSplit.parse(request.data))
        return Response({"lines": [self.changed(dub_id, part.pk)["line"] for part in parts]})


class DubLineMerge(LineView):
    gives = Gives(post=CHANGED)

    def post(self, _request: Request, dub_id: uuid.UUID, line_id: uuid.UUID) -> Response:
        lines.merge(self.find_line(dub_id, line_id, WRITE), actor=self.caller)
        return Response(self.changed(dub_id, line_id))


class DubLineSuggest(LineView):
    """A shorter wording, kept with the line. Nothing is changed until somebody takes it."""

    gives = Gives(
        post={"suggestion": "string", "how": "string", "engine": "string", "most_characters": "int", "line": LINE}
    )

    def post(self, _request: Request, dub_id: uuid.UUID, line_id: uuid.UUID) -> Response:
        found = fitting.suggest(self.find_line(dub_id, line_id, WRITE), actor=self.caller)
        told = {"suggestion": found.text, "how": found.how, "engine": found.engine, "most_characters": found.most}
        return Response({**told, "line": self.changed(dub_id, line_id)["line"]})


class DubRole(DubView):
    takes = RoleChange
    body_names_things = True
    gives = Gives(patch={"role": ROLE, "report": REPORT})

    def patch(self, request: Request, dub_id: uuid.UUID, role_id: uuid.UUID) -> Response:
        role = self.find_role(dub_id, role_id, WRITE)
        values = RoleChange.parse(request.data)
        profile_id = values.pop("profile_id", None)
        profile = None
        if profile_id is not None:
            profile = VoiceProfile.objects.visible_to(self.caller).filter(pk=profile_id).first()
            if profile is None:
                raise NotFoundError(casting.NO_PROFILE)
        casting.cast(role, actor=self.caller, profile=profile, **values)
        desk = desks.desk(dubs.find(dub_id), self.caller)
        found = desk.role(role_id)
        if found is None:
            raise NotFoundError(casting.NO_ROLE)
        return Response({"role": role_shape(found), "report": report_shape(desk.report)})
