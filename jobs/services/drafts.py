"""Texts of a job's tracks that are no version yet: autosaved, or lost against somebody else's save; and how they become one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from core.errors import DomainError, NotFoundError, TooLargeError, WrongStateError
from jobs.models import Job
from jobs.services.tracks import find_output, read_track, require_editor
from media_library import services as library
from media_library.media import webvtt
from media_library.media.merging import Conflict, merge_documents
from media_library.models import Track, TrackDraft


@dataclass(frozen=True)
class MergedText:
    content: str
    conflicts: list[Conflict]
    current_version: int


def find_draft(job: Job, draft_id: uuid.UUID, *, author: User) -> TrackDraft:
    """The author's own draft of one of the job's tracks."""
    tracks = [track for o in job.outputs.all() for track in (o.captions_id, o.description_id) if track]
    draft = TrackDraft.objects.select_related("track").filter(pk=draft_id, track__in=tracks, author=author).first()
    if draft is None:
        raise NotFoundError("Draft not found")
    return draft


def discard_draft(job: Job, draft_id: uuid.UUID, *, author: User) -> None:
    library.discard_draft(find_draft(job, draft_id, author=author))


def discard_spent_draft(draft: TrackDraft) -> None:
    """Its text is a version now; an automatic one went with the save."""
    TrackDraft.objects.filter(pk=draft.pk).delete()


def save_draft(
    job: Job, *, language: str, kind: str, content: str, author: User, base_version: int | None = None
) -> TrackDraft:
    """Autosave: what somebody who may save has typed so far. Without a base it started from the newest version."""
    output = find_output(job, language)
    require_editor(author, output)
    if job.status in Job.READ_ONLY:
        raise WrongStateError("Job is read-only")
    if len(content.encode()) > library.TRACK_MAX_BYTES:
        raise TooLargeError("A track may have 2 MB of text at most.")
    track = output.track(kind)
    if track is None:
        raise NotFoundError("VTT not found")
    base = track.version if base_version is None else base_version
    return library.save_automatic_draft(track, content, author=author, base_version=base)


def current_draft(job: Job, *, language: str, kind: str, author: User) -> TrackDraft:
    """What the author typed last and has not saved."""
    return library.automatic_draft(_track(job, language, kind), author=author)


def discard_current_draft(job: Job, *, language: str, kind: str, author: User) -> None:
    library.discard_draft(current_draft(job, language=language, kind=kind, author=author))


def drafts(job: Job, *, language: str, kind: str, author: User) -> QuerySet[TrackDraft]:
    """The author's own, the latest first."""
    return library.drafts_of(_track(job, language, kind), author=author)


def _track(job: Job, language: str, kind: str) -> Track:
    track = find_output(job, language).track(kind)
    if track is None:
        raise NotFoundError("Draft not found")
    return track


def merge_draft(job: Job, *, language: str, kind: str, content: str, base_version: int, author: User) -> MergedText:
    """The author's text and what was saved since the version it started from, as one text. Nothing is saved."""
    require_editor(author, find_output(job, language))
    newest = read_track(job, language=language, kind=kind, reader=author)
    base = newest.track.versions.filter(number=base_version).first()
    if base is None:
        raise NotFoundError("Version not found")
    try:
        mine = webvtt.parse_strict(content)
    except webvtt.InvalidWebVTT as error:
        raise DomainError(str(error), line=error.line) from error
    theirs = webvtt.parse(newest.version.content)
    merged, conflicts = merge_documents(webvtt.parse(base.content), mine, theirs)
    return MergedText(merged.write(), conflicts, newest.version.number)
