"""One step, from claim to result. No transaction and no lock is held while the work is done."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from pydantic import BaseModel

from core.errors import DomainError
from core.runs import pipelines
from core.runs.advance import advance, lock, settle
from core.runs.context import StepContext
from core.runs.errors import HaltedError
from core.runs.models import Run, Step
from core.runs.pipelines import StepSpec, Waiting, inputs_hash
from core.storage import store

log = structlog.get_logger(__name__)

UNEXPECTED = "Something went wrong in the studio. The operator finds the reason in the log under this run's id."


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
            worker=f"{socket.gethostname()}:{os.getpid()}",
            started_at=Now(),
            finished_at=None,
        )
    )
    return Claim(Step.objects.select_related("run").get(pk=step_id), lease) if taken else None


def perform(step_id: uuid.UUID | str) -> None:
    """Claims and runs the step. Returns at once when somebody else has it, it is done, or its run was cancelled."""
    held = claim(step_id)
    if held is None:
        return
    step, run = held.step, held.step.run
    spec = pipelines.get(run.kind).spec(step.name)
    with structlog.contextvars.bound_contextvars(run_id=str(run.pk), step=str(step), request_id=run.request_id):
        workdir = Path(tempfile.mkdtemp(prefix=f"step-{step.name}-", dir=scratch()))
        ctx = StepContext(run, step, held.lease, workdir, _tell)
        pulse = Heartbeat(ctx, held.lease, spec.timeout)
        _announce(run.pk, step.pk)
        pulse.start()
        try:
            outcome = _attempt(ctx, spec, held.lease)
        finally:
            pulse.stop()
            shutil.rmtree(workdir, ignore_errors=True)
        outcome()


def scratch() -> Path:
    path: Path = settings.HOME / "scratch"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _attempt(ctx: StepContext, spec: StepSpec, lease: uuid.UUID) -> Callable[[], None]:
    """Does the work and says how to write down what came of it."""
    assert spec.function is not None  # noqa: S101  (gates are never queued)
    function = spec.function()
    try:
        ctx.check()
        if reason := function.skip(ctx):
            return lambda: _finish(ctx, lease, status=Step.Status.SKIPPED, values={"message": reason[:300]})
        digest = inputs_hash(spec.name, function.version, function.inputs(ctx))
        if ctx.step.result is not None and ctx.step.inputs_hash == digest:
            earlier = function.Result.model_validate(ctx.step.result)
            if function.intact(earlier):
                return lambda: _finish(ctx, lease, status=Step.Status.DONE, values={"reused": True, "progress": 1.0})
        Step.objects.held_by(lease).filter(pk=ctx.step.pk).update(inputs_hash=digest, result=None)
        ctx.step.inputs_hash, ctx.step.result = digest, None
        answer = function.run(ctx)
        ctx.check()
    except HaltedError as halted:
        reason = halted.reason
        return lambda: _halted(ctx, lease, reason, spec)
    except DomainError as error:
        ctx.note(f"{error.code}: {error.message}")
        expected = error
        return lambda: _failed(ctx, lease, spec, expected.message, expected.code, expected)
    except Exception as error:  # the last door before the worker: everything else is a bug, and is logged as one
        if ctx.halt.is_set():
            reason = ctx.halt_reason
            return lambda: _halted(ctx, lease, reason, spec)
        log.exception("step.crashed")
        ctx.note(f"unexpected: {type(error).__name__}: {error}")
        return lambda: _failed(ctx, lease, spec, UNEXPECTED, "unexpected", None)
    if isinstance(answer, Waiting):
        return lambda: _wait(ctx, lease, spec, seconds=answer.seconds, message=answer.message)
    result = answer
    values = {"result": result.model_dump(mode="json"), "progress": 1.0, "reused": False}
    publish = partial(function.publish, ctx, result)
    return lambda: _finish(ctx, lease, status=Step.Status.DONE, values=values, publish=publish)


class Heartbeat(threading.Thread):
    """Renews the lease, and tells the attempt to stop when it was cancelled, replaced, cut off from the database or out of time."""

    def __init__(self, ctx: StepContext, lease: uuid.UUID, timeout: timedelta) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.ctx = ctx
        self.lease = lease
        self.deadline = time.monotonic() + timeout.total_seconds()
        self.ended = threading.Event()

    def run(self) -> None:
        renewed = time.monotonic()
        try:
            while not self.ended.wait(settings.RUN_HEARTBEAT_SECONDS):
                try:
                    reason = self.beat()
                    renewed = time.monotonic()
                except DatabaseError:
                    connection.close()
                    # Without a lease another worker may have taken over, so this one must not go on.
                    late = time.monotonic() - renewed > settings.RUN_LEASE_SECONDS
                    reason = "lost" if late else ""
                if not reason and time.monotonic() > self.deadline:
                    reason = "timeout"
                if reason:
                    self.ctx.stop(reason)
                    if reason == "lost":
                        return
        finally:
            connection.close()

    def beat(self) -> str:
        held = Step.objects.held_by(self.lease).filter(pk=self.ctx.step.pk, lease_expires_at__gt=Now())
        if not held.update(lease_expires_at=Now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)):
            return "lost"
        status = Run.objects.values_list("status", flat=True).get(pk=self.ctx.run.pk)
        return "cancelled" if status == Run.Status.CANCELLING else ""

    def stop(self) -> None:
        self.ended.set()
        self.join(timeout=10)


def _announce(run_id: uuid.UUID, step_id: uuid.UUID) -> None:
    with transaction.atomic():
        run = lock(run_id)
        steps = list(run.steps.all())
        pipelines.get(run.kind).listener.step_changed(run, next(step for step in steps if step.pk == step_id))
        settle(run, steps)


def _tell(run: Run, step: Step) -> None:
    pipeline = pipelines.get(run.kind)
    # Step rows carry their own fractions; the one at work is newer in memory than any other reader's copy.
    steps = list(Step.objects.filter(run=run).only("name", "item", "status", "progress", "position", "run_id"))
    run.progress = max(run.progress, pipeline.progress(steps))
    run.message = step.message
    Run.objects.filter(pk=run.pk, progress__lte=run.progress).update(progress=run.progress, message=run.message)
    pipeline.listener.progressed(run, step)


def _write(ctx: StepContext, lease: uuid.UUID, values: dict[str, Any]) -> Run | None:
    """The fenced write of an outcome, with the run locked. None when the lease is no longer this worker's."""
    run = lock(ctx.run.pk)
    written = (
        Step.objects.held_by(lease)
        .filter(pk=ctx.step.pk)
        .update(lease=None, lease_expires_at=None, log=ctx.step.log, **values)
    )
    if not written:
        log.warning("step.fenced_off", attempt=ctx.attempt)
        return None
    ctx.step.refresh_from_db()
    return run


