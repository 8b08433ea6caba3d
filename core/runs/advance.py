"""What follows when a step changed: queue what is ready now, tell the product where the run stands, end the run."""

from __future__ import annotations

import uuid

from django.db.models.functions import Now

from core.runs import outbox, pipelines
from core.runs.models import Run, Step

RUN_STEP = "core.runs.tasks.run_step"


def lock(run_id: uuid.UUID) -> Run:
    """Every change of a run's shape happens under this lock, in one transaction."""
    return Run.objects.select_for_update().get(pk=run_id)


def queue(step: Step) -> None:
    """Makes the step claimable and rings for it."""
    Step.objects.filter(pk=step.pk).update(
        status=Step.Status.QUEUED,
        lease=None,
        lease_expires_at=None,
        run_after=None,
        rung_at=Now(),
        rings=0,
        error="",
        error_code="",
    )
    step.status = Step.Status.QUEUED
    outbox.ring(RUN_STEP, queue=step.queue, step_id=str(step.pk))


def advance(run: Run) -> None:
    """Call with the run locked. Running it twice changes nothing."""
    if run.status == Run.Status.CANCELLING:
        finish_cancel(run)
    if run.status in {Run.Status.CANCELLING, Run.Status.CANCELLED}:
        return
    pipeline = pipelines.get(run.kind)
    steps = list(run.steps.all())
    for step in steps:
        if step.status == Step.Status.PENDING and pipeline.ready(step, steps):
            if pipeline.spec(step.name).gate:
                Step.objects.filter(pk=step.pk).update(status=Step.Status.WAITING, started_at=Now())
                step.status = Step.Status.WAITING
                pipeline.listener.step_changed(run, step)
            else:
                queue(step)
    settle(run, steps)


def settle(run: Run, steps: list[Step]) -> None:
    """Writes the run's own status, stage and progress from its steps. A stage is entered when its first step is taken up."""
    if run.status in {Run.Status.CANCELLING, Run.Status.CANCELLED}:
        return
    pipeline = pipelines.get(run.kind)
    before = run.status
    open_steps = [step for step in steps if not step.is_finished]
    stage = pipeline.stage(steps)
    ahead = {Step.Status.PENDING, Step.Status.QUEUED}
    begun = any(step.status not in ahead for step in steps if pipeline.spec(step.name).stage == stage)
    entered = stage != run.stage and (begun or not open_steps)
    if entered:
        run.stage = stage
    run.progress = max(run.progress, pipeline.progress(steps)) if open_steps else 1.0
    failed = next((step for step in steps if step.status == Step.Status.FAILED), None)
    run.failed_step = run.error = run.error_code = ""
    if not open_steps:
        run.status = Run.Status.COMPLETED
    elif any(moves(step) for step in open_steps):
        # Other languages go on while one has failed; the run fails when nothing moves any more.
        run.status = Run.Status.RUNNING
    elif failed is not None:
        run.status = Run.Status.FAILED
        run.failed_step, run.error, run.error_code = failed.name, failed.error, failed.error_code
    else:
        run.status = Run.Status.WAITING
    save(run)
    if entered and stage:
        pipeline.listener.stage_entered(run, stage)
    if failed is not None and run.status == Run.Status.FAILED != before:
        pipeline.listener.failed(run, failed)


def moves(step: Step) -> bool:
    """Whether the studio itself goes on with this step; a gate waits for a person."""
    if step.status == Step.Status.WAITING:
        return step.run_after is not None
    return step.status in {Step.Status.QUEUED, Step.Status.RUNNING}


def finish_cancel(run: Run) -> None:
    """What no worker holds is cancelled at once; the run ends when no worker holds a step of it any more."""
    ended = [*Step.FINISHED, Step.Status.FAILED, Step.Status.CANCELLED]
    run.steps.exclude(status__in=[*ended, Step.Status.RUNNING]).update(
        status=Step.Status.CANCELLED, run_after=None, finished_at=Now()
    )
    # Asked after the update: a worker may have claimed a queued step until then, and none can from then on.
    if run.steps.filter(status=Step.Status.RUNNING).exists():
        return
    run.status = Run.Status.CANCELLED
    save(run)
    pipelines.get(run.kind).listener.cancelled(run)


def save(run: Run) -> None:
    if run.status in Run.ACTIVE:
        run.finished_at = None
    run.save(
        update_fields=[
            "status", "stage", "progress", "message", "error", "error_code", "failed_step", "finished_at", "updated_at",
        ]
    )  # fmt: skip
    if run.status not in Run.ACTIVE and run.finished_at is None:
        Run.objects.filter(pk=run.pk).update(finished_at=Now())
