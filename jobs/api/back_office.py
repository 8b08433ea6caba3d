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
from core.rest.schema import Gives
from core.rest.views import ApiView
from jobs import services, statistics
from jobs.api import serializers as shapes
from jobs.api.views import answer, caller, find_job

PLATFORM = {
    "users": {"total": "int", "active": "int", "by_role": "object"},
    "organizations": "int",
    "clients": "int",
    "jobs": {"total": "int", "by_status": "object"},
    "storage_bytes": "int",
    "generated_at": "datetime",
}
PIPELINE = {
    "total": "int",
    "by_status": "object",
    "by_language": "object",
    "average_step_seconds": "object",
    "completed_last_24h": "int",
    "failed_last_24h": "int",
    "generated_at": "datetime",
}
PART = {"status": "string", "latency_ms": "nullable float", "detail": "nullable string"}
HEALTH = {
    "status": "string",
    "database": PART,
    "redis": PART,
    "queues": {"status": "string", "depths": "object", "workers": "int"},
    "storage": PART,
    "version": "string",
    "checked_at": "datetime",
}


class BackOfficeView(ApiView):
    """For the platform's admins alone; others are refused before anything is looked up."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        policies.require(caller(request), "accounts.admin.use")


class Stats(BackOfficeView):
    gives = Gives(get=PLATFORM)

    def get(self, _request: Request) -> Response:
        return Response(statistics.platform())


class JobStats(BackOfficeView):
    gives = Gives(get=PIPELINE)

    def get(self, _request: Request) -> Response:
        return Response(statistics.pipeline())


class DetailedHealth(BackOfficeView):
    """200 whatever it says: the question was answered."""

    gives = Gives(get=HEALTH)

    def get(self, _request: Request) -> Response:
        return Response(condition.detailed(), headers={"Cache-Control": "no-store"})


class ReprocessInput(Input):
    from_step = serializers.ChoiceField(services.STAGES, required=False, default="")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)


class ReprocessJob(BackOfficeView):
    takes = ReprocessInput
    gives = Gives(post=shapes.JOB)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        body = ReprocessInput.parse(request.data or {})
        services.reprocess(job, actor=caller(request), from_stage=body["from_step"], reason=body["reason"])
        return answer(request, job_id)
