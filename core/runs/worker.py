"""One step, from claim to result. No transaction and no lock is held while the work is done."""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from pydantic import BaseModel, ValidationError

from core.errors import DomainError
from core.runs import outcomes, pipelines, scratch, sweep
from core.runs.advance import lock, settle
from core.runs.context import StepContext
from core.runs.heartbeat import Heartbeat
from core.runs.models import Run, Step
from core.runs.outcomes import Done, Halted, Later, Outcome, Reused, Skipped
from core.runs.pipelines import StepFunction, StepSpec, Waiting, inputs_hash

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Claim:
    step: Step
    lease: uuid.UUID


def claim(step_id: uuid.UUID | str) -> Claim | None:
    """Takes the step by one conditional UPDATE. Of any number of workers that try, one gets it; the others get None."""
    lease = uuid.uuid4()
    taken = (
        Step.objects.claimable()
        .filter(pk=step_id)
        .update(
            status=Step.Status.RUNNING,
            attempt=F("attempt") + 1,
            lease=lease,
            lease_expires_at=Now() + timedelta(seconds=settings.RUN_LEASE_SECONDS),
            worker=f"{place()}:{os.getpid()}",
            started_at=Now(),
            finished_at=None,
        )
    )
    return Claim(Step.objects.select_related("run").get(pk=step_id), lease) if taken else None


def perform(step_id: uuid.UUID | str) -> None:
    """Claims and runs the step. Returns at once when somebody else has it, it is done, or its run was cancelled."""
    if dead := dead_holder(step_id):
        # The broker brought the message back because its worker died: no need to wait for the lease to run out.
        sweep.reap_one(step_id, Q(worker=dead))
    held = claim(step_id)
    if held is None:
        return
    step, run = held.step, held.step.run
    spec = pipelines.get(run.kind).spec(step.name)
    with structlog.contextvars.bound_contextvars(run_id=str(run.pk), step=str(step), request_id=run.request_id):
        scratch.clear()
        with scratch.workdir(held.lease) as workdir:
            ctx = StepContext(run, step, held.lease, workdir, tell)
            pulse = Heartbeat(ctx, spec.timeout)
            pulse.start()
            try:
                # The lease lives until the outcome is written: a database that restarts must not cost the work.
                outcomes.record(ctx, spec, attempt(ctx, spec))
            finally:
                pulse.stop()


def place() -> str:
    """This machine and its table of processes: containers may share a host name, and then mean different processes by one number."""
    table = ""
    with suppress(OSError):
        table = Path("/proc/self/ns/pid").readlink().name
    return f"{socket.gethostname()[:60]}:{table}"


def dead_holder(step_id: uuid.UUID | str) -> str:
    """Who runs this step, if that was a process of this machine and is gone."""
    held = Step.objects.filter(pk=step_id, status=Step.Status.RUNNING).values_list("worker", flat=True).first()
    where, _, pid = (held or "").rpartition(":")
    if held is None or where != place():
        return ""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return held
    except PermissionError:
        return ""
    return ""


def attempt(ctx: StepContext, spec: StepSpec) -> Outcome:
    """Does the work. Whatever goes wrong is an outcome too."""
    try:
        outcomes.patiently(lambda: announce(ctx))
        return _work(ctx, spec)
    except DomainError as error:
        # Work that was stopped may fail in its own words.
        if ctx.halt.is_set():
            return Halted(ctx.halt_reason)
        ctx.note(f"{error.code}: {error.message}")
        return outcomes.of_error(error)
    except Exception as error:  # the last door before the worker: everything else is a bug, and is logged as one
        if ctx.halt.is_set():
            return Halted(ctx.halt_reason)
        log.exception("step.crashed")
        ctx.note(f"unexpected: {type(error).__name__}: {error}")
        return outcomes.unexpected()


def _work(ctx: StepContext, spec: StepSpec) -> Outcome:
    assert spec.function is not None  # noqa: S101  (gates are never queued)
    function = spec.function()
    ctx.check()
    if reason := function.skip(ctx):
        return Skipped(reason)
    digest = inputs_hash(spec.name, function.version, function.inputs(ctx))
    if _earlier(ctx, function, digest) is not None:
        return Reused()
    if not Step.objects.held_by(ctx.lease).filter(pk=ctx.step.pk).update(inputs_hash=digest, result=None):
        ctx.stop("lost")
    ctx.step.inputs_hash, ctx.step.result = digest, None
    ctx.check()
    answer = function.run(ctx)
    ctx.check()
    if isinstance(answer, Waiting):
        return Later(answer.seconds, answer.message)
    return Done(answer.model_dump(mode="json"), publish=partial(function.publish, ctx, answer))


def _earlier(ctx: StepContext, function: StepFunction[BaseModel], digest: str) -> BaseModel | None:
    """The result of an earlier attempt with the same inputs, if it can still be read and what it names is still there."""
    if ctx.step.result is None or ctx.step.inputs_hash != digest:
        return None
    try:
        earlier = function.Result.model_validate(ctx.step.result)
    except ValidationError:
        return None
    return earlier if function.intact(earlier) else None


def announce(ctx: StepContext) -> None:
    """The step was taken up: the product hears of it, and of a stage that this begins. A run cancelled meanwhile stops here."""
    with transaction.atomic():
        run = lock(ctx.run.pk)
        if run.status == Run.Status.CANCELLING:
            ctx.stop("cancelled")
            return
        steps = list(run.steps.all())
        taken_up = next((step for step in steps if step.pk == ctx.step.pk and step.lease == ctx.lease), None)
        if taken_up is None:
            ctx.stop("lost")
            return
        pipelines.get(run.kind).listener.step_changed(run, taken_up)
        settle(run, steps)


def tell(run: Run, step: Step) -> None:
    """Carries a step's progress over to its run, and to the product."""
    pipeline = pipelines.get(run.kind)
    steps = list(Step.objects.filter(run=run).only("name", "item", "status", "progress", "position", "run_id"))
    fraction = max(run.progress, pipeline.progress(steps))
    run.message = step.message
    if Run.objects.filter(pk=run.pk, progress__lte=fraction).update(progress=fraction, message=run.message):
        run.progress = fraction
    else:
        # Another step of this run told more since these rows were read.
        run.progress = Run.objects.values_list("progress", flat=True).get(pk=run.pk)
    pipeline.listener.progressed(run, step)
