"""Making a stuck job move again."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User
from core.errors import (
    WrongStateError,
)
from core.runs import pipelines
from core.runs import services as runs
from core.runs.models import Run
from jobs import events, policies, workflows
from jobs.models import Job
from jobs.services.intake import KIND

# The stages in which the studio works, in order. Names are statuses.
STAGES = (
    Job.Status.INGESTING,
    Job.Status.AI_PROCESSING,
    Job.Status.TRANSLATING,
    Job.Status.TTS_GENERATING,
    Job.Status.RENDERING,
)
BEFORE_APPROVAL = frozenset({Job.Status.INGESTING, Job.Status.AI_PROCESSING})


@transaction.atomic
def reprocess(job: Job, *, actor: User, from_stage: str = "", reason: str = "") -> Job:
    """Makes a stuck job move again: workers lose what they hold, and the work goes back to `from_stage`.

    Without it, to the stage that failed or is under way; never past that one. What has the same inputs answers from what it has, and is
    paid for once. Texts that a person wrote or approved stay. Before the source's approval, a person approves again.
    """
    policies.require(actor, "reprocess", job)
    job = workflows.hold(job)
    before = job.status
    if before not in workflows.JOB.moves["reprocess"].sources:
        raise WrongStateError(f"Cannot reprocess a job in status '{before}'", current_status=before)
    if job.run is None:
        stage, step = Job.Status.INGESTING.value, ""
    else:
        stage, step = _place_to_start(job, job.run, from_stage)
    changes: dict[str, Any] = {"failed_step": "", "error": "", "blocked_reason": ""}
    if stage in BEFORE_APPROVAL:
        changes |= {"approved_source_by": None, "approved_source_at": None}
    asked = {"reason": reason, "from_step": from_stage}
    job = workflows.JOB.move("reprocess", job, actor=actor, target=stage, changes=changes, **asked)
    if job.run_id:
        runs.reopen(job.run_id, step, take_over=True)
    else:
        job.run = runs.start(KIND, subject_id=job.pk, created_by=job.created_by)
        job.save(update_fields=["run"])
    events.job_status(job, before=before)
    job.refresh_from_db()
    return job


def _place_to_start(job: Job, run: Run, wanted: str) -> tuple[str, str]:
    """Stage and first step: those wanted, but never later than where the work stands."""
    pipeline, steps = pipelines.get(run.kind), list(run.steps.all())
    stands = pipeline.stage(steps)
    if stands == Job.Status.PENDING_QC:
        # What comes before the gate is done; its last stage leads to the gate again.
        stands = Job.Status.AI_PROCESSING
    start_over = job.status in {Job.Status.CREATED, Job.Status.BLOCKED_ON_SOURCE}
    wanted = wanted or (Job.Status.INGESTING if start_over else job.failed_step or stands)
    stage = min((one for one in (wanted, stands) if one in STAGES), key=STAGES.index, default=stands)
    names = [spec.stage for spec in pipeline.steps]
    first = next(step for step in steps if step.position >= names.index(stage))
    found = pipeline.spec(first.name).stage
    # Where nothing is left to make, the approved source leads on to the final review.
    return (found if found in STAGES else Job.Status.APPROVED_SOURCE), first.name
