"""Taking a video in and making its job."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from core import audit, languages
from core.errors import ConflictError, DomainError, InvalidFieldError, TooLargeError
from core.runs import services as runs
from core.storage import removal, store, uploads
from core.storage.base import FileMissingError
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


@dataclass(frozen=True)
class Arrived:
    """A video that is in the store."""

    key: str
    content_type: str
    size: int
    sha256: str


def complete_upload(uri: str, *, owner: User, new: NewJob) -> Job:
    """The file has arrived: makes the job under the reserved id and starts its work, or gives a waiting copy its video."""
    policies.require(owner, "create")
    job_id, arrived = arrived_from(uri, owner=owner)
    already = ConflictError("Upload already completed")
    if there := Job.objects.filter(pk=job_id).first():
        return _fill(there, arrived, owner=owner, filename=new.filename, already=already)
    try:
        return _create(job_id, owner=owner, new=new, arrived=arrived)
    except IntegrityError as error:
        # Two requests completed the same upload at once; the primary key let one of them through.
        raise already from error


def arrived_from(uri: str, *, owner: User) -> tuple[uuid.UUID, Arrived]:
    """The finished upload that this address was given out for, and the job's id in it."""
    prefix = gcs_uri("")
    found = _KEY.match(uri.removeprefix(prefix)) if uri.startswith(prefix) else None
    upload = Upload.objects.filter(key=found[0], owner=owner).first() if found else None
    if found is None or upload is None or not uploads.finished(upload):
        raise DomainError("Uploaded object not found")
    return uuid.UUID(found["job"]), Arrived(upload.key, upload.content_type, upload.size, upload.sha256)


@transaction.atomic
def _fill(job: Job, arrived: Arrived, *, owner: User, filename: str, already: ConflictError) -> Job:
    """A copy that waits for its video gets it, once. What it is to deliver was said when it was made."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    waits = job.source_id is None and job.run_id is None and job.status == Job.Status.CREATED
    if not waits or job.deleted_at is not None or job.created_by_id != owner.pk:
        raise already
    return begin(job, arrived, owner=owner, filename=filename)


def create_from_file(path: Path, *, owner: User, new: NewJob, content_type: str) -> Job:
    """A small file that came in one piece."""
    policies.require(owner, "create")
    size = path.stat().st_size
    if size > settings.UPLOAD_DIRECT_MAX_BYTES:
        raise TooLargeError("File too large")
    check_video(content_type=content_type, size=size, limit=settings.UPLOAD_DIRECT_MAX_BYTES)
    job_id = uuid.uuid4()
    key = f"jobs/{job_id}/source"
    with removal.noted(key):
        stored = store().put(key, path, content_type=content_type)
        with transaction.atomic():
            arrived = Arrived(key, content_type, stored.size, stored.sha256)
            job = _create(job_id, owner=owner, new=new, arrived=arrived)
            removal.keep(key)
    return job


def create_from_asset(asset: Asset, *, owner: User, new: NewJob) -> Job:
    """Of a video that is in the library already. The job gets a copy: what becomes of one does not touch the other."""
    policies.require(owner, "create")
    if asset.kind != Asset.Kind.VIDEO:
        raise InvalidFieldError("A job is made of a video.", field="asset")
    job_id = uuid.uuid4()
    key = f"jobs/{job_id}/source"
    with removal.noted(key):
        try:
            with store().local(asset.key) as path:
                stored = store().put(key, path, content_type=asset.content_type)
        except FileMissingError as error:
            raise ConflictError("The file of this video is gone.") from error
        with transaction.atomic():
            arrived = Arrived(key, asset.content_type, stored.size, stored.sha256)
            job = _create(job_id, owner=owner, new=new, arrived=arrived)
            removal.keep(key)
    return job


def _place(owner: User, new: NewJob, brief: Brief | None) -> placing.Place:
    says_where = new.organization_id or new.client_id or new.project_id
    named = brief if brief is not None and not says_where else new
    return place_of(
        owner, organization_id=named.organization_id, client_id=named.client_id, project_id=named.project_id
    )


@transaction.atomic
def _create(job_id: uuid.UUID, *, owner: User, new: NewJob, arrived: Arrived) -> Job:
    source_language = languages.canonical(new.source_language)
    targets = [languages.canonical(tag) for tag in new.requested.languages]
    brief = for_new_job(owner, new.brief_id) if new.brief_id else None
    place = _place(owner, new, brief)
    placing.hold(place)
    wanted = new.requested
    job = Job(
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
        source_language=source_language,
        captions_vtt=wanted.captions_vtt,
        audio_description_vtt=wanted.audio_description_vtt,
        audio_description_mp3=wanted.audio_description_mp3,
        accessible_video_mp4=wanted.accessible_video_mp4,
        tts_provider=wanted.tts_provider,
        tts_model=wanted.tts_model,
        tts_voice=wanted.tts_voice,
    )
    set_up(job, targets, actor=owner)
    return begin(job, arrived, owner=owner, filename=new.filename)


def set_up(job: Job, targets: Iterable[str], *, actor: User) -> None:
    """Saves a new job with an output for each of its languages, and tells of it. It waits for its video."""
    job.save(force_insert=True)
    LanguageOutput.objects.bulk_create(new_output(job, tag) for tag in dict.fromkeys([job.source_language, *targets]))
    audit.record("jobs.job.create", job, actor=actor, after=job.status)
    events.job_status(job)
    signals.job_created.send(sender=Job, job=job)


def new_output(job: Job, tag: str) -> LanguageOutput:
    work, is_source = LanguageOutput.Work, tag == job.source_language
    return LanguageOutput(
        job=job,
        language=tag,
        is_source=is_source,
        translation_status=work.NOT_REQUESTED if is_source else work.PENDING,
        tts_status=work.PENDING if job.wants_speech else work.NOT_REQUESTED,
        render_status=work.PENDING if job.accessible_video_mp4 else work.NOT_REQUESTED,
    )


def begin(job: Job, arrived: Arrived, *, owner: User, filename: str) -> Job:
    """The video is here: it becomes the library's, and the work starts."""
    job.source = library.add_original(
        owner=owner,
        organization=job.organization,
        client=job.client,
        project=job.project,
        kind=Asset.Kind.VIDEO,
        key=arrived.key,
        filename=filename,
        content_type=arrived.content_type,
        size=arrived.size,
        sha256=arrived.sha256,
    )
    job.filename, job.content_type, job.size_bytes = filename[:255], arrived.content_type, arrived.size
    job.run = runs.start(KIND, subject_id=job.pk, created_by=owner)
    job.save(update_fields=["source", "filename", "content_type", "size_bytes", "run", "updated_at"])
    return job
