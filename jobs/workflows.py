"""The job's state machine, as accessible.yaml states it, and one function per move."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services.notifications import notify
from core import languages
from core.errors import DomainError, NotFoundError, WrongStateError
from core.runs import services as runs
from core.runs.models import Run
from core.workflow import Machine, Move
from jobs import events, news, policies, signals
from jobs.models import Job, LanguageOutput

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

OFFERED = (
    "approve_source",
    "approve_english",
    "complete",
    "return_to_qc",
    "retry",
    "retry_tts",
    "promote_to_qc",
    "blocked_on_source",
    "reject",
    "reject_final",
    "cancel",
)
"""The moves that people make, in the order buttons show them."""

SOURCE_GATE = "source_approval"
FINAL_GATE = "final_review"
# What speech and film are made from. A person may approve a source that the studio never took in; it is made up for then.
MATERIAL = ("ingest", "probe", "conform", "survey", "transcribe")
SPOKEN = ("speak", "place", "mix", "render", "validate")
SPOKEN_STAGES = frozenset({S.TTS_GENERATING, S.RENDERING})


def allowed_actions(job: Job, user: User) -> list[str]:
    """What this person may do with the job now, for buttons and for `allowed_actions`."""
    possible = JOB.allowed(job.status)
    return [
        verb for verb in OFFERED if verb in possible and not _refused(verb, job) and policies.allowed(user, verb, job)
    ]


def _refused(verb: str, job: Job) -> bool:
    """Guards beside the table that can be told from the job as it was read."""
    if verb == "approve_english":
        return not is_english(job)
    return verb == "retry_tts" and not any(_may_be_spoken_again(job, output) for output in job.outputs.all())


def is_english(job: Job) -> bool:
    return languages.primary(job.source_language) == "en"


def _may_be_spoken_again(job: Job, output: LanguageOutput) -> bool:
    """What is being spoken is left alone, and what failed before speech is retried from there."""
    if not job.wants_speech:
        return False
    if job.status == S.TTS_GENERATING:
        return output.tts_status == LanguageOutput.Work.FAILED
    return job.status != S.FAILED or job.failed_step in SPOKEN_STAGES


def hold(job: Job) -> Job:
    """Locks the job for the rest of the caller's transaction: its run first, as workers do, or the two would stop each other."""
    if job.run_id:
        runs.hold(job.run_id)
    return JOB.lock(job)


@transaction.atomic
def approve_source(job: Job, *, actor: User, comment: str = "") -> Job:
    """The source tracks are right: translation, speech and rendering may start."""
    return _approve("approve_source", job, actor=actor, comment=comment)


@transaction.atomic
def approve_english(job: Job, *, actor: User, comment: str = "") -> Job:
    """As `approve_source`, for whoever answers for English only."""
    return _approve("approve_english", job, actor=actor, comment=comment)


def _approve(verb: str, job: Job, *, actor: User, comment: str) -> Job:
    policies.require(actor, verb, job)
    job = hold(job)
    before = job.status
    approval = {"approved_source_by": actor, "approved_source_at": timezone.now()}
    if verb == "approve_english" and before in JOB.moves[verb].sources and not is_english(job):
        raise WrongStateError(f"Source language is '{job.source_language}', not English; use approve_source")
    job = JOB.move(verb, job, actor=actor, changes=approval, comment=comment)
    signals.source_approved.send(sender=Job, job=job, actor=actor)
    events.job_status(job, before=before)
    if job.run_id:
        needed = MATERIAL if job.wants_speech else ()
        runs.resume(job.run_id, SOURCE_GATE, result={"approved_by": str(actor.pk)}, catching_up=needed)
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
    _tell_creator(job, "completed", f"“{job}” is completed.", by=actor)
    return job


@transaction.atomic
def reject(job: Job, *, actor: User, reason: str = "") -> Job:
    """Back to who asked for it: the source texts are not to be had right."""
    return _reject("reject", job, actor=actor, reason=reason, stage="qc")


@transaction.atomic
def reject_final(job: Job, *, actor: User, reason: str = "") -> Job:
    """Back to who asked for it, although all of it was made."""
    return _reject("reject_final", job, actor=actor, reason=reason, stage="final")


def _reject(verb: str, job: Job, *, actor: User, reason: str, stage: str) -> Job:
    policies.require(actor, verb, job)
    job = hold(job)
    before = job.status
    rejection = {"stage": stage, "reason": reason or None, "by": str(actor.pk), "at": timezone.now().isoformat()}
    job = JOB.move(verb, job, actor=actor, changes={"rejection": rejection}, reason=reason)
    revoke_work(job)
    events.job_status(job, before=before)
    _tell_creator(job, "rejected", f"“{job}” was rejected{_because(reason)}", by=actor, urgent=True)
    return job


