"""Films as lists show them: filtered, ordered, with what is counted of each."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, FloatField, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce, Lower

from accounts.models import User
from chat.films import steps
from chat.models import Film, FilmSession
from media_library.models import Asset

ORDERS: dict[str, F | Lower] = {
    "title": Lower("project__name"),
    "created_at": F("created_at"),
    "updated_at": F("project__updated_at"),
    "progress": F("share"),
}


@dataclass(frozen=True)
class FilmFilters:
    """What is empty narrows nothing down. Pages leave the archived out unless they are asked for."""

    status: str = ""
    genre: str = ""
    search: str = ""
    sort: str = "updated_at"
    descending: bool = True
    archived: bool = True


def listed(user: User, filters: FilmFilters) -> QuerySet[Film]:
    """With `share`, the part of its steps that is done."""
    total = Cast(F("episode_count") + len(steps.FIXED), FloatField())
    films = Film.objects.visible_to(user).select_related("project", "owner")
    films = films.annotate(share=Cast(Coalesce(F("completed_steps__len"), 0), FloatField()) / total)
    if filters.status:
        films = films.filter(project__status=filters.status)
    elif not filters.archived:
        films = films.exclude(project__status="archived")
    if filters.genre:
        films = films.filter(genre__iexact=filters.genre)
    if filters.search:
        films = films.filter(
            Q(project__name__icontains=filters.search) | Q(project__description__icontains=filters.search)
        )
    key = ORDERS[filters.sort]
    return films.order_by(key.desc() if filters.descending else key.asc(), "pk")


def counted(films: QuerySet[Film]) -> QuerySet[Film]:
    """With `media_count` and `active_sessions`."""
    media = Asset.objects.filter(project=OuterRef("project"), deleted_at=None).originals().order_by()
    active = FilmSession.objects.filter(film=OuterRef("pk"), status="active", conversation__deleted_at=None).order_by()
    return films.annotate(media_count=_number(media, "project"), active_sessions=_number(active, "film"))


def _number(rows: QuerySet[Asset] | QuerySet[FilmSession], by: str) -> Coalesce:
    counts = rows.values(by).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)
