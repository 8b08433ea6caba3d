"""Start, cancel, retry and resume runs. Each is one transaction under the run's lock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from core.errors import WrongStateError
from core.runs import pipelines
from core.runs.advance import advance, finish_cancel, lock, save
from core.runs.models import Run, Step


@contextmanager
def _one_active_run() -> Iterator[None]:
    """A subject has one active run at a time. The database says so; this puts it in words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "one_active_run_per_subject" not in str(error):
            raise
        raise WrongStateError("This is being worked on already.") from error


def hold(run_id: uuid.UUID) -> Run:
    """Locks the run for the rest of the caller's transaction.

    Whoever locks the subject of a run too takes this lock first: workers do, and the other order is a deadlock.
    """
    return lock(run_id)


def start(
    kind: str,
    *,
    subject_id: uuid.UUID,
    params: dict[str, Any] | None = None,
    created_by: AbstractBaseUser | None = None,
) -> Run:
    """Plans all steps and queues the first. Refused while another run of this kind is active for the subject."""
    context = structlog.contextvars.get_contextvars()
    with _one_active_run():
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


def resume(run_id: uuid.UUID, step_name: str, *, result: dict[str, Any] | None = None) -> Run:
    """A person decided: the waiting gate is done and the run goes on."""
    with _one_active_run():
        run = lock(run_id)
        # A step that waits for a provider has a time to wake at, and is no gate.
        waiting = list(run.steps.filter(name=step_name, status=Step.Status.WAITING, run_after=None))
        if not waiting:
            raise WrongStateError("Nothing is waiting here.")
        for gate in waiting:
            gate.status, gate.result = Step.Status.DONE, result or {}
            Step.objects.filter(pk=gate.pk).update(status=gate.status, result=gate.result, finished_at=Now())
            pipelines.get(run.kind).listener.step_changed(run, gate)
        advance(run)
    return run


@transaction.atomic
def cancel(run_id: uuid.UUID) -> Run:
    """Stops what is queued at once; workers that hold a step see it at their next beat and end within seconds. Twice is once."""
    run = lock(run_id)
    if run.status == Run.Status.CANCELLING:
        return run
    if run.status not in {Run.Status.RUNNING, Run.Status.WAITING, Run.Status.FAILED}:
        raise WrongStateError("This work is not running.")
    with _one_active_run():
        run.status = Run.Status.CANCELLING
        save(run)
    finish_cancel(run)
    return run


def retry(run_id: uuid.UUID) -> Run:
    """Queues the failed steps again, with fresh counts. What is done stays done."""
    with _one_active_run():
        run = lock(run_id)
        if run.status != Run.Status.FAILED:
            raise WrongStateError("Only failed work can be retried.")
        run.steps.filter(status=Step.Status.FAILED).update(
            status=Step.Status.PENDING, failures=0, waits=0, error="", error_code="", finished_at=None
        )
        run.status = Run.Status.RUNNING
        advance(run)
    return run


def reopen(run_id: uuid.UUID, step_name: str, *, take_over: bool = False) -> Run:
    """Goes back to `step_name`: it and all later steps run again, and those whose inputs are the same answer from what they have.

    Refused while a worker holds one of them; `take_over` takes it away from the worker instead, which then can write nothing more.
    """
    with _one_active_run():
        run = lock(run_id)
        if run.status == Run.Status.CANCELLING:
            raise WrongStateError("This work is being cancelled.")
        position = run.steps.values_list("position", flat=True).filter(name=step_name).first()
        if position is None:
            raise WrongStateError("There is no such step.")
        # Earlier steps that failed or were cancelled would hold the later ones up for ever.
        stuck = Q(status__in=[Step.Status.FAILED, Step.Status.CANCELLED])
        again = run.steps.filter(Q(position__gte=position) | stuck)
        free = again if take_over else again.exclude(status=Step.Status.RUNNING)
        free.update(
            status=Step.Status.PENDING,
            lease=None,
            lease_expires_at=None,
            progress=0.0,
            failures=0,
            waits=0,
            run_after=None,
            error="",
            error_code="",
            finished_at=None,
            reused=False,
        )
        # Asked after the update, which no claim can slip past.
        if again.filter(status=Step.Status.RUNNING).exists():
            raise WrongStateError("This work is still running.")
        run.status, run.progress, run.stage = Run.Status.RUNNING, 0.0, ""
        advance(run)
    return run
