"""The texts of a job, as people and engines write them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from core.errors import (
    ConflictError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from core.runs import services as runs
from jobs import policies
from jobs.models import Job, LanguageOutput
from media_library import services as library
from media_library.models import Track, TrackDraft, TrackVersion


@dataclass(frozen=True)
class TrackText:
    """A track as it is read and edited: the newest version, or the one asked for."""

    output: LanguageOutput
    track: Track
    version: TrackVersion


def find_output(job: Job, language: str) -> LanguageOutput:
    """The job's output in `language` (the source language when empty)."""
    wanted = (language or job.source_language).lower()
    for output in job.outputs.select_related("review", "captions", "description"):
        if output.language.lower() == wanted:
            output.job = job
            return output
    raise NotFoundError("Language not found on this job")


def read_track(job: Job, *, language: str, kind: str, reader: User) -> TrackText:
    try:
        output = find_output(job, language)
    except NotFoundError as error:
        raise NotFoundError("VTT not found") from error
    if not policies.may_read_track(reader, output):
        raise NotAllowedError
    track = output.track(kind)
    version = track.versions.select_related("author").first() if track else None
    if track is None or version is None:
        raise NotFoundError("VTT not found")
    return TrackText(output, track, version)


def save_track(
    job: Job,
    *,
    language: str,
    kind: str,
    content: str,
    author: User,
    base_version: int | None = None,
    comment: str = "",
    lenient: bool = False,
) -> tuple[TrackText, list[dict[str, Any]]]:
    """A person's new version of a track. What was spoken or rendered from the old one is stale from now on."""
    output = find_output(job, language)
    if not policies.may_edit_track(author, output):
        raise NotAllowedError
    conflict: ConflictError | None = None
    with transaction.atomic():
        # Against `complete` at the same moment: one of the two comes first, and the other sees it. The run before the job, as workers do.
        if job.run_id:
            runs.hold(job.run_id)
        status = Job.objects.select_for_update().values_list("status", flat=True).get(pk=job.pk)
        if status in Job.READ_ONLY:
            raise WrongStateError("Job is read-only")
        track = output.track(kind)
        if track is None:
            track = open_output_track(output, kind)
        try:
            version, dropped = library.save_version(
                track, content, author=author, base_version=base_version, comment=comment, lenient=lenient
            )
        except ConflictError as error:
            # Told after the commit: the losing text is kept as a draft.
            conflict = error
        else:
            mark_stale(output)
    if conflict is not None:
        draft = conflict.details["draft_id"]
        conflict.details["draft_url"] = f"{settings.PUBLIC_URL}/api/v1/jobs/{job.pk}/vtt/drafts/{draft}"
        raise conflict
    return TrackText(output, track, version), dropped


def open_output_track(output: LanguageOutput, kind: str) -> Track:
    """The output's track of this kind, made when there is none yet."""
    locked = LanguageOutput.objects.select_for_update(of=("self",)).select_related("job__source").get(pk=output.pk)
    found = locked.track(kind)
    if found is not None:
        return found
    if locked.job.source is None:
        raise WrongStateError("The job has no video yet.")
    track = library.open_track(locked.job.source, kind=kind, language=locked.language)
    name = "captions" if kind == Track.Kind.CAPTIONS else "description"
    setattr(locked, name, track)
    setattr(output, name, track)
    locked.save(update_fields=[name, "updated_at"])
    return track


def save_machine_text(output: LanguageOutput, kind: str, text: str, *, engine: str, comment: str) -> None:
    """What an engine wrote. It goes on top of no text that a person wrote, and of none that was approved."""
    track = open_output_track(output, kind)
    if not (track.version and policies.is_approved(output)):
        library.save_machine_version(track, text, engine=engine, comment=comment)


def mark_stale(output: LanguageOutput) -> None:
    """Speech and film no longer say what the tracks say."""
    work = LanguageOutput.Work
    outputs = LanguageOutput.objects.filter(pk=output.pk)
    outputs.filter(tts_status=work.DONE).update(tts_status=work.STALE)
    outputs.filter(render_status=work.DONE).update(render_status=work.STALE)


def note_engine(output: LanguageOutput, work: str, engine: str, *, lacking: str, needs_person: bool) -> None:
    """Who did this piece of work, by name, or that a person has to. `lacking` is the reason that then stands with the output."""
    locked = LanguageOutput.objects.select_for_update(of=("self",)).get(pk=output.pk)
    locked.engines = {**locked.engines, work: engine} if engine else locked.engines
    reasons = [reason for reason in locked.needs_person.splitlines() if reason != lacking]
    locked.needs_person = "\n".join([*reasons, lacking] if needs_person else reasons)
    locked.save(update_fields=["engines", "needs_person", "updated_at"])


def keep_output(output: LanguageOutput, **made: Any) -> None:
    """What a step made for this language: files, checks."""
    for name, value in made.items():
        setattr(output, name, value)
    output.save(update_fields=[*made, "updated_at"])


def find_draft(job: Job, draft_id: uuid.UUID, *, author: User) -> TrackDraft:
    """The author's own draft of one of the job's tracks."""
    tracks = [track for o in job.outputs.all() for track in (o.captions_id, o.description_id) if track]
    draft = TrackDraft.objects.select_related("track").filter(pk=draft_id, track__in=tracks, author=author).first()
    if draft is None:
        raise NotFoundError("Draft not found")
    return draft


def discard_draft(job: Job, draft_id: uuid.UUID, *, author: User) -> None:
    library.discard_draft(find_draft(job, draft_id, author=author))
