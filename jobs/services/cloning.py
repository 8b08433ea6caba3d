"""The same order again, for another video."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from core.errors import ConflictError, TooLargeError
from core.storage import removal, store, uploads
from core.storage.models import Upload
from jobs import policies
from jobs.models import Job, LanguageOutput
from jobs.services.intake import Arrived, arrived_from, begin, check_video, set_up
from media_library.services import placing

# What is asked for is copied; what was made of it, who checks it and who may look at it is not.
ASKED = (
    "notes", "organization", "client", "project", "source_language", "captions_vtt", "audio_description_vtt",
    "audio_description_mp3", "accessible_video_mp4", "tts_provider", "tts_model", "tts_voice", "priority",
    "quality_profile", "profile_required",
)  # fmt: skip


def clone_job(job: Job, *, actor: User, gcs_uri: str, title: str = "", filename: str = "") -> Job:
    """A new job with the same order, for a video that was sent already. Its work starts at once."""
    _may(job, actor)
    job_id, arrived = arrived_from(gcs_uri, owner=actor)
    already = ConflictError("Upload already completed")
    if Job.objects.filter(pk=job_id).exists():
        raise already
    try:
        return _filled(job, job_id, arrived, actor=actor, title=title, filename=filename)
    except IntegrityError as error:
        # Two requests took the same upload at once.
        raise already from error


def clone_job_with(path: Path, job: Job, *, actor: User, filename: str, content_type: str, title: str = "") -> Job:
    """The same for a small file that came in one piece."""
    _may(job, actor)
    size = path.stat().st_size
    if size > settings.UPLOAD_DIRECT_MAX_BYTES:
        raise TooLargeError("File too large")
    check_video(content_type=content_type, size=size, limit=settings.UPLOAD_DIRECT_MAX_BYTES)
    job_id = uuid.uuid4()
    key = source_key(job_id)
    with removal.noted(key):
        stored = store().put(key, path, content_type=content_type)
        with transaction.atomic():
            arrived = Arrived(key, content_type, stored.size, stored.sha256)
            made = _filled(job, job_id, arrived, actor=actor, title=title, filename=filename)
            removal.keep(key)
    return made


@transaction.atomic
def clone_waiting(
    job: Job, *, actor: User, title: str = "", filename: str = "", content_type: str = "", size: int | None = None
) -> tuple[Job, Upload]:
    """A new job with the same order that waits for its video, and where to send that. `upload/complete` starts its work."""
    _may(job, actor)
    content_type, filename = content_type or job.content_type or "video/mp4", filename or job.filename
    check_video(content_type=content_type, size=size or 1)
    copy = _copy(job, uuid.uuid4(), actor=actor, title=title)
    copy.filename, copy.content_type, copy.size_bytes = filename[:255], content_type, size
    _set_up(copy, job, actor=actor)
    upload = uploads.reserve(
        owner=actor,
        key=source_key(copy.pk),
        filename=filename,
        content_type=content_type,
        size=size or settings.UPLOAD_MAX_BYTES,
        at_most=size is None,
        expires_in=settings.UPLOAD_LINK_SECONDS,
    )
    return copy, upload


def source_key(job_id: uuid.UUID) -> str:
    return f"jobs/{job_id}/source"


def _may(job: Job, actor: User) -> None:
    policies.require(actor, "clone", job)
    policies.require_in_house(actor, "create", job.organization)


@transaction.atomic
def _filled(job: Job, job_id: uuid.UUID, arrived: Arrived, *, actor: User, title: str, filename: str) -> Job:
    copy = _copy(job, job_id, actor=actor, title=title)
    _set_up(copy, job, actor=actor)
    return begin(copy, arrived, owner=actor, filename=filename or job.filename)


def _copy(job: Job, job_id: uuid.UUID, *, actor: User, title: str) -> Job:
    asked = {name: getattr(job, name) for name in ASKED}
    title = title.strip() or f"{job.title[:248]} (copy)"
    return Job(id=job_id, title=title[:255], created_by=actor, cloned_from=job, filename=job.filename, **asked)


def _set_up(copy: Job, job: Job, *, actor: User) -> None:
    placing.hold(placing.Place(job.organization, job.client, job.project))
    asked = {output.language: output for output in job.outputs.all()}
    set_up(copy, [tag for tag in asked if tag != job.source_language], actor=actor)
    outputs = list(copy.outputs.all())
    for output in outputs:
        output.description_mode = asked[output.language].description_mode
        output.tts_voice = asked[output.language].tts_voice
    LanguageOutput.objects.bulk_update(outputs, ["description_mode", "tts_voice"])
