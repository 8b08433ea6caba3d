"""One language of a job over JSON: its translation brought up to the source, and whose voice speaks it."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from core.rest.inputs import Input
from core.rest.views import ApiView
from core.rest.waiting import accepted
from jobs import policies, services
from jobs.api.views import caller, find_job
from jobs.services import translating


class TranslateInput(Input):
    only = serializers.ChoiceField(choices=["changed"], required=False, default="changed")


class Translate(ApiView):
    """What changed in the source since the language was translated. Cues that people wrote stay; the run names those to look at."""

    takes = TranslateInput

    def post(self, request: Request, job_id: uuid.UUID, lang: str) -> HttpResponse:
        job = find_job(request, job_id)
        output = services.find_output(job, lang)
        policies.require(caller(request), "translate", job)
        TranslateInput.parse(request.data)
        return accepted(translating.translate_changes(output, actor=caller(request)))
