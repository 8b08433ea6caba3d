"""The reaper: brings back what a dead worker, a lost message or a wait left behind. Safe to run anywhere, any number of times."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from core.runs import artefacts, outbox, pipelines, scratch
from core.runs.advance import RUN_STEP, advance, queue
from core.runs.models import OutboxMessage, Run, Step

log = structlog.get_logger(__name__)

CRASHED = "The worker stopped while it did this, {times} times. The file may need more memory than there is."
RING_AGAIN = (15, 30, 60, 120, 300, 600)  # seconds between bells for one step, so that a long queue is not rung full


def sweep() -> dict[str, int]:
    """One pass. Returns how many steps were brought back, woken and rung for again, messages sent, and what was cleared away."""
    return {
        "reaped": reap(),
        "woken": wake(),
        "rung": ring_again(),
        "sent": outbox.flush(),
        "forgotten": forget(),
        "cleared": scratch.clear(),
    }


def reap() -> int:
    """Steps whose lease ended: queued again, or failed when they have stopped a worker too often."""
    dead = Step.objects.filter(status=Step.Status.RUNNING, lease_expires_at__lt=Now())
    return sum(_each(dead, lambda step_id: reap_one(step_id, Q(lease_expires_at__lt=Now()))))


def reap_one(step_id: uuid.UUID | str, still: Q) -> bool:
    """Takes a running step from a worker that died or no longer answers. False when that is not, or no longer, so."""
    with transaction.atomic():
        run = _locked_run(step_id)
        step = Step.objects.select_for_update().filter(still, pk=step_id, status=Step.Status.RUNNING).first()
        if run is None or step is None:
            return False
        log.warning("step.reaped", run_id=str(run.pk), step=str(step), attempt=step.attempt, worker=step.worker)
        pipeline = pipelines.get(run.kind)
        step.failures += 1
        Step.objects.filter(pk=step.pk).update(failures=step.failures)
        if run.status == Run.Status.CANCELLING:
            _end(step, Step.Status.CANCELLED, "", "")
            advance(run)
        elif step.failures >= pipeline.spec(step.name).retry.failures:
            _end(step, pipeline.spec(step.name).ends_as, CRASHED.format(times=step.failures), "worker_lost")
            step.refresh_from_db()
            pipeline.listener.step_changed(run, step)
            advance(run)
        else:
            queue(step)
    artefacts.discard(step, attempt=step.attempt)
    return True


def wake() -> int:
    """Steps that waited for a provider, or for another try, and are due."""
    return sum(_each(Step.objects.filter(status=Step.Status.WAITING, run_after__lte=Now()), _wake_one))


def _wake_one(step_id: uuid.UUID | str) -> bool:
    with transaction.atomic():
        run = _locked_run(step_id)
        step = Step.objects.filter(pk=step_id, status=Step.Status.WAITING, run_after__lte=Now()).first()
        if run is None or step is None:
            return False
        queue(step)
    return True


def ring_again() -> int:
    """Queued steps that nobody took: the message was lost, or the queue is long. The next bell comes later each time."""
    overdue = Q()
    for times, seconds in enumerate(RING_AGAIN):
        rung_so_often = Q(rings__gte=times) if seconds == RING_AGAIN[-1] else Q(rings=times)
        overdue |= rung_so_often & Q(rung_at__lt=Now() - timedelta(seconds=seconds))
    with transaction.atomic():
        silent = Step.objects.select_for_update(skip_locked=True).filter(overdue, status=Step.Status.QUEUED)
        steps = list(silent.order_by("rung_at")[:200])
        for step in steps:
            outbox.ring(RUN_STEP, queue=step.queue, step_id=str(step.pk))
        Step.objects.filter(pk__in=[step.pk for step in steps]).update(rung_at=Now(), rings=F("rings") + 1)
    return len(steps)


def forget() -> int:
    """Sent messages are kept a day, for whoever asks why something ran."""
    old = OutboxMessage.objects.filter(sent_at__lt=Now() - timedelta(days=1))
    return old.delete()[0]


def _each(steps: QuerySet[Step], do: Callable[[uuid.UUID], bool]) -> Iterator[bool]:
    """One transaction a step, so that a run that cannot be brought back does not keep the others from it."""
    for step_id in list(steps.order_by("pk").values_list("pk", flat=True)[:200]):
        try:
            yield do(step_id)
        except (InterfaceError, OperationalError):
            raise
        except Exception:
            log.exception("step.not_brought_back", step_id=str(step_id))


def _locked_run(step_id: uuid.UUID | str) -> Run | None:
    return Run.objects.select_for_update(of=("self",)).filter(steps__pk=step_id).first()


def _end(step: Step, status: str, error: str, code: str) -> None:
    Step.objects.filter(pk=step.pk).update(
        status=status, error=error, error_code=code, finished_at=Now(), lease=None, lease_expires_at=None
    )
