"""Links that show one job to somebody without an account."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import policies
from accounts.models import User
from core import audit
from core.errors import InvalidFieldError, NotFoundError
from core.storage import store
from jobs import services as jobs
from jobs.models import Job, LanguageOutput
from media_library import services as library
from media_library.models import Asset
from media_library.queries.links import link, playable
from qc.models import ShareLink, ShareVisit

MOST_DAYS = 90
DEFAULT_HOURS = 7 * 24
# What a link shows may be watched for so long after the link itself has died.
PREVIEW_SECONDS = 15 * 60
MOST_VIEWS = 100_000


class DeadShareError(NotFoundError):
    """Unknown, revoked, expired, used up and a wrong password look alike."""

    default_message = "Share link not found or expired"


@dataclass(frozen=True)
class SharedFile:
    language: str
    kind: str
    filename: str
    content_type: str
    url: str


@dataclass(frozen=True)
class Terms:
    """What a new link allows."""

    hours: int = DEFAULT_HOURS
    allow_download: bool = False
    allow_comments: bool = False
    allow_approval: bool = False
    password: str = ""
    max_views: int | None = None
    name: str = ""


@transaction.atomic
def share(job: Job, *, actor: User, terms: Terms) -> tuple[ShareLink, str]:
    """The link, and its secret, which is kept nowhere."""
    policies.require(actor, "qc.share.manage", job)
    if terms.hours > MOST_DAYS * 24:
        raise InvalidFieldError(
            f"A link lives for {MOST_DAYS} days at most", field="expires_in_hours", kind="less_than_equal"
        )
    token = secrets.token_urlsafe(32)
    made = ShareLink.objects.create(
        job=job,
        name=terms.name,
        token_hash=_hash(token),
        prefix=token[:8],
        password=make_password(terms.password) if terms.password else "",
        expires_at=timezone.now() + timedelta(hours=terms.hours),
        allow_download=terms.allow_download,
        allow_comments=terms.allow_comments,
        allow_approval=terms.allow_approval,
        max_views=terms.max_views,
        created_by=actor,
    )
    audit.record("qc.share.create", made, actor=actor, job=str(job.pk), expires_at=made.expires_at.isoformat())
    return made, token


@transaction.atomic
def revoke(made: ShareLink, *, actor: User) -> None:
    """From now on the link shows nothing. Twice is once."""
    policies.require(actor, "qc.share.manage", made.job)
    if ShareLink.objects.filter(pk=made.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("qc.share.revoke", made, actor=actor, job=str(made.job_id))


def revoke_all(job: Job) -> int:
    """With its job every link goes."""
    return ShareLink.objects.filter(job=job, revoked_at=None).update(revoked_at=timezone.now())


def address(token: str) -> str:
    return f"{settings.PUBLIC_URL}/s/{token}"


def find(token: str, *, password: str = "", known: bool = False) -> ShareLink:
    """The link as long as it opens. `known` is somebody who has opened it before and need not prove or count again."""
    links = ShareLink.objects.alive().select_related("job__source", "job__organization", "job__client", "created_by")
    found = links.filter(token_hash=_hash(token)).first()
    if found is None or (found.password and not known and not check_password(password, found.password)):
        raise DeadShareError
    return found


def visit(found: ShareLink, *, address: str, guest_name: str = "") -> ShareLink:
    """Counts one view, unless the views are used up; of two who ask for the last one, one gets it."""
    # By the row's own columns alone: a condition on the job would be judged before the row's lock, and two would get the last view.
    counted = ShareLink.objects.in_force().with_views_left().filter(pk=found.pk)
    with transaction.atomic():
        if not counted.update(view_count=F("view_count") + 1, last_seen_at=timezone.now()):
            raise DeadShareError
        ShareVisit.objects.create(share=found, visitor=_visitor(address), guest_name=guest_name[:100])
    found.refresh_from_db(fields=["view_count", "last_seen_at"])
    return found


def files(found: ShareLink) -> list[SharedFile]:
    """Everything the job has made, to be watched; as files where the link allows it. Links die within a quarter of an hour."""
    job = found.job
    outputs = list(
        job.outputs.select_related("captions", "description", "description_audio", "accessible_video", "standard_video")
    )
    shown: list[SharedFile] = []

    def add(asset: Asset | None, *, kind: str, language: str) -> None:
        if asset is not None:
            shown.append(SharedFile(language, kind, asset.filename, asset.content_type, _link(asset, found)))

    if job.source is not None:
        add(
            job.source if found.allow_download else playable(job.source),
            kind="source_video",
            language=job.source_language,
        )
    tracks = [track for output in outputs for track in (output.captions, output.description) if track]
    newest = library.newest_versions(tracks)
    for output in outputs:
        for kind, track in (("captions_vtt", output.captions), ("audio_description_vtt", output.description)):
            version = newest.get(track.pk) if track else None
            if version is not None:
                filename = f"{jobs.slug(job.title)}.{output.language}.{version.track.kind}.vtt"
                url = store().url(
                    library.version_key(version),
                    filename=filename,
                    content_type="text/vtt",
                    inline=not found.allow_download,
                    expires_in=PREVIEW_SECONDS,
                )
                shown.append(SharedFile(output.language, kind, filename, "text/vtt", url))
        for kind, asset in _made(output):
            add(asset, kind=kind, language=output.language)
    return shown


def _made(output: LanguageOutput) -> list[tuple[str, Asset | None]]:
    return [
        ("audio_description_mp3", output.description_audio),
        ("accessible_video_mp4", output.accessible_video),
        ("accessible_video_mp4", output.standard_video),
    ]


def _link(asset: Asset, found: ShareLink) -> str:
    return link(asset, inline=not found.allow_download, expires_in=PREVIEW_SECONDS)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _visitor(address: str) -> str:
    """Tells visitors apart and names nobody."""
    return salted_hmac("qc.share.visitor", address, algorithm="sha256").hexdigest()[:16]
