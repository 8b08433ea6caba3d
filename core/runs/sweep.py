"""The reaper: brings back what a dead worker, a lost message or a wait left behind. Safe to run anywhere, any number of times."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from core.runs import outbox, pipelines
from core.runs.advance import RUN_STEP, advance, lock, queue
from core.runs.models import OutboxMessage, Run, Step

log = structlog.get_logger(__name__)

CRASHED = "The worker stopped while it did this, {times} times. The file may need more memory than there is."
RING_AGAIN = (15, 30, 60, 120, 300, 600)  # seconds between bells for one step, so that a long queue is not rung full


def sweep() -> dict[str, int]:
    """One pass. Returns how many steps were brought back, woken and rung for again, and messages sent."""
    return {"reaped": reap(), "woken": wake(), "rung": ring_again(), "sent": outbox.flush(), "forgotten": forget()}


def reap() -> int:
    """Steps whose lease ended: queued again, or failed when they have stopped a worker too often."""
    reaped = 0
    for step_id, run_id in _open(Q(status=Step.Status.RUNNING, lease_expires_at__lt=Now())):
        with transaction.atomic():
            run = lock(run_id)
            step = Step.objects.filter(pk=step_id, status=Step.Status.RUNNING, lease_expires_at__lt=Now()).first()
            if step is None:
                continue
            reaped += 1
            log.warning("step.reaped", run_id=str(run_id), step=str(step), attempt=step.attempt, worker=step.worker)
            spec = pipelines.get(run.kind).spec(step.name)
            step.failures += 1
            Step.objects.filter(pk=step.pk).update(failures=step.failures)
            if run.status == Run.Status.CANCELLING:
                _end(step, Step.Status.CANCELLED, "", "")
                advance(run)
            elif step.failures >= spec.retry.failures:
                _end(step, Step.Status.FAILED, CRASHED.format(times=step.failures), "worker_lost")
                step.refresh_from_db()
                pipelines.get(run.kind).listener.step_changed(run, step)
                advance(run)
            else:
                queue(step)
    return reaped


def wake() -> int:
    """Steps that waited for a provider, or for another try, and are due."""
    woken = 0
    for step_id, run_id in _open(Q(status=Step.Status.WAITING, run_after__lte=Now())):
        with transaction.atomic():
            lock(run_id)
            step = Step.objects.filter(pk=step_id, status=Step.Status.WAITING, run_after__lte=Now()).first()
            if step is not None:
                queue(step)
                woken += 1
    return woken


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


def _open(condition: Q) -> list[tuple[object, object]]:
    return list(Step.objects.filter(condition).order_by("pk").values_list("pk", "run_id")[:200])


def _end(step: Step, status: str, error: str, code: str) -> None:
    Step.objects.filter(pk=step.pk).update(
        status=status, error=error, error_code=code, finished_at=Now(), lease=None, lease_expires_at=None
    )
