"""Ranges of an asset as files: cached for who looks and downloads, or kept as an asset of their own.

Each range is cut once, however many ask for it at the same time; what nobody asks for any more goes again.
"""

from __future__ import annotations

import math
import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts import policies
from accounts.models import Project, User
from core import audit
from core.errors import DomainError, WrongStateError
from core.runs import artefacts, waiting
from core.runs import services as runs
from core.runs.models import Run
from core.storage import removal, store
from media_library.models import Asset, ClipFile
from media_library.queries.links import clock
from media_library.services import excerpts, placing, quota

KIND = "media_library.clip"
CUT = "media_library.cut"

INVALID = "Invalid time range"
# What Python takes beyond that (nan, 1_000, other scripts' digits) is no time.
SECONDS = re.compile(r"-?(?:\d{1,9}(?:\.\d{0,20})?|\.\d{1,20})(?:e[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)
UNSUPPORTED = "Unsupported format"
TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
}
FORMATS = {Asset.Kind.VIDEO: ("mp4", "mov", "mp3", "m4a", "wav"), Asset.Kind.AUDIO: ("mp3", "m4a", "wav")}
# What a clip is kept as.
KEPT_AS = {Asset.Kind.VIDEO: "mp4", Asset.Kind.AUDIO: "m4a"}
FIRST_WORDS = 60


@dataclass(frozen=True)
class Span:
    """Whole milliseconds, as transcripts and players write times."""

    start_ms: int
    end_ms: int

    @property
    def start(self) -> float:
        return self.start_ms / 1000

    @property
    def end(self) -> float:
        return self.end_ms / 1000

    @property
    def duration(self) -> float:
        return (self.end_ms - self.start_ms) / 1000


def span_of(asset: Asset, *, start: float | None, end: float | None) -> Span:
    """The range, if it lies in the recording. Its end may be written rounded."""
    if asset.kind not in FORMATS:
        raise WrongStateError("Only video and sound can be cut.")
    if start is None or end is None or not (math.isfinite(start) and math.isfinite(end)):
        raise DomainError(INVALID)
    if asset.duration is None:
        raise WrongStateError("This file is still being prepared.")
    span = Span(round(start * 1000), round(end * 1000))
    if start < 0 or start >= end or span.start_ms >= span.end_ms or span.end_ms > math.ceil(asset.duration * 1000):
        raise DomainError(INVALID)
    return span


def seconds_of(text: str | None) -> float | None:
    """A time as an address may write it; what is none is refused like a range that is none."""
    if text is None:
        return None
    if not SECONDS.fullmatch(text):
        raise DomainError(INVALID)
    return float(text)


def failure_of(run: Run) -> DomainError:
    """Why a clip could not be made. That there is no frame between two points is known only once the file is looked into."""
    return DomainError(INVALID) if run.error_code == "range" else waiting.failure_of_run(run)


def clip_file(asset: Asset, *, start: float | None, end: float | None, format: str, by: User) -> ClipFile:  # noqa: A002  (what people call it)
    """The range's file; while `key` is empty its `run` is making it."""
    if format not in FORMATS.get(Asset.Kind(asset.kind), ()):
        raise DomainError(UNSUPPORTED)
    span = span_of(asset, start=start, end=end)
    wanted = {"asset": asset, "start_ms": span.start_ms, "end_ms": span.end_ms, "format": format}
    made = ClipFile.objects.filter(**wanted).exclude(key="").first()
    if made is not None and store().exists(made.key):
        ClipFile.objects.filter(pk=made.pk).update(used_at=Now())
        return made
    return _begin(wanted, lost=made.key if made else "", by=by)


@transaction.atomic
def _begin(wanted: dict[str, Any], *, lost: str, by: User) -> ClipFile:
    """Who comes while it is being made waits for the same run. `lost` is a key whose file is gone from the store."""
    clip, _ = ClipFile.objects.get_or_create(**wanted)
    locked = ClipFile.objects.select_for_update(of=("self",)).select_related("run").get(pk=clip.pk)
    under_way = locked.run is not None and locked.run.status in Run.ACTIVE
    if under_way or (locked.key and locked.key != lost):
        return locked
    locked.run = runs.start(KIND, subject_id=locked.pk, created_by=by)
    locked.key = ""
    locked.save(update_fields=["run", "key"])
    ClipFile.objects.filter(pk=locked.pk).update(used_at=Now())
    return locked


def keep_file(
    clip_id: uuid.UUID, *, key: str, content_type: str, size: int, sha256: str, duration: float, method: str
) -> None:
    """What a run made. Refused when the clip, or what it is of, was deleted meanwhile."""
    facts = {"key": key, "content_type": content_type, "size": size, "sha256": sha256, "duration": duration}
    if not ClipFile.objects.filter(pk=clip_id).update(**facts, method=method[:100]):
        raise WrongStateError("The file was deleted.")


