"""Use cases of jobs: take a video in, make its job, save its tracks, hand out its files."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Client, Organization, Project, User
from core import audit, languages
from core.errors import (
    ConflictError,
    DomainError,
    InvalidFieldError,
    NotAllowedError,
    NotFoundError,
    TooLargeError,
    WrongStateError,
)
from core.runs import pipelines
from core.runs import services as runs
from core.runs.models import Run
from core.storage import store, uploads
from core.storage.models import Upload
from jobs import events, policies, signals, workflows
from jobs.models import Job, LanguageOutput
from media_library import services as library
from media_library.models import Asset, Track, TrackDraft, TrackVersion

KIND = "jobs.accessible"
VIDEO_TYPES = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
}
BUCKET = "reelwright"
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
    """What a person says about a new job. `organization_id` None means the only house the person belongs to, if there is one."""

    filename: str
    source_language: str
    requested: Requested = field(default_factory=Requested)
    title: str = ""
    notes: str = ""
    organization_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = None
    project_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Place:
    """Where a job is made: for a client's project, for a client, in a house, or for oneself."""

    house: Organization | None = None
    client: Client | None = None
    project: Project | None = None


def gcs_uri(key: str) -> str:
    """The opaque name that the API gives a stored object of this deployment."""
    return f"gs://{settings.AWS_STORAGE_BUCKET_NAME or BUCKET}/{key}"


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
    stored = store().put(key, path, content_type=content_type)
    try:
        return _create(
            job_id, owner=owner, new=new, key=key, content_type=content_type, size=stored.size, sha256=stored.sha256
        )
    except DomainError:
        store().delete(key)
        raise


def _uploaded(uri: str, *, owner: User) -> Upload | None:
    prefix = gcs_uri("")
    key = uri.removeprefix(prefix)
    if not uri.startswith(prefix) or not _KEY.match(key):
        return None
    return Upload.objects.filter(key=key, owner=owner).first()


def _place(owner: User, new: NewJob) -> Place:
    """What was named must be visible to `owner` and agree with itself; one's only house is meant where none is named."""
    project = client = house = None
    if new.project_id is not None:
        project = (
            Project.objects.visible_to(owner).select_related("client__organization").filter(pk=new.project_id).first()
        )
        if project is None:
            raise NotFoundError("Project not found")
        client = project.client
    if new.client_id is not None:
        named = Client.objects.visible_to(owner).select_related("organization").filter(pk=new.client_id).first()
        if named is None:
            raise NotFoundError("Client not found")
        if project is not None and project.client_id != named.pk:
            raise InvalidFieldError("This project belongs to another client", field="project_id")
        client = named
    if new.organization_id is not None:
        house = Organization.objects.visible_to(owner).filter(pk=new.organization_id).first()
        if house is None:
            raise NotFoundError("Organization not found")
        if client is not None and client.organization_id != house.pk:
            raise InvalidFieldError("This client belongs to another organization", field="client_id")
    elif client is not None:
        house = client.organization
    else:
        houses = list(Organization.objects.filter(is_active=True, memberships__user=owner)[:2])
        house = houses[0] if len(houses) == 1 else None
    policies.require_in_house(owner, "create", house)
    return Place(house, client, project)


def _hold(place: Place) -> None:
    """Whoever closes the client or project waits for this job and then finds it; or they were first, and there is no such place.

    Foreign keys are checked when the transaction ends, too late to hold anybody up. The client first, as those who close it do.
    """
    for row, missing in ((place.client, "Client not found"), (place.project, "Project not found")):
        if (
            row is not None
            and type(row).objects.live().select_for_update(no_key=True).filter(pk=row.pk).first() is None
        ):
            raise NotFoundError(missing)