def _finish(
    ctx: StepContext,
    lease: uuid.UUID,
    *,
    status: str,
    values: dict[str, Any],
    publish: Callable[[], None] | None = None,
) -> None:
    kept = _names(values.get("result") or ctx.step.result)
    with transaction.atomic():
        run = _write(ctx, lease, {"status": status, "finished_at": Now(), "error": "", "error_code": "", **values})
        if run is None:
            discard = _keys_of(ctx)
        else:
            discard = [key for key in ctx.step.keys if key not in kept]
            Step.objects.filter(pk=ctx.step.pk).update(keys=[key for key in ctx.step.keys if key in kept])
            if publish is not None:
                publish()
            pipelines.get(run.kind).listener.step_changed(run, ctx.step)
            advance(run)
    _discard(discard)


def _wait(ctx: StepContext, lease: uuid.UUID, spec: StepSpec, *, seconds: float, message: str) -> None:
    """The provider needs time: nobody holds a worker until then."""
    if ctx.step.waits >= spec.retry.waits:
        _failed(ctx, lease, spec, message, "provider_busy", None, final=True)
        return
    with transaction.atomic():
        after = Now() + timedelta(seconds=max(0.5, seconds))
        values = {"status": Step.Status.WAITING, "run_after": after, "waits": F("waits") + 1, "message": message[:300]}
        run = _write(ctx, lease, values)
        if run is not None:
            pipelines.get(run.kind).listener.step_changed(run, ctx.step)


def _failed(
    ctx: StepContext,
    lease: uuid.UUID,
    spec: StepSpec,
    message: str,
    code: str,
    error: DomainError | None,
    *,
    final: bool = False,
) -> None:
    """Tries again after a pause when that may help and the policy allows it; otherwise the step has failed."""
    if error is not None and getattr(error, "retry_after", None) and getattr(error, "retryable", False):
        _wait(ctx, lease, spec, seconds=float(error.retry_after), message=message)  # type: ignore[attr-defined]
        return
    retryable = not final and (error is None or bool(getattr(error, "retryable", False)))
    failures = ctx.step.failures + 1
    with transaction.atomic():
        again = retryable and failures < spec.retry.failures
        values: dict[str, Any] = {"failures": failures, "error": message, "error_code": code}
        if again:
            values |= {"status": Step.Status.WAITING, "run_after": Now() + spec.retry.delay(failures)}
        else:
            values |= {"status": Step.Status.FAILED, "finished_at": Now()}
        run = _write(ctx, lease, values)
        if run is not None:
            pipelines.get(run.kind).listener.step_changed(run, ctx.step)
            if not again:
                advance(run)
    _discard(_keys_of(ctx))


def _halted(ctx: StepContext, lease: uuid.UUID, reason: str, spec: StepSpec) -> None:
    if reason == "cancelled":
        with transaction.atomic():
            run = _write(ctx, lease, {"status": Step.Status.CANCELLED, "finished_at": Now()})
            if run is not None:
                advance(run)
    elif reason == "timeout":
        hours = spec.timeout.total_seconds() / 3600
        _failed(
            ctx, lease, spec, f"This step was stopped because it took longer than {hours:g} hours.", "timeout", None
        )
        return
    _discard(_keys_of(ctx))


def _keys_of(ctx: StepContext) -> list[str]:
    """What this attempt alone may have written."""
    mark = ctx.storage_prefix
    stored = Step.objects.values_list("keys", flat=True).filter(pk=ctx.step.pk).first()
    return [key for key in stored or [] if key.startswith(mark)]


def _discard(keys: list[str]) -> None:
    for key in keys:
        store().delete(key)


def _names(result: BaseModel | dict[str, Any] | None) -> set[str]:
    """Every string in a result: artefact keys are among them."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(result)
    return found
