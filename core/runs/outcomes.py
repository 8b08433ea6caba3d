"""What can come of an attempt, and how it is written down: once, under the run's lock, and only while the lease is still ours."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from core.errors import DomainError
from core.runs import artefacts, pipelines
from core.runs.advance import advance, lock, queue
from core.runs.context import StepContext
from core.runs.models import Run, Step
from core.runs.pipelines import StepSpec

log = structlog.get_logger(__name__)
T = TypeVar("T")

UNEXPECTED = "Something went wrong in the studio. The operator finds the reason in the log under this run's id."
# A database that restarts is back by then. What took an hour to make is worth two minutes of patience.
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Done:
    result: dict[str, Any]
    publish: Callable[[], None]


@dataclass(frozen=True)
class Reused:
    """The inputs are those of the result that is already there."""


@dataclass(frozen=True)
class Skipped:
    reason: str


@dataclass(frozen=True)
class Later:
    """A provider needs time. Nobody holds a worker until then."""

    seconds: float
    message: str


@dataclass(frozen=True)
class Failed:
    message: str
    code: str
    retryable: bool


@dataclass(frozen=True)
class Halted:
    """Why: cancelled, lost, timeout or shutdown."""

    reason: str


Outcome = Done | Reused | Skipped | Later | Failed | Halted


def unexpected() -> Failed:
    return Failed(UNEXPECTED, "unexpected", retryable=True)


def of_error(error: DomainError) -> Failed | Later:
    """An expected failure. One that says when to come back is waited for; what is down (503) is worth another try."""
    retryable = bool(getattr(error, "retryable", error.status_code == 503))
    retry_after = getattr(error, "retry_after", None)
    if retryable and retry_after:
        return Later(float(retry_after), error.message)
    return Failed(error.message, error.code, retryable)


def record(ctx: StepContext, spec: StepSpec, outcome: Outcome) -> None:
    """Writes the outcome down, or changes nothing when the lease is lost. Waits for a database that is away."""
    if isinstance(outcome, Halted) and outcome.reason == "timeout":
        hours = spec.timeout.total_seconds() / 3600
        outcome = Failed(f"This step was stopped because it took longer than {hours:g} hours.", "timeout", False)
    if isinstance(outcome, Later) and ctx.step.waits >= spec.retry.waits:
        outcome = Failed(outcome.message, "provider_busy", False)
    replaced = False
    if not (isinstance(outcome, Halted) and outcome.reason == "lost"):
        try:
            replaced = patiently(lambda: _write(ctx, spec, outcome))
        except (InterfaceError, OperationalError):
            raise
        except DomainError as error:
            # The product refused the result: that is the step's failure, and no reason to let the lease run out.
            refused = Failed(error.message, error.code, False)
            patiently(lambda: _write(ctx, spec, refused))
        except Exception:
            log.exception("step.outcome_not_written")
            patiently(lambda: _write(ctx, spec, unexpected()))
    # Until a result has taken the place of an earlier one, the product still shows the earlier one's files.
    artefacts.discard(ctx.step, attempt=None if replaced else ctx.attempt)


def patiently(write: Callable[[], T]) -> T:
    """Again and again while the database is away or two transactions stand in each other's way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return write()
        except (InterfaceError, OperationalError) as error:
            if time.monotonic() > deadline or connection.in_atomic_block:
                raise
            log.warning("step.waits_for_database", error=str(error))
            connection.close()
            time.sleep(PAUSE_SECONDS)


@transaction.atomic
def _write(ctx: StepContext, spec: StepSpec, outcome: Outcome) -> bool:
    """The fenced write. Answers whether the step has its result now."""
    run = lock(ctx.run.pk)
    if run.status == Run.Status.CANCELLING:
        # A result that comes after the cancellation is not published.
        outcome = Halted("cancelled")
    failures = ctx.step.failures + 1
    written = (
        Step.objects.held_by(ctx.lease)
        .filter(pk=ctx.step.pk)
        .update(lease=None, lease_expires_at=None, log=ctx.step.log, **_values(outcome, spec, failures))
    )
    if not written:
        log.warning("step.fenced_off", attempt=ctx.attempt)
        return False
    # Into an object of its own: when this transaction fails, the attempt still knows itself as it was.
    step = Step.objects.get(pk=ctx.step.pk)
    if isinstance(outcome, Done):
        outcome.publish()
    if isinstance(outcome, Halted) and outcome.reason == "shutdown":
        queue(step)
    if step.status != Step.Status.CANCELLED:
        pipelines.get(run.kind).listener.step_changed(run, step)
    advance(run)
    return isinstance(outcome, Done | Reused)


def _values(outcome: Outcome, spec: StepSpec, failures: int) -> dict[str, Any]:
    status = Step.Status
    finished = {"finished_at": Now(), "error": "", "error_code": ""}
    match outcome:
        case Done(result=result):
            return {"status": status.DONE, "result": result, "progress": 1.0, "reused": False, **finished}
        case Reused():
            return {"status": status.DONE, "progress": 1.0, "reused": True, **finished}
        case Skipped(reason=reason):
            return {"status": status.SKIPPED, "result": None, "message": reason[:300], **finished}
        case Later(seconds=seconds, message=message):
            # Spread a little, so that all who were sent away do not come back at once.
            after = timedelta(seconds=max(0.5, seconds) * random.uniform(1.0, 1.1))  # noqa: S311  (spreads retries; nothing secret)
            waits = F("waits") + 1
            return {"status": status.WAITING, "run_after": Now() + after, "waits": waits, "message": message[:300]}
        case Failed(message=message, code=code, retryable=retryable):
            values = {"failures": failures, "error": message, "error_code": code[:60]}
            if retryable and failures < spec.retry.failures:
                return {**values, "status": status.WAITING, "run_after": Now() + spec.retry.delay(failures)}
            return {**values, "status": spec.ends_as, "finished_at": Now()}
        case Halted(reason="cancelled"):
            return {"status": status.CANCELLED, "finished_at": Now()}
        case Halted():
            return {"status": status.PENDING}