def purge(*, older_than: timedelta | None = None) -> int:
    """Removes clip files that nobody asked for lately; how many."""
    age = older_than if older_than is not None else timedelta(days=settings.CLIP_FILE_DAYS)
    gone = 0
    while batch := _purge_batch(age):
        gone += batch
    return gone


@transaction.atomic
def _purge_batch(age: timedelta, *, most: int = 200) -> int:
    old = ClipFile.objects.filter(used_at__lt=Now() - age).exclude(run__status__in=Run.ACTIVE)
    # Whoever is just asking for one holds it, and it stays.
    doomed = list(old.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:most])
    keys = {clip.key for clip in doomed if clip.key}
    keys |= artefacts.release([clip.pk for clip in doomed], keys)
    ClipFile.objects.filter(pk__in=[clip.pk for clip in doomed]).delete()
    removal.remove_later(keys)
    return len(doomed)


def save_clip(
    asset: Asset, *, start: float | None, end: float | None, title: str, by: User, project: Project | None = None
) -> Asset:
    """The range as an asset of its own, with its words; usable once its run is done."""
    span = span_of(asset, start=start, end=end)
    if asset.status == Asset.Status.FAILED:
        raise WrongStateError("This file could not be prepared, so it cannot be cut.")
    place = _place(asset, by=by, project=project)
    written = title.strip()[:255]
    format = KEPT_AS[Asset.Kind(asset.kind)]  # noqa: A001  (what people call it)
    stem = asset.filename.rpartition(".")[0] or asset.filename
    with transaction.atomic():
        quota.hold(by)
        quota.require_room(by, math.ceil(asset.size * span.duration / max(asset.duration or 0.0, span.duration)))
        placing.hold(place)
        clip_id = uuid.uuid4()
        clip = Asset.objects.create(
            id=clip_id,
            owner=by,
            organization=place.organization,
            client=place.client,
            project=place.project,
            shelf=Asset.Shelf.LIBRARY,
            origin=Asset.Origin.CUT,
            status=Asset.Status.PROCESSING,
            kind=asset.kind,
            # Nothing lies there; the run that cuts it says where its file is.
            key=f"library/{clip_id}/clip",
            size=0,
            cut_from=asset,
            cut_start=span.start,
            cut_end=span.end,
            filename=f"{stem[:200]} {clock(span.start_ms)}-{clock(span.end_ms)}.{format}",
            content_type=TYPES[format],
            language=asset.language,
            title=written or _first_words(asset, span),
            written_by_people=["title"] if written else [],
        )
        clip.run = runs.start(CUT, subject_id=clip.pk, created_by=by)
        clip.save(update_fields=["run"])
        audit.record("media_library.asset.cut", clip, actor=by, source=str(asset.pk), start=span.start, end=span.end)
    return clip


def fill(clip: Asset, *, key: str, size: int, sha256: str, duration: float) -> None:
    """The file that was cut, and the words that are said in it."""
    clip.key, clip.size, clip.sha256, clip.duration = key, size, sha256, duration
    clip.save(update_fields=["key", "size", "sha256", "duration", "updated_at"])
    if clip.cut_from is not None and clip.cut_start is not None and clip.cut_end is not None:
        excerpts.copy_words(clip.cut_from, clip, start=clip.cut_start, end=clip.cut_end)


def _place(asset: Asset, *, by: User, project: Project | None) -> placing.Place:
    """Where the source is, as far as `by` may add there; what was one person's alone stays so."""
    if project is not None:
        return placing.place_for(by, shelf=Asset.Shelf.LIBRARY, project=project)
    if asset.shelf not in Asset.SHARED:
        return placing.Place()
    if asset.project is not None and policies.can(by, placing.ADD, asset.project):
        return placing.Place(asset.organization, asset.client, asset.project)
    if asset.organization is None or not policies.can(by, placing.ADD, asset.organization):
        return placing.Place()
    place = placing.place_for(by, shelf=Asset.Shelf.LIBRARY, organization=asset.organization)
    return placing.Place(place.organization, place.client or asset.client) if place.organization else place


def _first_words(asset: Asset, span: Span) -> str:
    """What a clip is called that nobody named: how it begins, or what it is of."""
    text = " ".join(excerpts.text_of(asset, start=span.start, end=span.end).split())
    if len(text) > FIRST_WORDS:
        text = f"{text[:FIRST_WORDS].rpartition(' ')[0] or text[:FIRST_WORDS]}…"
    return text or f"{asset.name[:200]} {clock(span.start_ms)}"
