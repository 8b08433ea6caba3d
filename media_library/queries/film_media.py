"""The library as films see it: what belongs to a project, with what is known of its meaning."""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import User
from core.runs.models import Run
from media_library.models import Asset, Passage

S = Asset.Status
ARCHIVED = "archived"
STATUSES = (S.ACTIVE, S.PROCESSING, S.FAILED, ARCHIVED)
SORTS: Mapping[str, tuple[Any, ...]] = {
    "upload_date": ("-created_at", "-pk"),
    "size": ("-size", "-pk"),
    "filename": (Lower("filename"), "pk"),
}
# What an asset as a whole means: how its pictures look, else what it is called.
WHOLE = (Passage.Kind.PICTURE, Passage.Kind.NAME)


@dataclass(frozen=True)
class FilmFilters:
    """What is empty narrows nothing down; `tags` are all wanted."""

    project: uuid.UUID | None = None
    media_type: str = ""
    search: str = ""
    tags: tuple[str, ...] = ()
    status: str = ""
    sort: str = "upload_date"


def film_media(user: User) -> QuerySet[Asset]:
    """Everything of projects that `user` sees, archived things too, with the passages that `meaning_of` reads."""
    whole = Passage.objects.filter(kind__in=WHOLE, segment=None).order_by("asset", "position", "id")
    assets = Asset.objects.visible_to(user).originals().filter(project__isnull=False)
    return assets.prefetch_related(Prefetch("passages", whole, to_attr="whole"))


def listed(user: User, filters: FilmFilters) -> QuerySet[Asset]:
    assets = film_media(user)
    if filters.project is not None:
        assets = assets.filter(project=filters.project)
    if filters.media_type:
        assets = assets.filter(Q(media_type=filters.media_type) | Q(media_type="", kind=filters.media_type))
    if filters.search:
        words = filters.search
        assets = assets.filter(
            Q(filename__icontains=words) | Q(title__icontains=words) | Q(description__icontains=words)
        )
    if filters.tags:
        assets = assets.filter(tags__contains=list(filters.tags))
    if filters.status == ARCHIVED:
        assets = assets.filter(archived_at__isnull=False)
    elif filters.status:
        assets = assets.filter(archived_at=None, status=filters.status)
    return assets.order_by(*SORTS[filters.sort])


def meaning_of(asset: Asset) -> Passage | None:
    """The passage that stands for the whole of an asset of `film_media`: one with a vector before one without."""
    whole: Iterable[Passage] = vars(asset)["whole"]
    ranked = sorted(whole, key=lambda one: (one.embedding is None, WHOLE.index(Passage.Kind(one.kind))))
    return ranked[0] if ranked else None


def usual_seconds() -> int:
    """How long the library has lately taken to look into a file; half a minute where it has no experience."""
    done = Run.objects.filter(kind="media_library.ingest", status=Run.Status.COMPLETED, finished_at__isnull=False)
    recent = done.order_by("-created_at", "-pk").annotate(took=F("finished_at") - F("created_at"))
    lasted = [took.total_seconds() for took in recent.values_list("took", flat=True)[:20]]
    return max(1, round(statistics.median(lasted))) if lasted else 30
