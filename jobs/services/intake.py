"""Taking a video in and making its job."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from core import audit, languages
from core.errors import ConflictError, DomainError, TooLargeError
from core.runs import services as runs
from core.storage import removal, store, uploads
from core.storage.models import Upload
from core.storage.uris import gcs_uri
from jobs import events, policies, signals
from jobs.models import Brief, Job, LanguageOutput
from jobs.services.briefs import for_new_job
from jobs.services.places import place_of
from media_library import services as library
from media_library.models import Asset
from media_library.services import placing

KIND = "jobs.accessible"
VIDEO_TYPES = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
}
_KEY = re.compile(r"^jobs/(?P<job>[0-9a-f-]{36})/source$")


@dataclass(frozen=True)
class Requested:
    """What a job is asked to deliver. `languages` are targets; the source language is implied."""

    captions_vtt: bool = True
    audio_description_vtt: bool = False
    audio_description_mp3: bool = False
    accessible_video_mp4: bool = False
    languages: tuple[str, ...] = ()
    tts_provider: str = "gemini"
    tts_model: str = "flash"
    tts_voice: str = "Kore"


@dataclass(frozen=True)
class NewJob:
    """What a person says about a new job. `organization_id` None means the only house the person belongs to, if there is one.

    With `brief_id` and no place named, the job belongs where the brief does.
    """

    filename: str
    source_language: str
    requested: Requested = field(default_factory=Requested)
    title: str = ""
    notes: str = ""
    organization_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = None
    project_id: uuid.UUID | None = None
    brief_id: uuid.UUID | None = None


def check_video(*, content_type: str, size: int, limit: int | None = None) -> None:
    """Refuses before a byte is sent."""
    if content_type not in VIDEO_TYPES:
        raise DomainError("Unsupported content type")
    limit = limit or settings.UPLOAD_MAX_BYTES
    if size > limit:
        raise DomainError(f"The file is larger than the limit of {limit // 2**20} MB.")


def reserve_upload(*, owner: User, filename: str, content_type: str, size: int) -> tuple[uuid.UUID, Upload]:
    """A job id and a place to send the file to. There is no job yet."""
    policies.require(owner, "create")
    check_video(content_type=content_type, size=size)
    job_id = uuid.uuid4()
    upload = uploads.reserve(
        owner=owner,
        key=f"jobs/{job_id}/source",
        filename=filename,
        content_type=content_type,
        size=size,
        expires_in=settings.UPLOAD_LINK_SECONDS,
    )
    return job_id, upload


def complete_upload(uri: str, *, owner: User, new: NewJob) -> Job:
    """The file has arrived: makes the job under the reserved id and starts its work."""
    policies.require(owner, "create")
    upload = _uploaded(uri, owner=owner)
    if upload is None or not uploads.finished(upload):
        raise DomainError("Uploaded object not found")
    job_id = uuid.UUID(_KEY.match(upload.key)["job"])  # type: ignore[index]  # the key was matched when it was found
    already = ConflictError("Upload already completed")
    if Job.objects.filter(pk=job_id).exists():
        raise already
    try:
        return _create(
            job_id,
            owner=owner,
            new=new,
            key=upload.key,
            content_type=upload.content_type,
            size=upload.size,
            sha256=upload.sha256,
        )
    except IntegrityError as error:
        # Two requests completed the same upload at once; the primary key let one of them through.
        raise already from error


def create_from_file(path: Path, *, owner: User, new: NewJob, content_type: str) -> Job:
    """A small file that came in one piece."""
    policies.require(owner, "create")
    size = path.stat().st_size
    if size > settings.UPLOAD_DIRECT_MAX_BYTES:
        raise TooLargeError
    check_video(content_type=content_type, size=size, limit=settings.UPLOAD_DIRECT_MAX_BYTES)
    job_id = uuid.uuid4()
    key = f"jobs/{job_id}/source"
    with removal.noted(key):
        stored = store().put(key, path, content_type=content_type)
        with transaction.atomic():
            job = _create(
                job_id, owner=owner, new=new, key=key, content_type=content_type, size=stored.size, sha256=stored.sha256
            )
            removal.keep(key)
    return job


def _uploaded(uri: str, *, owner: User) -> Upload | None:
    prefix = gcs_uri("")
    key = uri.removeprefix(prefix)
    if not uri.startswith(prefix) or not _KEY.match(key):
        return None
    return Upload.objects.filter(key=key, owner=owner).first()


def _place(owner: User, new: NewJob, brief: Brief | None) -> placing.Place:
    says_where = new.organization_id or new.client_id or new.project_id
    named = brief if brief is not None and not says_where else new
    return place_of(
        owner, organization_id=named.organization_id, client_id=named.client_id, project_id=named.project_id
    )


@transaction.atomic
def _create(job_id: uuid.UUID, *, owner: User, new: NewJob, key: str, content_type: str, size: int, sha256: str) -> Job:
    source_language = languages.canonical(new.source_language)
    targets = dict.fromkeys(languages.canonical(tag) for tag in new.requested.languages)
    targets.pop(source_language, None)
    brief = for_new_job(owner, new.brief_id) if new.brief_id else None
    place = _place(owner, new, brief)
    placing.hold(place)
    asset = library.add_original(
        owner=owner,
        organization=place.organization,
        client=place.client,
        project=place.project,
        kind=Asset.Kind.VIDEO,
        key=key,
        filename=new.filename,
        content_type=content_type,
        size=size,
        sha256=sha256,
    )
    wanted = new.requested
    job = Job.objects.create(
        id=job_id,
        title=(new.title.strip() or PurePosixPath(new.filename).stem or "Untitled")[:255],
        notes=new.notes,
        organization=place.organization,
        client=place.client,
        project=place.project,
        brief=brief,
        priority=brief.priority if brief else Job.Priority.NORMAL,
        due_at=brief.due_date if brief else None,
        created_by=owner,
        source=asset,
        source_language=source_language,
        filename=new.filename[:255],
        content_type=content_type,
        size_bytes=size,
        captions_vtt=wanted.captions_vtt,
        audio_description_vtt=wanted.audio_description_vtt,
        audio_description_mp3=wanted.audio_description_mp3,
        accessible_video_mp4=wanted.accessible_video_mp4,
        tts_provider=wanted.tts_provider,
        tts_model=wanted.tts_model,
        tts_voice=wanted.tts_voice,
    )
    speaks, films = job.wants_speech, job.accessible_video_mp4
    work = LanguageOutput.Work
    LanguageOutput.objects.bulk_create(
        LanguageOutput(
            job=job,
            language=tag,
            is_source=tag == source_language,
            translation_status=work.NOT_REQUESTED if tag == source_language else work.PENDING,
            tts_status=work.PENDING if speaks else work.NOT_REQUESTED,
            render_status=work.PENDING if films else work.NOT_REQUESTED,
        )
        for tag in (source_language, *targets)
    )
    audit.record("jobs.job.create", job, actor=owner, after=job.status)
    events.job_status(job)
    signals.job_created.send(sender=Job, job=job)
    job.run = runs.start(KIND, subject_id=job.pk, created_by=owner)
    job.save(update_fields=["run"])
    return job
