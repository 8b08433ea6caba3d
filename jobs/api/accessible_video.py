"""How the description of a language is heard: pause points, the way of describing, and the film made anew."""

from __future__ import annotations

import math
import uuid
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotAllowedError
from core.rest.inputs import Input
from core.rest.schema import Gives
from core.rest.views import ApiView
from jobs import policies, services
from jobs.api import serializers as shapes
from jobs.api.views import answer, caller, find_job
from jobs.models import LanguageOutput
from jobs.services import pausing

_LONGEST_NUMBER = 10
POINT = {
    "cue_index": "int",
    "timestamp": "float",
    "original_timestamp": "float",
    "duration": "float",
    "text": "string",
    "edited": "bool",
    "mode": "string",
    "audio_ms": "int",
    "speed": "float",
    "gap_start": "nullable float",
    "gap_end": "nullable float",
    "pause_ms": "int",
    "forced": "bool",
    "stale": "bool",
}
EDIT_STATE = {
    "job_id": "uuid",
    "language": "string",
    "video_url": "nullable url",
    "duration": "nullable float",
    "pause_points": [POINT],
    "needs_render": "bool",
    "render_status": "string",
    "updated_at": "datetime",
    "mode": "string",
    "recommendation": "string",
    "gaps": [{"start": "float", "end": "float", "words": "int"}],
}
MODE = {"language": "string", "mode": "string", "render_status": "string"}


class SecondsField(serializers.FloatField):
    """A number of seconds. The framework would take true for one as well, and what is no number at all."""

    def to_internal_value(self, data: Any) -> float:
        seconds: float = super().to_internal_value(data)
        if isinstance(data, bool) or not math.isfinite(seconds):
            self.fail("invalid")
        return seconds


class PausePointInput(Input):
    timestamp = SecondsField(min_value=0)


class ModeInput(Input):
    mode = serializers.ChoiceField(LanguageOutput.DescriptionMode.choices)


class EditState(ApiView):
    gives = Gives(get=EDIT_STATE)

    def get(self, request: Request, job_id: uuid.UUID, language: str) -> Response:
        job = find_job(request, job_id)
        state = services.edit_state(job, language)
        if not policies.may_read_track(caller(request), state.output):
            raise NotAllowedError
        return Response(edit_state_output(state), headers={"Cache-Control": "private, no-store"})


class PausePoint(ApiView):
    takes = PausePointInput
    gives = Gives(patch=POINT)

    def patch(self, request: Request, job_id: uuid.UUID, language: str, cue_index: str) -> Response:
        job = find_job(request, job_id)
        cue = int(cue_index) if cue_index.isdecimal() and len(cue_index) < _LONGEST_NUMBER else -1
        output, _, _ = services.find_pause_point(job, language, cue)
        services.require_describing(caller(request), output)
        body = PausePointInput.parse(request.data)
        point = services.move_pause_point(job, language, cue, at=body["timestamp"], actor=caller(request))
        return Response(point_output(point))


class RenderAgain(ApiView):
    gives = Gives(post=shapes.JOB)

    def post(self, request: Request, job_id: uuid.UUID, language: str) -> Response:
        services.render_again(find_job(request, job_id), language, actor=caller(request))
        return answer(request, job_id)


class DescriptionMode(ApiView):
    takes = ModeInput
    gives = Gives(patch=MODE)

    def patch(self, request: Request, job_id: uuid.UUID, language: str) -> Response:
        job = find_job(request, job_id)
        output = services.find_output(job, language)
        services.require_describing(caller(request), output, action="description_mode")
        body = ModeInput.parse(request.data)
        output = services.choose_mode(job, language, mode=body["mode"], actor=caller(request))
        return Response(
            {
                "language": output.language,
                "mode": pausing.mode_of(output),
                "render_status": output.render_status,
            }
        )


def point_output(point: pausing.Held) -> dict[str, Any]:
    line = point.line
    return {
        "cue_index": line.index,
        "timestamp": round(point.at, 3),
        "original_timestamp": round(point.planned, 3),
        "duration": round(point.seconds, 3),
        "text": line.text,
        "edited": point.edited,
        "mode": line.mode,
        "audio_ms": round(line.seconds * 1000),
        "speed": line.speed,
        "gap_start": line.gap_start,
        "gap_end": line.gap_end,
        "pause_ms": round(point.seconds * 1000),
        "forced": line.forced,
        "stale": point.stale,
    }


def edit_state_output(state: pausing.EditState) -> dict[str, Any]:
    output = state.output
    film = output.accessible_video or output.standard_video
    fit = services.fit(output.job)
    return {
        "job_id": output.job_id,
        "language": output.language,
        "video_url": services.link(film, inline=True, expires_in=settings.DOWNLOAD_LINK_SECONDS) if film else None,
        "duration": None if state.duration is None else round(state.duration, 3),
        "pause_points": [point_output(point) for point in state.points],
        "needs_render": state.needs_render,
        "render_status": output.render_status,
        "updated_at": state.updated_at,
        "mode": pausing.mode_of(output),
        "recommendation": fit.recommendation,
        "gaps": [{"start": round(gap.start, 3), "end": round(gap.end, 3), "words": gap.words} for gap in fit.gaps],
    }
