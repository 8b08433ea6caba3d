"""Handing out a job's files: one by one, and as packages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core.errors import DomainError, NotAllowedError, WrongStateError
from core.storage import store
from jobs import policies
from jobs.models import Job
from media_library import services as library
from media_library.models import Asset, TrackVersion
from media_library.queries.links import link


@dataclass(frozen=True)
class Download:
    language: str
    kind: str
    filename: str
    content_type: str
    size: int | None
    url: str
    expires_at: datetime


def require_download(user: User, job: Job) -> None:
    """Whether this person may take the job's files along. `job` comes from `queries.detailed`."""
    policies.require(user, "downloads", job)
    role = policies.role_for(user, job)
    if role == User.Role.REVIEWER and not _reviews(user, job):
        raise NotAllowedError
    if role == User.Role.CLIENT and job.status != Job.Status.COMPLETED:
        raise WrongStateError("The files can be downloaded once the job is completed.", current_status=job.status)


def _reviews(user: User, job: Job) -> bool:
    reviews = (getattr(output, "review", None) for output in job.outputs.all())
    return job.approved_source_by_id == user.pk or any(
        review is not None and review.reviewer_id == user.pk for review in reviews
    )


def refusal(user: User, job: Job) -> str:
    """Why this person may not take the job's files along, or nothing."""
    try:
        require_download(user, job)
    except DomainError as error:
        return error.message
    return ""


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
        add(output.standard_video, kind="accessible_video_mp4", language=output.language)
        add(output.accessible_captions, kind="captions_vtt", language=output.language)
    return found


def slug(title: str) -> str:
    """A file name's stem of a title: letters and digits of any script, joined by dashes."""
    return re.sub(r"[\W_]+", "-", title).strip("-").lower()[:80] or "video"


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
