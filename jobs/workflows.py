"""The job's state machine, as accessible.yaml states it, and one function per move that is offered."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.runs import services as runs
from core.runs.models import Run
from core.workflow import Machine, Move
from jobs import events, policies, signals
from jobs.models import Job

S = Job.Status
R = User.Role

_REVIEWERS = frozenset({R.REVIEWER, R.PRODUCTION, R.ADMIN})
_MANAGERS = frozenset({R.PROJECT_MANAGER, R.ADMIN})
_PRODUCTION = frozenset({R.PRODUCTION, R.ADMIN})
_STAFF = frozenset({R.PROJECT_MANAGER, R.PRODUCTION, R.ADMIN})
_AI_OR_BEFORE = frozenset({S.INGESTING, S.AI_PROCESSING})
_DOWNSTREAM = frozenset({S.TRANSLATING, S.TTS_GENERATING, S.RENDERING})
_UNDER_WAY = _AI_OR_BEFORE | _DOWNSTREAM | {S.PENDING_QC, S.APPROVED_SOURCE, S.PENDING_FINAL_REVIEW}


def _system(sources: set[str] | frozenset[str], target: str) -> Move:
    return Move(frozenset(sources), target, system=True)


JOB = Machine(
    name="jobs.job",
    field="status",
    refusal=lambda verb, job: f"Cannot {verb} a job in status '{job.status}'",
    moves={
        "start_ingest": _system({S.CREATED}, S.INGESTING),
        "ingest_done": _system({S.INGESTING}, S.AI_PROCESSING),
        "ai_done": _system({S.AI_PROCESSING}, S.PENDING_QC),
        "approve_source": Move(frozenset({S.PENDING_QC}), S.APPROVED_SOURCE, _REVIEWERS),
        "approve_english": Move(frozenset({S.PENDING_QC}), S.APPROVED_SOURCE, _REVIEWERS),
        "reject": Move(frozenset({S.PENDING_QC, S.BLOCKED_ON_SOURCE}), S.REJECTED, _REVIEWERS),
        "start_translation": _system({S.APPROVED_SOURCE}, S.TRANSLATING),
        "skip_translation": _system({S.APPROVED_SOURCE}, S.TTS_GENERATING),
        "skip_to_review": _system({S.APPROVED_SOURCE}, S.PENDING_FINAL_REVIEW),
        "translated": _system({S.TRANSLATING}, S.TTS_GENERATING),
        "translated_text_only": _system({S.TRANSLATING}, S.PENDING_FINAL_REVIEW),
        "tts_done": _system({S.TTS_GENERATING}, S.RENDERING),
        "tts_done_no_video": _system({S.TTS_GENERATING}, S.PENDING_FINAL_REVIEW),
        "rendered": _system({S.RENDERING}, S.PENDING_FINAL_REVIEW),
        "step_failed": _system(_AI_OR_BEFORE | _DOWNSTREAM, S.FAILED),
        "complete": Move(frozenset({S.PENDING_FINAL_REVIEW}), S.COMPLETED, _MANAGERS),
        "reject_final": Move(frozenset({S.PENDING_FINAL_REVIEW}), S.REJECTED, _MANAGERS),
        "return_to_qc": Move(frozenset({S.PENDING_FINAL_REVIEW}), S.PENDING_QC, _MANAGERS),
        "blocked_on_source": Move(_UNDER_WAY | {S.FAILED}, S.BLOCKED_ON_SOURCE, _PRODUCTION),
        "promote_to_qc": Move(_AI_OR_BEFORE | {S.FAILED, S.REJECTED, S.BLOCKED_ON_SOURCE}, S.PENDING_QC, _PRODUCTION),
        "retry_tts": Move(
            frozenset({S.TTS_GENERATING, S.PENDING_FINAL_REVIEW, S.FAILED}), S.TTS_GENERATING, _PRODUCTION
        ),
        # Back to the step that failed, which the row knows.
        "retry": Move(frozenset({S.FAILED}), None, _STAFF),
        "cancel": Move(_UNDER_WAY | {S.CREATED, S.BLOCKED_ON_SOURCE}, S.CANCELLED, _STAFF),
        "reprocess": Move(
            _AI_OR_BEFORE | _DOWNSTREAM | {S.CREATED, S.APPROVED_SOURCE, S.FAILED, S.BLOCKED_ON_SOURCE},
            None,
            frozenset({R.ADMIN}),
        ),
    },
)

OFFERED = ("approve_source", "complete", "cancel", "retry")
"""The moves that have a door, in the order buttons show them."""

SOURCE_GATE = "source_approval"
FINAL_GATE = "final_review"


def allowed_actions(job: Job, user: User) -> list[str]:
    """What this person may do with the job now, for buttons and for `allowed_actions`."""
    possible = JOB.allowed(job.status)
    return [verb for verb in OFFERED if verb in possible and policies.allowed(user, verb, job)]


def hold(job: Job) -> Job:
    """Locks the job for the rest of the caller's transaction: its run first, as workers do, or the two would stop each other."""
    if job.run_id:
        runs.hold(job.run_id)
    return JOB.lock(job)


