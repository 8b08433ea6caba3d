"""Changing what a job is to deliver, and taking it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core import audit, languages
from core.errors import NotFoundError, WrongStateError
from core.runs import services as runs
from core.runs.models import Step
from jobs import policies, signals, workflows
from jobs.models import Job, LanguageOutput
from jobs.services.intake import new_output

S = Job.Status
Work = LanguageOutput.Work
# Where nothing of what is asked for is being made.
OPEN = frozenset({S.CREATED, S.PENDING_QC, S.REJECTED, S.BLOCKED_ON_SOURCE, S.FAILED})
FIELDS = ("title", "notes", "priority", "due_at")
OUTPUTS = ("captions_vtt", "audio_description_vtt", "audio_description_mp3", "accessible_video_mp4")
VOICE = ("tts_provider", "tts_model", "tts_voice")
STARTED = frozenset({Work.RUNNING, Work.DONE, Work.STALE})
# What a description is drawn up from; without it a person writes it.
SEEN_AND_HEARD = ("conform", "survey", "transcribe")


@transaction.atomic
def update_job(job: Job, *, actor: User, tags: Sequence[str] | None = None, **wanted: Any) -> Job:
    """Changes what is named and differs: FIELDS, OUTPUTS and VOICE by their names, and with `tags` all target languages.

    What is delivered changes only while nothing of it is being made; a client changes it only before the work begins.
    """
    policies.require(actor, "update", job)
    job = workflows.hold(job)
    if job.deleted_at is not None:
        raise NotFoundError("Job not found")
    before = {name: getattr(job, name) for name in (*FIELDS, *OUTPUTS, *VOICE)}
    changed = {name: value for name, value in wanted.items() if name in before and value != before[name]}
    added, removed = _difference(job, tags)
    delivers = bool(added or removed or set(changed) & {*OUTPUTS, *VOICE})
    if (changed or delivers) and job.is_read_only:
        raise _too_late(job)
    if delivers and not outputs_open_to(actor, job):
        raise _too_late(job)
    if not changed and not delivers:
        return job
    for name, value in changed.items():
        setattr(job, name, value)
    job.save(update_fields=[*changed, "updated_at"])
    if delivers:
        _change_outputs(job, changed, added, removed, actor=actor)
    details: dict[str, Any] = {"changed": {name: [before[name], value] for name, value in changed.items()}}
    audit.record("jobs.job.update", job, actor=actor, **details, added=added, removed=removed)
    return job


def outputs_open_to(user: User, job: Job) -> bool:
    """Whether this person may change what the job delivers, as it stands now."""
    return job.status in OPEN and not (_is_client(user, job) and job.status != S.CREATED)


def _is_client(actor: User, job: Job) -> bool:
    return policies.role_for(actor, job) == User.Role.CLIENT


def _too_late(job: Job) -> WrongStateError:
    return WrongStateError(f"Cannot change requested outputs in status '{job.status}'", current_status=job.status)


def _difference(job: Job, tags: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Languages that are new, and those that are gone. The source language is there always."""
    if tags is None:
        return [], []
    wanted = dict.fromkeys(languages.canonical(tag) for tag in tags)
    there = list(job.outputs.order_by("language", "pk").values_list("language", flat=True))
    return [tag for tag in wanted if tag not in there], [
        tag for tag in there if tag not in wanted and tag != job.source_language
    ]


def _change_outputs(job: Job, changed: dict[str, Any], added: list[str], removed: list[str], *, actor: User) -> None:
    going = list(job.outputs.filter(language__in=removed).order_by("language", "pk"))
    if begun := [one.language for one in going if _begun(one)]:
        raise WrongStateError(f"Work has begun on: {', '.join(begun)}")
    LanguageOutput.objects.bulk_create(new_output(job, tag) for tag in added)
    signals.outputs_changed.send(sender=Job, job=job, added=added, removed=removed, actor=actor)
    LanguageOutput.objects.filter(pk__in=[one.pk for one in going]).delete()
    _ask_for(job.outputs.all(), "tts_status", wanted=job.wants_speech)
    _ask_for(job.outputs.all(), "render_status", wanted=job.accessible_video_mp4)
    if set(changed) & set(VOICE):
        outputs = job.outputs.filter(tts_voice="")
        outputs.filter(tts_status=Work.DONE).update(tts_status=Work.STALE)
        outputs.filter(render_status=Work.DONE).update(render_status=Work.STALE)
    if job.run_id:
        runs.replan(job.run_id, again=_to_describe(job))


def _begun(output: LanguageOutput) -> bool:
    return bool(STARTED & {output.translation_status, output.tts_status, output.render_status})


def _ask_for(outputs: Any, field: str, *, wanted: bool) -> None:
    """What is asked for now is to be made; what is not any more is left as far as it was made."""
    old, new = (Work.NOT_REQUESTED, Work.PENDING) if wanted else (Work.PENDING, Work.NOT_REQUESTED)
    outputs.filter(**{field: old}).update(**{field: new})
    if not wanted:
        outputs.filter(**{field: Work.FAILED}).update(**{field: Work.NOT_REQUESTED})


def _to_describe(job: Job) -> Sequence[str]:
    """A description that is asked for only now is drawn up while people are at the captions."""
    if not job.wants_description:
        return ()
    seen = Step.objects.filter(run=job.run_id, name__in=SEEN_AND_HEARD, status=Step.Status.DONE).count()
    return ("describe",) if seen == len(SEEN_AND_HEARD) else ()


@transaction.atomic
def delete_job(job: Job, *, actor: User) -> None:
    """Takes the job out of everybody's sight and stops its work. Its files stay the library's."""
    policies.require(actor, "delete", job)
    job = workflows.hold(job)
    # Judged again on the locked row: a client's job may have come to quality control meanwhile.
    policies.require(actor, "delete", job)
    if job.deleted_at is not None:
        raise NotFoundError("Job not found")
    workflows.revoke_work(job)
    signals.closing_job.send(sender=Job, job=job, actor=actor)
    job.deleted_at = timezone.now()
    job.save(update_fields=["deleted_at", "updated_at"])
    audit.record("jobs.job.delete", job, actor=actor, before=job.status)