@transaction.atomic
def _create(job_id: uuid.UUID, *, owner: User, new: NewJob, key: str, content_type: str, size: int, sha256: str) -> Job:
    source_language = languages.canonical(new.source_language)
    targets = dict.fromkeys(languages.canonical(tag) for tag in new.requested.languages)
    targets.pop(source_language, None)
    place = _place(owner, new)
    _hold(place)
    asset = library.add_original(
        owner=owner,
        organization=place.house,
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
        organization=place.house,
        client=place.client,
        project=place.project,
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


# The stages in which the studio works, in order. Names are statuses.
STAGES = (
    Job.Status.INGESTING,
    Job.Status.AI_PROCESSING,
    Job.Status.TRANSLATING,
    Job.Status.TTS_GENERATING,
    Job.Status.RENDERING,
)
BEFORE_APPROVAL = frozenset({Job.Status.INGESTING, Job.Status.AI_PROCESSING})


@transaction.atomic
def reprocess(job: Job, *, actor: User, from_stage: str = "", reason: str = "") -> Job:
    """Makes a stuck job move again: workers lose what they hold, and the work goes back to `from_stage`.

    Without it, to the stage that failed or is under way; never past that one. What has the same inputs answers from what it has, and is
    paid for once. Texts that a person wrote or approved stay. Before the source's approval, a person approves again.
    """
    policies.require(actor, "reprocess", job)
    job = workflows.hold(job)
    before = job.status
    if before not in workflows.JOB.moves["reprocess"].sources:
        raise WrongStateError(f"Cannot reprocess a job in status '{before}'", current_status=before)
    if job.run is None:
        stage, step = Job.Status.INGESTING.value, ""
    else:
        stage, step = _place_to_start(job, job.run, from_stage)
    changes: dict[str, Any] = {"failed_step": "", "error": "", "blocked_reason": ""}
    if stage in BEFORE_APPROVAL:
        changes |= {"approved_source_by": None, "approved_source_at": None}
    asked = {"reason": reason, "from_step": from_stage}
    job = workflows.JOB.move("reprocess", job, actor=actor, target=stage, changes=changes, **asked)
    if job.run_id:
        runs.reopen(job.run_id, step, take_over=True)
    else:
        job.run = runs.start(KIND, subject_id=job.pk, created_by=job.created_by)
        job.save(update_fields=["run"])
    events.job_status(job, before=before)
    job.refresh_from_db()
    return job


def _place_to_start(job: Job, run: Run, wanted: str) -> tuple[str, str]:
    """Stage and first step: those wanted, but never later than where the work stands."""
    pipeline, steps = pipelines.get(run.kind), list(run.steps.all())
    stands = pipeline.stage(steps)
    if stands == Job.Status.PENDING_QC:
        # What comes before the gate is done; its last stage leads to the gate again.
        stands = Job.Status.AI_PROCESSING
    start_over = job.status in {Job.Status.CREATED, Job.Status.BLOCKED_ON_SOURCE}
    wanted = wanted or (Job.Status.INGESTING if start_over else job.failed_step or stands)
    stage = min((one for one in (wanted, stands) if one in STAGES), key=STAGES.index, default=stands)
    names = [spec.stage for spec in pipeline.steps]
    first = next(step for step in steps if step.position >= names.index(stage))
    found = pipeline.spec(first.name).stage
    # Where nothing is left to make, the approved source leads on to the final review.
    return (found if found in STAGES else Job.Status.APPROVED_SOURCE), first.name


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


@dataclass(frozen=True)
class Download:
    language: str
    kind: str
    filename: str
    content_type: str
    size: int | None
    url: str
    expires_at: datetime


def downloads(job: Job) -> list[Download]:
    """A signed link to everything that exists now, minted for this answer only."""
    seconds = settings.DOWNLOAD_LINK_SECONDS
    expires_at = timezone.now() + timedelta(seconds=seconds)
    found: list[Download] = []

    def add(asset: Asset | None, *, kind: str, language: str, name: str = "") -> None:
        if asset is not None:
            filename = name or asset.filename
            url = link(asset, filename=filename, expires_in=seconds)
            found.append(Download(language, kind, filename, asset.content_type, asset.size, url, expires_at))

    add(job.source, kind="source_video", language=job.source_language)
    newest = library.newest_versions(
        [track for output in job.outputs.all() for track in (output.captions, output.description) if track]
    )
    for output in job.outputs.all():
        for kind, track in (("captions_vtt", output.captions), ("audio_description_vtt", output.description)):
            version = newest.get(track.pk) if track else None
            if version is not None:
                filename = f"{slug(job.title)}.{output.language}.{version.track.kind}.vtt"
                url = track_link(version, filename=filename, expires_in=seconds)
                size = len(version.content.encode())
                found.append(Download(output.language, kind, filename, "text/vtt", size, url, expires_at))
        add(output.description_audio, kind="audio_description_mp3", language=output.language)
        add(output.accessible_video, kind="accessible_video_mp4", language=output.language)
        add(output.accessible_captions, kind="captions_vtt", language=output.language)
    return found


def slug(title: str) -> str:
    """A file name's stem of a title: letters and digits of any script, joined by dashes."""
    return re.sub(r"[\W_]+", "-", title).strip("-").lower()[:80] or "video"


def link(asset: Asset, *, filename: str = "", expires_in: int | None = None, inline: bool = False) -> str:
    return store().url(
        asset.key,
        filename=filename or asset.filename,
        content_type=asset.content_type,
        inline=inline,
        expires_in=expires_in or settings.DOWNLOAD_LINK_SECONDS,
    )


def track_link(
    version: TrackVersion, *, filename: str = "", inline: bool = False, expires_in: int | None = None
) -> str:
    return store().url(
        library.version_key(version),
        filename=filename or f"{version.track.kind}.{version.track.language}.vtt",
        content_type="text/vtt",
        inline=inline,
        expires_in=expires_in or settings.DOWNLOAD_LINK_SECONDS,
    )


@contextmanager
def spooled(upload: UploadedFile[Any]) -> Iterator[Path]:
    """A file of a form as a path, whether the framework kept it in memory or on disk."""
    with NamedTemporaryFile(dir=_incoming()) as file:
        for piece in upload.chunks():
            file.write(piece)
        file.flush()
        yield Path(file.name)


def _incoming() -> Path:
    path: Path = settings.HOME / "scratch"
    path.mkdir(parents=True, exist_ok=True)
    return path


def find_draft(job: Job, draft_id: uuid.UUID, *, author: User) -> TrackDraft:
    """The author's own draft of one of the job's tracks."""
    tracks = [track for o in job.outputs.all() for track in (o.captions_id, o.description_id) if track]
    draft = TrackDraft.objects.select_related("track").filter(pk=draft_id, track__in=tracks, author=author).first()
    if draft is None:
        raise NotFoundError("Draft not found")
    return draft


def discard_draft(job: Job, draft_id: uuid.UUID, *, author: User) -> None:
    library.discard_draft(find_draft(job, draft_id, author=author))
