"""One language of a job over JSON: its translation brought up to the source, and whose voice speaks it."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.inputs import Input, TextField
from core.rest.schema import Gives
from core.rest.views import ApiView
from core.rest.waiting import accepted
from jobs import policies, services
from jobs.api.views import caller, find_job
from jobs.services import translating, voicing
from jobs.services.pausing import require_describing


class TranslateChangesInput(Input):
    only = serializers.ChoiceField(choices=["changed"], required=False, default="changed")


class Translate(ApiView):
    """What changed in the source since the language was translated. Cues that people wrote stay; the run names those to look at."""

    takes = TranslateChangesInput
    gives = Gives(post={"run_id": "uuid", "status": "string", "status_url": "url"})

    def post(self, request: Request, job_id: uuid.UUID, lang: str) -> HttpResponse:
        job = find_job(request, job_id)
        output = services.find_output(job, lang)
        policies.require(caller(request), "translate", job)
        TranslateChangesInput.parse(request.data)
        return accepted(translating.translate_changes(output, actor=caller(request)))


class LanguageVoiceInput(Input):
    voice = TextField(max_length=80, allow_blank=True)


class Voice(ApiView):
    """Whose voice speaks this language. An empty name is the job's own voice again."""

    takes = LanguageVoiceInput
    gives = Gives(
        patch={
            "language": "string",
            "voice": "string",
            "own": "bool",
            "tts_status": "string",
            "render_status": "string",
        }
    )

    def patch(self, request: Request, job_id: uuid.UUID, lang: str) -> Response:
        job = find_job(request, job_id)
        output = services.find_output(job, lang)
        require_describing(caller(request), output)
        body = LanguageVoiceInput.parse(request.data)
        output = voicing.choose_voice(output, body["voice"], actor=caller(request))
        return Response(
            {
                "language": output.language,
                "voice": voicing.voice_of(output),
                "own": bool(output.tts_voice),
                "tts_status": output.tts_status,
                "render_status": output.render_status,
            }
        )
