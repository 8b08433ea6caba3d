"""One move for many jobs over JSON. 200 whatever comes of each: every id has its own result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.schema import Gives
from core.rest.views import ApiView
from jobs import policies, services, workflows
from jobs.api import serializers as shapes
from jobs.api.views import caller
from jobs.models import Job


class ApproveManyInput(shapes.JobsInput, shapes.CommentInput):
    pass


class ReturnManyInput(shapes.JobsInput, shapes.ReasonInput):
    pass


def results(request: Request, ids: list[Any], do: Callable[[Job], Any]) -> Response:
    return Response(shapes.bulk_output(services.each(ids, user=caller(request), do=do)))


class DeleteMany(ApiView):
    takes = shapes.JobsInput
    gives = Gives(delete=shapes.BULK)
    bodied = frozenset({"POST", "DELETE"})
    body_names_things = True

    def delete(self, request: Request) -> Response:
        """Ids in the body, or in `?job_ids=a,b` for clients whose DELETE has none."""
        user = caller(request)
        policies.require(user, "delete")
        named = request.query_params.get("job_ids")
        body = shapes.JobsInput.parse({"job_ids": named.split(",")} if named else request.data)
        return results(request, body["job_ids"], lambda job: services.delete_job(job, actor=user))


class ApproveMany(ApiView):
    takes = ApproveManyInput
    gives = Gives(post=shapes.BULK)

    def post(self, request: Request) -> Response:
        user = caller(request)
        policies.require(user, "approve_source")
        body = ApproveManyInput.parse(request.data)
        return results(
            request,
            body["job_ids"],
            lambda job: workflows.approve_source(job, actor=user, comment=body["comment"]),
        )


class ReturnMany(ApiView):
    takes = ReturnManyInput
    gives = Gives(post=shapes.BULK)

    def post(self, request: Request) -> Response:
        user = caller(request)
        policies.require(user, "return_to_qc")
        body = ReturnManyInput.parse(request.data)
        return results(
            request,
            body["job_ids"],
            lambda job: workflows.return_to_qc(job, actor=user, reason=body["reason"]),
        )
