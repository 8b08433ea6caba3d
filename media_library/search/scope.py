"""Where a search looks: passages of what the caller may see, narrowed by filters. Every search begins here.

A passage is judged by its asset, and `Asset.objects.visible_to` is the only rule. It stands inside the SQL in one of three ways, because
the planner, left to itself, reads the whole table. Where few passages are left, their assets' ids are gathered and the passages come
through the index of assets. Where many are left, an index of words or meaning is walked, and each candidate's asset is looked up:
among those that may be seen, gathered once, or, where those are many too, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, Case, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Lower

from accounts.models import User
from media_library.models import Asset, Passage, Speaker
from media_library.models.search import PassageQuerySet
from media_library.search.asking import Filters

# Comparing all n passages costs n; walking the index past what may not be seen costs the size of the table by n. Measured on real
# sentences (bench/search.py) both cost the same at about this many times the root of the table's size.
FEW_BY_ROOT = 35
FEW_PASSAGES = 2_000
FEW_ASSETS = 5_000


class _AnyOf(Func):
    """`left = ANY(right)`, which a join is not made of."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


@dataclass(frozen=True)
class Scope:
    """`passages` may be searched; `few` tells that all of them may be looked at."""

    assets: QuerySet[Asset]
    passages: PassageQuerySet
    few: bool


def scope_of(user: User, filters: Filters, *, extra: Q | None = None) -> Scope:
    """`extra` narrows the assets further."""
    assets = _assets(user, filters)
    if extra is not None:
        assets = assets.filter(extra)
    few, gathered = _size(assets)
    if few:
        passages = Passage.objects.filter(_AnyOf(F("asset"), ArraySubquery(assets.values("pk"))))
    elif gathered:
        # A condition inside of a CASE is no join: the ids are hashed once.
        among = Case(When(asset__in=assets.values("pk"), then=Value(value=True)), default=Value(value=False))
        passages = Passage.objects.alias(allowed=among).filter(allowed=True)
    else:
        allowed = assets.filter(pk=OuterRef("asset")).values("is_current")[:1]
        passages = Passage.objects.alias(allowed=Coalesce(Subquery(allowed), Value(value=False))).filter(allowed=True)
    return Scope(assets, passages.filter(_of_passages(filters)).order_by(), few)


def _assets(user: User, filters: Filters) -> QuerySet[Asset]:
    assets = Asset.objects.visible_to(user).originals().filter(archived_at__isnull=not filters.archived).order_by()
    if filters.kinds:
        assets = assets.filter(kind__in=filters.kinds)
    if filters.projects:
        assets = assets.filter(project__in=filters.projects)
    if filters.tags:
        lowered = Cast(Lower(Cast("tags", TextField())), ArrayField(TextField()))
        wanted = [tag.lower() for tag in filters.tags]
        assets = assets.alias(lowered=lowered).filter(lowered__contains=wanted)  # type: ignore[misc]  # it is an array
    # The next two are facts of passages; said of assets too, they leave few of them.
    if filters.speakers:
        assets = assets.filter(pk__in=_speakers(filters.speakers).values("transcript__asset"))
    if filters.languages:
        assets = assets.filter(_language("language", filters) | _language("transcript__language", filters))
    return assets


def _speakers(names: tuple[str, ...]) -> QuerySet[Speaker]:
    named = Q()
    for name in names:
        named |= Q(name__icontains=name) | Q(name="", label__icontains=name.replace(" ", "_"))
    return Speaker.objects.filter(named).order_by()


def _of_passages(filters: Filters) -> Q:
    narrowed = Q()
    if filters.parts:
        narrowed &= Q(kind__in=filters.parts)
    if filters.languages:
        narrowed &= _language("language", filters)
    if filters.speakers:
        named = Q()
        for name in filters.speakers:
            named |= Q(speaker__icontains=name)
        narrowed &= named
    return narrowed


def _language(field: str, filters: Filters) -> Q:
    either = Q()
    for code in filters.languages:
        either |= Q(**{field: code}) | Q(**{f"{field}__startswith": f"{code}-"})
    return either


_COUNT = """
    WITH seen AS MATERIALIZED (SELECT id FROM ({assets}) AS visible (id) LIMIT {assets_limit})
    SELECT (SELECT count(*) FROM seen), count(*), max(few.limit) FROM (
        SELECT greatest({least}, {by_root} * sqrt(greatest(reltuples, 0)))::bigint AS limit
        FROM pg_class WHERE oid = 'media_library_passage'::regclass
    ) AS few, LATERAL (
        SELECT 1 FROM media_library_passage WHERE asset_id = ANY(ARRAY(SELECT id FROM seen)) LIMIT few.limit + 1
    ) AS passages
"""


def _size(assets: QuerySet[Asset]) -> tuple[bool, bool]:
    """Whether few passages are left, and whether few assets are. Counts no further than it has to."""
    sql, params = assets.values("pk").query.sql_with_params()
    counting = _COUNT.format(assets=sql, assets_limit=FEW_ASSETS + 1, least=FEW_PASSAGES, by_root=FEW_BY_ROOT)
    with connection.cursor() as cursor:
        cursor.execute(counting, params)
        seen, passages, limit = cursor.fetchone()
    gathered = seen <= FEW_ASSETS
    return gathered and passages <= (limit or 0), gathered


def compiled(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    sql, params = rows.query.sql_with_params()
    return sql, tuple(params)
