"""What follows when a step changed: queue what is ready now, tell the product where the run stands, end the run."""

from __future__ import annotations

from django.db.models.functions import Now

from core.runs import outbox, pipelines
from core.runs.models import Run, Step

RUN_STEP = "core.runs.tasks.run_step"


def lock(run_id: object) -> Run:
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
    pipeline = pipelines.get(run.kind)
    steps = list(run.steps.all())
    if run.status == Run.Status.CANCELLING:
        finish_cancel(run, steps)
        return
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
    if run.status == Run.Status.CANCELLING:
        return
    pipeline = pipelines.get(run.kind)
    stage = pipeline.stage(steps)
    ahead = {Step.Status.PENDING, Step.Status.QUEUED}
    begun = any(step.status not in ahead for step in steps if pipeline.spec(step.name).stage == stage)
    entered = stage != run.stage and (begun or not stage)
    if entered:
        run.stage = stage
    run.progress = max(run.progress, pipeline.progress(steps)) if stage else 1.0
    open_steps = [step for step in steps if not step.is_finished]
    moving = {Step.Status.QUEUED, Step.Status.RUNNING}
    failed = next((step for step in steps if step.status == Step.Status.FAILED), None)
    if not open_steps:
        run.status = Run.Status.COMPLETED
    elif any(step.status in moving or (step.status == Step.Status.WAITING and step.run_after) for step in open_steps):
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
    if run.status == Run.Status.FAILED and failed is not None:
        pipeline.listener.failed(run, failed)


def finish_cancel(run: Run, steps: list[Step]) -> None:
    """What no worker holds is cancelled at once; the run ends when no worker holds a step of it any more."""
    held = Step.Status.RUNNING
    run.steps.exclude(status__in=[*Step.FINISHED, Step.Status.FAILED, held]).update(
        status=Step.Status.CANCELLED, finished_at=Now()
    )
    if any(step.status == held for step in steps):
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
