"""The texts of a job, as people and engines write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

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
from jobs.services.sources import changed_by, follow_source
from media_library import services as library
from media_library.media.cue_edits import CueEdit
from media_library.media.webvtt import Cue
from media_library.models import Track, TrackVersion


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


def reviewed(text: TrackText) -> set[str]:
    """Digests of the cues that somebody has read and found right."""
    review = getattr(text.output, "review", None)
    if review is None:
        return set()
    return set(review.cue_reviews.filter(kind=text.track.kind).values_list("text_digest", flat=True))


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
    source: str = TrackVersion.Source.EDIT,
) -> tuple[TrackText, list[dict[str, Any]]]:
    """A person's new version of a track."""

    def change(track: Track) -> tuple[TrackVersion, list[dict[str, Any]]]:
        return library.save_version(
            track, content, author=author, base_version=base_version, comment=comment, lenient=lenient, source=source
        )

    return written(job, change, language=language, kind=kind, author=author)


def save_cues(
    job: Job,
    *,
    language: str,
    kind: str,
    edits: Sequence[CueEdit],
    author: User,
    base_version: int | None = None,
    comment: str = "",
) -> tuple[TrackText, dict[int, Cue]]:
    """A person's new version in which only some cues differ; those, by their index."""

    def change(track: Track) -> tuple[TrackVersion, dict[int, Cue]]:
        return library.save_edits(track, edits, author=author, base_version=base_version, comment=comment)

    return written(job, change, language=language, kind=kind, author=author)


Extra = TypeVar("Extra")
# Not when times were moved, or an old text taken up again: that is no answer to what the source says now.
WRITTEN_ANEW = frozenset({TrackVersion.Source.EDIT, TrackVersion.Source.UPLOAD})


def written(
    job: Job, change: Callable[[Track], tuple[TrackVersion, Extra]], *, language: str, kind: str, author: User
) -> tuple[TrackText, Extra]:
    """What `change` did to the track, if `author` may. What was spoken or rendered from the old text is stale from now on."""
    output = find_output(job, language)
    require_editor(author, output)
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
            version, extra = change(track)
        except ConflictError as error:
            # Told after the commit: the losing text is kept as a draft.
            conflict = error
        else:
            mark_stale(output)
            if version.source in WRITTEN_ANEW and not output.is_source:
                follow_source(output, kind, version, extra if isinstance(extra, dict) else changed_by(version))
    if conflict is not None:
        if draft := conflict.details.get("draft_id"):
            conflict.details["draft_url"] = f"{settings.PUBLIC_URL}/api/v1/jobs/{job.pk}/vtt/drafts/{draft}"
        raise conflict
    return TrackText(output, track, version), extra


def require_editor(author: User, output: LanguageOutput) -> None:
    if not policies.may_edit_track(author, output):
        raise NotAllowedError


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


def save_machine_text(
    output: LanguageOutput,
    kind: str,
    text: str,
    *,
    engine: str,
    comment: str,
    source: str = TrackVersion.Source.AI,
    origins: library.Origins | None = None,
    base_version: int | None = None,
) -> None:
    """What an engine wrote. It goes on top of no text that a person wrote (but see `base_version` there), and of none that was approved."""
    track = open_output_track(output, kind)
    if not (track.version and policies.is_approved(output)):
        library.save_machine_version(
            track,
            text,
            engine=engine,
            comment=comment,
            source=source,
            origins=origins,
            base_version=base_version,
        )


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