@transaction.atomic
def return_to_qc(job: Job, *, actor: User, reason: str = "", wanted: Iterable[str] = ()) -> Job:
    """Back to the source's approval. Of `wanted` languages (the source's when none) those that were approved are worked on again.

    What is made anew after the next approval is only what says something else by then.
    """
    policies.require(actor, "return_to_qc", job)
    job = hold(job)
    before = job.status
    tags = _languages_of(job, wanted)
    job = JOB.move("return_to_qc", job, actor=actor, reason=reason, languages=tags)
    signals.returned_to_qc.send(sender=Job, job=job, languages=tags, actor=actor)
    events.job_status(job, before=before)
    if job.run_id:
        runs.wait_at(job.run_id, SOURCE_GATE)
    return job


def _languages_of(job: Job, wanted: Iterable[str]) -> list[str]:
    there = {output.language.lower(): output.language for output in job.outputs.all()}
    named = [tag.lower() for tag in wanted] or [job.source_language.lower()]
    if set(named) - set(there):
        raise NotFoundError("Language not found on this job")
    return [there[tag] for tag in dict.fromkeys(named)]


@transaction.atomic
def blocked_on_source(job: Job, *, actor: User, reason: str = "") -> Job:
    """Something is wrong with the video itself. Nothing is made of it until that is solved."""
    policies.require(actor, "blocked_on_source", job)
    job = hold(job)
    before = job.status
    job = JOB.move("blocked_on_source", job, actor=actor, changes={"blocked_reason": reason}, reason=reason)
    revoke_work(job)
    events.job_status(job, before=before)
    _tell_creator(job, "blocked", f"The video of “{job}” has a problem{_because(reason)}", by=actor, urgent=True)
    return job


@transaction.atomic
def promote_to_qc(job: Job, *, actor: User, comment: str = "") -> Job:
    """A person takes over: the job waits for the approval of its source, whatever the machines have or have not made."""
    policies.require(actor, "promote_to_qc", job)
    job = hold(job)
    before = job.status
    cleared = {"rejection": None, "blocked_reason": "", "failed_step": "", "error": ""}
    job = JOB.move("promote_to_qc", job, actor=actor, changes=cleared, comment=comment)
    signals.promoting_to_qc.send(sender=Job, job=job, actor=actor)
    events.job_status(job, before=before)
    if job.run_id:
        runs.wait_at(job.run_id, SOURCE_GATE)
        stop_outputs(job)
    return job


@transaction.atomic
def retry_tts(job: Job, *, actor: User, language: str) -> Job:
    """Speaks one language anew, and makes its film again where one was asked for. The others keep what they have."""
    policies.require(actor, "retry_tts", job)
    job = hold(job)
    before = job.status
    output = job.outputs.filter(language__iexact=language).first()
    if output is None:
        raise NotFoundError("Language not found on this job")
    if before in JOB.moves["retry_tts"].sources and not job.wants_speech:
        raise DomainError("Audio was not requested for this job")
    if before in JOB.moves["retry_tts"].sources and not _may_be_spoken_again(job, output):
        raise WrongStateError(JOB.refusal("retry_tts", job), current_status=before)
    job = JOB.move("retry_tts", job, actor=actor, changes={"failed_step": "", "error": ""}, language=output.language)
    work = LanguageOutput.Work
    output.tts_status = work.PENDING
    output.render_status = work.PENDING if job.accessible_video_mp4 else output.render_status
    output.save(update_fields=["tts_status", "render_status", "updated_at"])
    events.job_status(job, before=before)
    if job.run_id:
        runs.redo(job.run_id, SPOKEN, item=output.language)
    return job


@transaction.atomic
def cancel(job: Job, *, actor: User, reason: str = "") -> Job:
    """Stops the work. What was made already stays."""
    policies.require(actor, "cancel", job)
    job = hold(job)
    before = job.status
    job = JOB.move("cancel", job, actor=actor, reason=reason)
    revoke_work(job)
    events.job_status(job, before=before)
    return job


def revoke_work(job: Job) -> None:
    """What is queued is gone at once, and a worker that holds a step ends it within seconds."""
    run = job.run
    if run is not None and run.status in Run.ACTIVE:
        runs.cancel(run.pk)


def stop_outputs(job: Job) -> None:
    """Nothing is under way any more; what was is to be done still."""
    work = LanguageOutput.Work
    for field in ("translation_status", "tts_status", "render_status"):
        job.outputs.filter(**{field: work.RUNNING}).update(**{field: work.PENDING})


def _because(reason: str) -> str:
    return f": {reason}" if reason else "."


def _tell_creator(job: Job, kind: str, text: str, *, by: User, urgent: bool = False) -> None:
    """Nobody is told of what they did themselves."""
    url, subject = f"/jobs/{job.pk}", f"job:{job.pk}"
    told = [job.created_by] if job.created_by_id != by.pk else []
    notify(told, kind=f"job.{kind}", text=text, url=url, subject=subject, urgent=urgent)


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
            news.stage_reached(job)
            return job
    return job


def fail(job: Job, *, message: str, step: str) -> Job:
    """A step gave up. The job keeps the status it was in as `failed_step`, which is where a retry goes on."""
    if job.status not in JOB.moves["step_failed"].sources:
        return job
    before = job.status
    job = JOB.move("step_failed", job, actor=None, changes={"failed_step": before, "error": message}, step=step)
    events.job_status(job, before=before)
    news.stopped(job)
    return job
