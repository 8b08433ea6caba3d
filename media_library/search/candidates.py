"""The best by words, and the best by meaning: ids, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, Value
from django.db.models.expressions import RawSQL
from pgvector import HalfVector
from pgvector.django import MaxInnerProduct

from ai.capabilities.embed import Vectors
from core.languages import primary
from media_library.search import languages
from media_library.search.asking import Asked
from media_library.search.scope import Scope, compiled
from media_library.search.text import PLAIN, config_of

# Of a word that half of all passages hold, so many are ranked: beyond, ranking costs much and tells little.
MOST_RANKED = 1_000
# D, C, B, A: what is said, descriptions, tags, names.
WEIGHTS = "{0.4,0.6,0.8,1.0}"
# On 50,000 real sentences, the index built as the model says: 99.3 % of the nearest ten, 98.4 % with 100.
EF_SEARCH = 200
# In a scan that goes on because of a filter: far enough for a caller who sees one passage in a hundred.
MOST_SCANNED = 40_000


@dataclass(frozen=True)
class Near:
    passage: int
    similarity: float


class _Matches(Func):
    arg_joiner = " @@ "
    template = "%(expressions)s"
    output_field = BooleanField()


def tsquery(asked: Asked) -> str:
    """As Postgres writes it; empty when no word is left to look for."""
    if not asked.wanted:
        return ""
    known = {primary(language) for language in languages.spoken()}
    if asked.filters.languages:
        known &= set(asked.filters.languages)
    configs = sorted({config_of(language) for language in known} - {PLAIN})
    whole = " ".join(asked.wanted)
    either, params = [], []
    for config in configs:
        either.append(f"websearch_to_tsquery('{config}', %s)")
        params.append(whole)
    either.append(f"websearch_to_tsquery('{PLAIN}', unaccent(%s))")
    params.append(whole)
    if asked.last:
        before = whole[: whole.rindex(asked.last)]
        prefix = f"to_tsquery('{PLAIN}', '''' || replace(unaccent(%s), '''', '') || ''':*')"
        either.append(f"(websearch_to_tsquery('{PLAIN}', unaccent(%s)) && {prefix})")
        params += [before, asked.last]
    sql = f"({' || '.join(either)})"
    for word in asked.unwanted:
        without = [f"websearch_to_tsquery('{config}', %s)" for config in configs]
        without.append(f"websearch_to_tsquery('{PLAIN}', unaccent(%s))")
        sql += f" && !!({' || '.join(without)})"
        params += [word] * len(without)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({sql})::text", params)
        return str(cursor.fetchone()[0])


def by_words(scope: Scope, query: str, *, limit: int) -> tuple[list[int], int]:
    """And how many there are, counted up to those that are ranked."""
    wanted = RawSQL("%s::tsquery", (query,))
    rows = scope.passages.filter(_Matches(F("document"), wanted))[:MOST_RANKED].values_list("pk", "document")
    sql, params = compiled(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found (id, document) AS MATERIALIZED ({sql})"  # noqa: S608  (compiled by the framework)
            " SELECT id, count(*) OVER () FROM found"
            " ORDER BY ts_rank(%s::float4[], document, %s::tsquery, 1) DESC, id LIMIT %s",
            (*params, WEIGHTS, query, limit),
        )
        found = cursor.fetchall()
    return [pk for pk, _ in found], found[0][1] if found else 0


def by_meaning(scope: Scope, vector: Vectors, model: str, *, limit: int) -> list[Near]:
    """Only vectors of one model can be compared. Exact where few are in question, else through the index."""
    distance = MaxInnerProduct("embedding", HalfVector(vector))
    rows = scope.passages.filter(model=model)
    # With something added it is no longer the order that the index knows.
    order = distance + Value(0.0) if scope.few else distance
    sql, params = compiled(rows.order_by(order)[:limit].values_list("pk", distance))
    return _near(sql, params)


def _near(sql: str, params: tuple[Any, ...]) -> list[Near]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('hnsw.iterative_scan', 'strict_order', true),"
            " set_config('hnsw.ef_search', %s, true), set_config('hnsw.max_scan_tuples', %s, true)",
            (str(EF_SEARCH), str(MOST_SCANNED)),
        )
        cursor.execute(sql, params)
        return [Near(pk, -distance) for pk, distance in cursor.fetchall()]
