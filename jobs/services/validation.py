"""Whether everything that a completed job delivers is really there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from core.errors import WrongStateError
from core.storage import store
from jobs import policies
from jobs.models import Job
from media_library import services as library
from media_library.models import Asset, Track


@dataclass(frozen=True)
class Expected:
    """One file that the job promises. `key` is empty where it was never made."""

    language: str
    kind: str
    key: str = ""
    exists: bool = False
    size: int | None = None


@dataclass(frozen=True)
class Validation:
    """`missing` names what is promised and not there, as `language/kind`."""

    job: Job
    files: list[Expected]
    missing: list[str]
    checked_at: datetime


def validate(job: Job, *, actor: User) -> Validation:
    """Looks for every file in the store itself: rows are what we believe, not what is there."""
    policies.require(actor, "validate", job)
    if job.status != Job.Status.COMPLETED:
        raise WrongStateError(f"Cannot validate a job in status '{job.status}'", current_status=job.status)
    files = list(_expected(job))
    missing = [f"{one.language}/{one.kind}" for one in files if not one.exists]
    return Validation(job, files, missing, timezone.now())


def _expected(job: Job) -> Iterator[Expected]:
    outputs = list(job.outputs.all())
    newest = library.newest_versions([track for one in outputs for track in (one.captions, one.description) if track])

    def text(language: str, kind: str, track: Track | None) -> Expected:
        version = newest.get(track.pk) if track else None
        return _file(language, kind, library.version_key(version)) if version else Expected(language, kind)

    yield _asset(job.source_language, "source_video", job.source)
    for output in outputs:
        tag = output.language
        if job.captions_vtt:
            yield text(tag, "captions_vtt", output.captions)
        if job.audio_description_vtt:
            yield text(tag, "audio_description_vtt", output.description)
        if job.audio_description_mp3:
            yield _asset(tag, "audio_description_mp3", output.description_audio)
        if job.accessible_video_mp4:
            yield _asset(tag, "accessible_video_mp4", output.accessible_video)


def _asset(language: str, kind: str, asset: Asset | None) -> Expected:
    return _file(language, kind, asset.key) if asset else Expected(language, kind)


def _file(language: str, kind: str, key: str) -> Expected:
    there = store().exists(key)
    return Expected(language, kind, key, there, store().size(key) if there else None)
