"""Start, cancel, retry and resume runs. Each is one transaction under the run's lock."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Now

from core.errors import WrongStateError
from core.runs import pipelines
from core.runs.advance import advance, finish_cancel, lock, save
from core.runs.models import Run, Step


@transaction.atomic
def start(
    kind: str,
    *,
    subject_id: uuid.UUID,
    params: dict[str, Any] | None = None,
    created_by: AbstractBaseUser | None = None,
) -> Run:
    """Plans all steps and queues the first. One run at a time for a subject: a second start is refused by the database."""
    context = structlog.contextvars.get_contextvars()
    run = Run.objects.create(
        kind=kind,
        subject_id=subject_id,
        params=params or {},
        created_by_id=created_by.pk if created_by else None,
        request_id=str(context.get("request_id", "")),
    )
    Step.objects.bulk_create(pipelines.get(kind).plan(run))
    advance(lock(run.pk))
    return Run.objects.get(pk=run.pk)


@transaction.atomic
def resume(run_id: uuid.UUID, step_name: str, *, result: dict[str, Any] | None = None) -> Run:
    """A person decided: the waiting gate is done and the run goes on."""
    run = lock(run_id)
    passed = run.steps.filter(name=step_name, status=Step.Status.WAITING).update(
        status=Step.Status.DONE, result=result or {}, finished_at=Now()
    )
    if not passed:
        raise WrongStateError("Nothing is waiting here.")
    advance(run)
    return run


@transaction.atomic
def cancel(run_id: uuid.UUID) -> Run:
    """Stops what is queued at once; workers that hold a step see it at their next beat and end within seconds."""
    run = lock(run_id)
    if run.status not in {Run.Status.RUNNING, Run.Status.WAITING, Run.Status.FAILED}:
        raise WrongStateError("This work is not running.")
    run.status = Run.Status.CANCELLING
    save(run)
    finish_cancel(run, list(run.steps.all()))
    return run


@transaction.atomic
def retry(run_id: uuid.UUID) -> Run:
    """Queues the failed steps again, with fresh counts. What is done stays done."""
    run = lock(run_id)
    if run.status != Run.Status.FAILED:
        raise WrongStateError("Only failed work can be retried.")
    run.steps.filter(status=Step.Status.FAILED).update(
        status=Step.Status.PENDING, failures=0, waits=0, error="", error_code="", finished_at=None
    )
    run.status, run.error, run.error_code, run.failed_step = Run.Status.RUNNING, "", "", ""
    advance(run)
    return run


@transaction.atomic
def reopen(run_id: uuid.UUID, step_name: str) -> Run:
    """Goes back to `step_name`: it and all later steps run again, and those whose inputs are the same answer from what they have."""
    run = lock(run_id)
    if run.status == Run.Status.CANCELLING:
        raise WrongStateError("This work is being cancelled.")
    position = run.steps.values_list("position", flat=True).filter(name=step_name).first()
    if position is None:
        raise WrongStateError("There is no such step.")
    again = run.steps.filter(position__gte=position)
    if again.filter(status=Step.Status.RUNNING).exists():
        raise WrongStateError("This work is still running.")
    again.update(
        status=Step.Status.PENDING,
        progress=0.0,
        failures=0,
        waits=0,
        error="",
        error_code="",
        finished_at=None,
        reused=False,
    )
    run.status, run.progress, run.stage = Run.Status.RUNNING, 0.0, ""
    run.error = run.error_code = run.failed_step = ""
    advance(run)
    return run
