"""The library as lists: what somebody sees of it, narrowed down, sorted, and counted by what it could be narrowed down by."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, F, Func, Q, QuerySet, TextField

from accounts.models import User
from media_library.models import Asset, Collection
from media_library.models.assets import AssetQuerySet

SORTS: Mapping[str, tuple[Any, ...]] = {
    "newest": ("-created_at", "-pk"),
    "oldest": ("created_at", "pk"),
    "name": ("filename", "pk"),
    "largest": ("-size", "-pk"),
    "longest": (F("duration").desc(nulls_last=True), "-pk"),
    "changed": ("-updated_at", "-pk"),
}
MOST_VALUES = 30


@dataclass(frozen=True)
class Filters:
    """What is empty narrows nothing down. `archived` None means both; `tags` are all wanted, the others are any of."""

    q: str = ""
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    speaker: str = ""
    tags: tuple[str, ...] = ()
    project: uuid.UUID | None = None
    collection: uuid.UUID | None = None
    statuses: tuple[str, ...] = ()
    shelves: tuple[str, ...] = ()
    archived: bool | None = False
    mine: bool = False
    sort: str = "newest"


def listed(user: User, filters: Filters | None = None) -> AssetQuerySet:
    """Originals in their current version, as `user` sees them."""
    filters = filters or Filters()
    found = narrowed(Asset.objects.visible_to(user).originals(), filters, user=user)
    return found.select_related("owner", "project", "run").order_by(*SORTS[filters.sort])


def narrowed(assets: AssetQuerySet, filters: Filters, *, user: User) -> AssetQuerySet:
    for applies in _CONDITIONS.values():
        condition = applies(filters, user)
        if condition is not None:
            assets = assets.filter(condition)
    return assets


def _named(filters: Filters, _: User) -> Q | None:
    """Every word stands somewhere in what the asset is called."""
    condition = Q()
    for word in filters.q.split()[:10]:
        condition &= (
            Q(title__icontains=word)
            | Q(filename__icontains=word)
            | Q(description__icontains=word)
            | Q(tags__icontains=word)
        )
    return condition or None


def _away(filters: Filters, _: User) -> Q | None:
    return None if filters.archived is None else Q(archived_at__isnull=not filters.archived)


def _spoken_by(filters: Filters, _: User) -> Q | None:
    if not filters.speaker:
        return None
    # Not a join: an asset with two speakers of a name is still one asset.
    speaking = Asset.objects.filter(transcript__speakers__name__iexact=filters.speaker).order_by()
    return Q(pk__in=speaking.values("pk"))


def _in_collection(filters: Filters, _: User) -> Q | None:
    if filters.collection is None:
        return None
    return Q(pk__in=Asset.collections.through.objects.filter(collection=filters.collection).values("asset"))


def _tagged(filters: Filters, _: User) -> Q | None:
    return Q(tags__contains=list(filters.tags)) if filters.tags else None


_CONDITIONS: dict[str, Callable[[Filters, User], Q | None]] = {
    "q": _named,
    "archived": _away,
    "speaker": _spoken_by,
    "collection": _in_collection,
    "tags": _tagged,
    "kinds": lambda filters, _: Q(kind__in=filters.kinds) if filters.kinds else None,
    "languages": lambda filters, _: Q(language__in=filters.languages) if filters.languages else None,
    "statuses": lambda filters, _: Q(status__in=filters.statuses) if filters.statuses else None,
    "shelves": lambda filters, _: Q(shelf__in=filters.shelves) if filters.shelves else None,
    "project": lambda filters, _: Q(project=filters.project) if filters.project else None,
    "mine": lambda filters, user: Q(owner=user) if filters.mine else None,
}


@dataclass(frozen=True)
class Value:
    """One thing to narrow the list down by, and what would be left."""

    value: str
    label: str
    count: int


def facets(user: User, filters: Filters | None = None) -> dict[str, list[Value]]:
    """Seven queries, however many assets. Each facet counts what its own filter would leave if it were another one."""
    filters = filters or Filters()

    def without(**cleared: Any) -> QuerySet[Asset]:
        others = replace(filters, **cleared)
        return narrowed(Asset.objects.visible_to(user).originals(), others, user=user).order_by()

    def counted(assets: QuerySet[Any, Any], value: str, label: str = "") -> list[Value]:
        rows = assets.exclude(**{value: ""}) if not label else assets.exclude(**{value: None})
        names = (value, label) if label else (value,)
        grouped = rows.values(*names).annotate(assets=Count("pk", distinct=True)).order_by("-assets", value)
        return [Value(str(row[value]), str(row[label or value]), row["assets"]) for row in grouped[:MOST_VALUES]]

    words = without(tags=()).annotate(word=Func(F("tags"), function="unnest", output_field=TextField()))
    tags = words.values("word").annotate(assets=Count("pk", distinct=True)).order_by("-assets", "word")
    speakers = without(speaker="").annotate(speaker=F("transcript__speakers__name"))
    collections = without(collection=None).filter(collections__in=_collections_of(user))
    return {
        "kind": counted(without(kinds=()), "kind"),
        "language": counted(without(languages=()), "language"),
        "status": counted(without(statuses=()), "status"),
        "project": counted(without(project=None), "project_id", "project__name"),
        "collection": counted(collections, "collections__id", "collections__name"),
        "speaker": counted(speakers.exclude(speaker=None), "speaker"),
        "tag": [Value(row["word"], row["word"], row["assets"]) for row in tags[:MOST_VALUES]],
    }


def _collections_of(user: User) -> QuerySet[Any, Any]:
    return Collection.objects.visible_to(user).order_by().values("pk")


def duplicates(asset: Asset, user: User) -> AssetQuerySet:
    """Other files with the very same bytes, of those that `user` sees: nobody learns that a stranger has one."""
    if not asset.sha256:
        return Asset.objects.none()
    same = Asset.objects.visible_to(user).filter(sha256=asset.sha256, size=asset.size, purpose=Asset.Purpose.ORIGINAL)
    return same.exclude(pk=asset.pk).select_related("owner", "project", "run").order_by("-created_at", "-pk")


def same_bytes(user: User, sha256: str) -> AssetQuerySet:
    """What `user` sees of a file that is about to be sent."""
    same = Asset.objects.visible_to(user).originals().filter(sha256=sha256.lower() or "-")
    return same.order_by("-created_at", "-pk")
