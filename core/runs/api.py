"""A run over JSON: how far it is, and what came of it."""

from __future__ import annotations

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotFoundError
from core.rest.schema import Gives
from core.rest.views import ApiView
from core.runs import estimates, pipelines
from core.runs.models import Run, Step

RUN = {
    "id": "uuid",
    "kind": "string",
    "status": "string",
    "progress": "float",
    "step": "nullable string",
    "message": "nullable string",
    "eta_seconds": "nullable int",
    "error": "nullable string",
    "result": "nullable object",
}


class RunDetail(ApiView):
    """For who started it, for who may see what it is about, and for the platform's admins."""

    gives = Gives(get=RUN)

    def get(self, request: Request, run_id: uuid.UUID) -> Response:  # noqa: ARG002  (the framework's signature)
        run = Run.objects.filter(pk=run_id).first()
        if run is None or not self.sees(run):
            raise NotFoundError("Run not found")
        left = estimates.eta(run)
        completed = run.status == Run.Status.COMPLETED
        return Response(
            {
                "id": run.pk,
                "kind": run.kind,
                "status": run.status,
                "progress": round(run.progress, 4),
                "step": step_of(run),
                "message": run.message or None,
                "eta_seconds": None if left is None else round(left.total_seconds()),
                "error": run.error or None,
                "result": pipelines.get(run.kind).result(run) if completed else None,
            }
        )

    def sees(self, run: Run) -> bool:
        user = self.caller
        if run.created_by_id == user.pk or getattr(user, "is_platform_admin", False):
            return True
        return pipelines.get(run.kind).sees(user, run.subject_id)


def step_of(run: Run) -> str | None:
    """What is being done now, or stopped it."""
    if run.failed_step:
        return run.failed_step
    running = run.steps.filter(status=Step.Status.RUNNING).values_list("name", flat=True)
    return running.first()
