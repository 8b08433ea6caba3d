"""Start, cancel, retry and resume runs. Each is one transaction under the run's lock."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from core.errors import WrongStateError
from core.runs import pipelines
from core.runs.advance import advance, finish_cancel, lock, save
from core.runs.models import Run, Step

LEFT_OUT = "Left out: a person went on without it."
_AFRESH: dict[str, Any] = {
    "status": Step.Status.PENDING,
    "lease": None,
    "lease_expires_at": None,
    "progress": 0.0,
    "failures": 0,
    "waits": 0,
    "run_after": None,
    "error": "",
    "error_code": "",
    "finished_at": None,
    "reused": False,
}
_UNDONE = (Step.Status.FAILED, Step.Status.CANCELLED)


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


def resume(
    run_id: uuid.UUID, step_name: str, *, result: dict[str, Any] | None = None, catching_up: Iterable[str] = ()
) -> Run:
    """A person decided: the waiting gate is done and the run goes on.

    Steps before the gate that were left out or have failed are made now if `catching_up` names them; others are left out for good.
    """
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
            before = run.steps.filter(position__lt=gate.position)
            lacking = before.filter(status__in=[*_UNDONE, Step.Status.SKIPPED])
            lacking.filter(name__in=list(catching_up)).update(**_AFRESH)
            _leave_out(before.filter(status__in=_UNDONE))
        advance(run)
    return run


def wait_at(run_id: uuid.UUID, gate_name: str) -> Run:
    """Puts the run to this gate, whatever it does or did: workers lose what they hold, and can write nothing more.

    What was to come before the gate and is not finished is left out; what comes after it runs again once a person has decided, and
    answers from what it has where its inputs are the same.
    """
    with _one_active_run():
        run = lock(run_id)
        position = pipelines.get(run.kind).position(gate_name)
        _leave_out(run.steps.filter(position__lt=position).exclude(status__in=Step.FINISHED))
        run.steps.filter(position__gte=position).update(**_AFRESH)
        _follow_plan(run)
        run.status, run.progress, run.stage = Run.Status.RUNNING, 0.0, ""
        advance(run)
    return run


def redo(run_id: uuid.UUID, names: Iterable[str], *, item: str) -> Run:
    """Makes these steps of one item anew, though their inputs are the same. Others keep what they have, and gates after them wait again."""
    with _one_active_run():
        run = lock(run_id)
        if run.status == Run.Status.CANCELLING:
            raise WrongStateError("This work is being cancelled.")
        steps = run.steps.filter(name__in=list(names), item=item)
        first = steps.values_list("position", flat=True).first()
        if first is None:
            raise WrongStateError("There is no such step.")
        # Their results stay until others take their place: the product still shows those files.
        steps.exclude(status=Step.Status.RUNNING).update(**_AFRESH, inputs_hash="")
        # Asked after the update, which no claim can slip past.
        if steps.filter(status=Step.Status.RUNNING).exists():
            raise WrongStateError("This work is still running.")
        gates = run.steps.filter(position__gt=first, queue="")
        gates.filter(status__in=[Step.Status.WAITING, Step.Status.CANCELLED]).update(**_AFRESH)
        run.status, run.progress, run.stage = Run.Status.RUNNING, 0.0, ""
        advance(run)
    return run


def replan(run_id: uuid.UUID, *, again: Iterable[str] = ()) -> Run:
    """What the run is made for has changed: steps of new items are added, those of items that are gone left out.

    Steps that `again` names run although they had been skipped. Refused while a worker holds a step that is to go.
    """
    with _one_active_run():
        run = lock(run_id)
        _follow_plan(run)
        run.steps.filter(name__in=list(again), status=Step.Status.SKIPPED).update(**_AFRESH)
        if run.status in {Run.Status.RUNNING, Run.Status.WAITING}:
            advance(run)
    return run


def _leave_out(steps: QuerySet[Step]) -> None:
    steps.update(
        status=Step.Status.SKIPPED,
        message=LEFT_OUT,
        lease=None,
        lease_expires_at=None,
        run_after=None,
        error="",
        error_code="",
        finished_at=Now(),
    )


def _follow_plan(run: Run) -> None:
    """Steps that the plan has no more go, or stay as left out while files are noted with them; those that it has now are there."""
    planned = {(step.name, step.item): step for step in pipelines.get(run.kind).plan(run)}
    there = {(step.name, step.item): step for step in run.steps.all()}
    needless = [step for place, step in there.items() if place not in planned]
    if any(step.status == Step.Status.RUNNING for step in needless):
        raise WrongStateError("This work is still running.")
    run.steps.filter(pk__in=[step.pk for step in needless], keys=[]).delete()
    _leave_out(run.steps.filter(pk__in=[step.pk for step in needless]))
    Step.objects.bulk_create(step for place, step in planned.items() if place not in there)
    wanted_again = [step.pk for place, step in there.items() if place in planned and step.message == LEFT_OUT]
    after_a_gate = _after_gates(run)
    run.steps.filter(pk__in=wanted_again, status=Step.Status.SKIPPED, position__gt=after_a_gate).update(**_AFRESH)


def _after_gates(run: Run) -> int:
    """The position of the first gate: what was left out before one stays so until the person there has decided."""
    pipeline = pipelines.get(run.kind)
    return next((pipeline.position(spec.name) for spec in pipeline.steps if spec.gate), -1)


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
        if run.status == Run.Status.CANCELLING and not take_over:
            raise WrongStateError("This work is being cancelled.")
        position = run.steps.values_list("position", flat=True).filter(name=step_name).first()
        if position is None:
            raise WrongStateError("There is no such step.")
        # Earlier steps that failed or were cancelled would hold the later ones up for ever.
        stuck = Q(status__in=_UNDONE)
        again = run.steps.filter(Q(position__gte=position) | stuck)
        free = again if take_over else again.exclude(status=Step.Status.RUNNING)
        free.update(**_AFRESH)
        # Asked after the update, which no claim can slip past.
        if again.filter(status=Step.Status.RUNNING).exists():
            raise WrongStateError("This work is still running.")
        run.status, run.progress, run.stage = Run.Status.RUNNING, 0.0, ""
        advance(run)
    return run
