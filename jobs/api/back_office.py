"""The admin's routes to the platform's figures, its health, and jobs that are stuck."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.rest import condition
from core.rest.inputs import Input
from core.rest.views import ApiView
from jobs import services, statistics
from jobs.api.views import answer, caller, find_job


class BackOfficeView(ApiView):
    """For the platform's admins alone; others are refused before anything is looked up."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        policies.require(caller(request), "accounts.admin.use")


class Stats(BackOfficeView):
    def get(self, _request: Request) -> Response:
        return Response(statistics.platform())


class JobStats(BackOfficeView):
    def get(self, _request: Request) -> Response:
        return Response(statistics.pipeline())


class DetailedHealth(BackOfficeView):
    """200 whatever it says: the question was answered."""

    def get(self, _request: Request) -> Response:
        return Response(condition.detailed(), headers={"Cache-Control": "no-store"})


class ReprocessInput(Input):
    from_step = serializers.ChoiceField(services.STAGES, required=False, default="")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)


class ReprocessJob(BackOfficeView):
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        body = ReprocessInput.parse(request.data or {})
        services.reprocess(job, actor=caller(request), from_stage=body["from_step"], reason=body["reason"])
        return answer(request, job_id)