@transaction.atomic
def approve_source(job: Job, *, actor: User, comment: str = "") -> Job:
    """The source tracks are right: translation, speech and rendering may start."""
    policies.require(actor, "approve_source", job)
    job = hold(job)
    before = job.status
    job = JOB.move(
        "approve_source",
        job,
        actor=actor,
        changes={"approved_source_by": actor, "approved_source_at": timezone.now()},
        comment=comment,
    )
    signals.source_approved.send(sender=Job, job=job, actor=actor)
    events.job_status(job, before=before)
    if job.run_id:
        runs.resume(job.run_id, SOURCE_GATE, result={"approved_by": str(actor.pk)})
        job.refresh_from_db()
    return job


@transaction.atomic
def complete(job: Job, *, actor: User, comment: str = "") -> Job:
    """Signed off. From here on the outputs do not change."""
    policies.require(actor, "complete", job)
    job = hold(job)
    before = job.status
    job = JOB.move("complete", job, actor=actor, changes={"completed_at": timezone.now()}, comment=comment)
    signals.completing.send(sender=Job, job=job, actor=actor)
    if job.run_id:
        runs.resume(job.run_id, FINAL_GATE, result={"completed_by": str(actor.pk)})
    events.job_status(job, before=before, progress=1.0)
    return job


@transaction.atomic
def cancel(job: Job, *, actor: User, reason: str = "") -> Job:
    """Stops the work. What was made already stays."""
    policies.require(actor, "cancel", job)
    job = hold(job)
    before = job.status
    job = JOB.move("cancel", job, actor=actor, reason=reason)
    if job.run_id and job.run and job.run.status in Run.ACTIVE:
        runs.cancel(job.run_id)
    events.job_status(job, before=before)
    return job


@transaction.atomic
def retry(job: Job, *, actor: User) -> Job:
    """Goes on with the step that failed; what is done stays done."""
    policies.require(actor, "retry", job)
    job = hold(job)
    before = job.status
    job = JOB.move(
        "retry", job, actor=actor, target=job.failed_step or S.INGESTING, changes={"failed_step": "", "error": ""}
    )
    if job.run_id:
        runs.retry(job.run_id)
    events.job_status(job, before=before)
    return job


def enter_stage(job: Job, stage: str) -> Job:
    """The run moved on: the system move that leads from the job's status to the run's stage, if there is one."""
    for verb, move in JOB.moves.items():
        if move.system and job.status in move.sources and move.target == stage and verb != "step_failed":
            before = job.status
            job = JOB.move(verb, job, actor=None)
            events.job_status(job, before=before)
            return job
    return job


def fail(job: Job, *, message: str, step: str) -> Job:
    """A step gave up. The job keeps the status it was in as `failed_step`, which is where a retry goes on."""
    if job.status not in JOB.moves["step_failed"].sources:
        return job
    before = job.status
    job = JOB.move("step_failed", job, actor=None, changes={"failed_step": before, "error": message}, step=step)
    events.job_status(job, before=before)
    return job
