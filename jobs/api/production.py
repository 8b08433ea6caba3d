"""Production's routes: what failed, trying it again, and what waits in the queues. Other roles are refused before any look-up."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.rest import condition
from core.rest.inputs import Input
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives
from core.rest.schema import page as page_shape
from core.rest.views import ApiView
from jobs import production, services, workflows
from jobs.api import serializers as shapes
from jobs.api.bulk import results
from jobs.api.views import caller

FAILURE = {
    **shapes.JOB_ROW,
    "failed_step": "string",
    "error": "nullable string",
    "attempts": "int",
    "failed_at": "datetime",
}
QUEUES = {
    "queues": [{"name": "string", "depth": "int", "active": "int", "scheduled": "int"}],
    "workers": {"total": "int", "online": "int"},
    "generated_at": "datetime",
}


class ProductionView(ApiView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        policies.require(caller(request), "jobs.production.use")


class FailureQuery(Input):
    failed_step = serializers.ChoiceField(services.STAGES, required=False, default="", allow_blank=True)


class Failures(ProductionView):
    query = ("page", "size", FailureQuery)
    gives = Gives(get=page_shape(FAILURE))

    def get(self, request: Request) -> Response:
        page = PageRequest.parse(request.query_params)
        query = FailureQuery.parse(request.query_params)
        found = page_of(production.failures(caller(request), failed_step=query["failed_step"]), page)
        return Response(found.body(lambda rows: [failure_output(job) for job in rows]))


def failure_output(job: Any) -> dict[str, Any]:
    return {
        **shapes.job_row(job),
        "failed_step": job.failed_step,
        "error": job.error or None,
        "attempts": job.attempts,
        "failed_at": job.failed_at,
    }


class RetryMany(ProductionView):
    takes = shapes.JobsInput
    gives = Gives(post=shapes.BULK)

    def post(self, request: Request) -> Response:
        user = caller(request)
        body = shapes.JobsInput.parse(request.data)
        return results(request, body["job_ids"], lambda job: workflows.retry(job, actor=user))


class QueueStats(ProductionView):
    gives = Gives(get=QUEUES)

    def get(self, _request: Request) -> Response:
        return Response(condition.stations(), headers={"Cache-Control": "no-store"})
