"""The search: by words and by meaning, each ranks its own candidates, and what both rank well comes first."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import structlog
from django.core.cache import cache
from django.db.models import Q

from accounts.models import User
from ai import services as ai
from ai.capabilities.embed import Vectors
from core.errors import DomainError
from media_library.models import Asset, Passage
from media_library.search import candidates, suggestions
from media_library.search.asking import Asked, Filters, understand
from media_library.search.candidates import Near
from media_library.search.facets import facets_of
from media_library.search.presenting import Found, present
from media_library.search.results import Meant, Results
from media_library.search.scope import Scope, scope_of

log = structlog.get_logger(__name__)

MODES = ("hybrid", "words", "meaning")
# Reciprocal rank fusion: a constant large enough that the first of one list does not beat what both lists have.
RRF = 60
# What is looked at by each way; nobody pages further.
DEPTH = 200
# Everything has a neighbour. What lies this much further off than the nearest is not about the same.
SPREAD = 0.08
NEAREST = 60
# Somebody pages through the results of one query: its meaning does not change.
QUERY_SECONDS = 600
MOST_OF_AN_ASSET = 3


def search(
    user: User,
    query: str,
    *,
    filters: Filters | None = None,
    mode: str = "hybrid",
    limit: int = 20,
    offset: int = 0,
    group: bool = False,
) -> Results:
    """With `group`, hits of one asset stand together, the best three of each."""
    begun = time.perf_counter()
    asked = understand(query, filters or Filters())
    if not asked.wanted and not asked.filters:
        return Results([], {}, 0, more=False, took_ms=0, engine="")
    scope = scope_of(user, asked.filters)
    engine, refusal = "", ""
    near: list[Near] = []
    listed: list[int] = []
    words, more = "", False
    if not asked.wanted:
        listed = list(scope.passages.order_by("-asset", "position", "pk").values_list("pk", flat=True)[:DEPTH])
        more = len(listed) == DEPTH
    else:
        if mode != "meaning" and (words := candidates.tsquery(asked)):
            listed, total = candidates.by_words(scope, words, limit=DEPTH)
            more = total > len(listed)
        if mode != "words":
            near, engine, refusal = _near(user, scope, asked, only=mode == "meaning")
    fused = _fused(listed, near)
    if group:
        fused = _grouped(fused)
    hits = present(user, fused[offset : offset + limit], words=asked.words if words else [], last=asked.last)
    return Results(
        hits=hits,
        facets=facets_of(user, [found.passage for found in fused]),
        total_estimate=len(fused),
        more=more,
        took_ms=round((time.perf_counter() - begun) * 1000),
        engine=engine,
        did_you_mean=suggestions.did_you_mean(scope, asked) if words and not listed else "",
        without_meaning=refusal,
        grouped=group,
    )


def meaning(
    user: User,
    query: str,
    *,
    project: uuid.UUID | None = None,
    media_types: Sequence[str] = (),
    threshold: float = 0.7,
    limit: int = 10,
) -> tuple[list[Meant], str, int]:
    """Assets by what they mean, nearest first, with the engine and the milliseconds it took.

    `threshold` is a cosine. The local engine's lie between 0.7 and 0.9 whatever is compared, so 0.7 leaves nearly everything in.
    `media_types` are kinds of file, or what a picture was brought for.
    """
    begun = time.perf_counter()
    extra = Q(project__isnull=False)
    if project is not None:
        extra &= Q(project=project)
    if media_types:
        extra &= Q(kind__in=media_types) | Q(media_type__in=media_types)
    scope = scope_of(user, Filters(), extra=extra)
    vector, engine = query_vector(user, query)
    near = candidates.by_meaning(scope, vector, engine, limit=max(NEAREST, 5 * limit))
    near = [one for one in near if one.similarity >= threshold]
    passages = (
        Passage.objects.filter(asset__in=scope.assets)
        .only("id", "asset_id", "text")
        .in_bulk([one.passage for one in near])
    )
    best: dict[uuid.UUID, list[tuple[float, str]]] = {}
    for one in near:
        if passage := passages.get(one.passage):
            best.setdefault(passage.asset_id, []).append((one.similarity, passage.text))
    first = list(best)[:limit]
    assets = Asset.objects.visible_to(user).in_bulk(first)
    meant = [
        Meant(
            assets[pk],
            min(1.0, best[pk][0][0]),
            [text if len(text) <= 200 else f"{text[:199]}\u2026" for _, text in best[pk][:MOST_OF_AN_ASSET]],
        )
        for pk in first
        if pk in assets
    ]
    return meant, engine, round((time.perf_counter() - begun) * 1000)


def gather(user: User, scope: Scope, *, meaning: str, words: str, limit: int) -> list[Found]:
    """The best passages of a scope, for who goes on working with them: `words` as a search box takes them, `meaning` in whole sentences."""
    asked = understand(words, Filters())
    query = candidates.tsquery(asked)
    listed = candidates.by_words(scope, query, limit=DEPTH)[0] if query else []
    near, _, _ = _near(user, scope, replace(asked, text=meaning), only=False) if meaning.strip() else ([], "", "")
    return _fused(listed, near)[:limit]


def query_vector(user: User, text: str) -> tuple[Vectors, str]:
    """The meaning of a query and the engine that says so."""
    current = str(ai.engine_for("embed") or "")
    key = f"search:query:{hashlib.sha256(f'{current}:{text}'.encode()).hexdigest()}"
    kept: tuple[bytes, str] | None = cache.get(key)
    if kept is not None:
        return np.frombuffer(kept[0], np.float32), kept[1]
    answer = ai.embed_query(text, use=ai.Use(purpose="search", user_id=user.pk))
    vector, engine = np.asarray(answer.value, np.float32), str(answer.engine)
    cache.set(key, (vector.tobytes(), engine), QUERY_SECONDS)
    return vector, engine


def _near(user: User, scope: Scope, asked: Asked, *, only: bool) -> tuple[list[Near], str, str]:
    """The nearest with the engine's name. Without an engine words still find; who wants meaning alone is told why not."""
    try:
        vector, engine = query_vector(user, asked.text)
    except DomainError as error:
        if only:
            raise
        log.warning("search.without_meaning", error=error.message)
        return [], "", error.message
    near = candidates.by_meaning(scope, vector, engine, limit=DEPTH if only else NEAREST)
    return [one for one in near if one.similarity >= near[0].similarity - SPREAD], engine, ""


def _fused(listed: list[int], near: list[Near]) -> list[Found]:
    similarities = {one.passage: one.similarity for one in near}
    scores: dict[int, float] = {}
    for ranking in (listed, list(similarities)):
        for rank, passage in enumerate(ranking, 1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (RRF + rank)
    in_words = set(listed)
    return [
        Found(passage, score, similarities.get(passage), passage in in_words)
        for passage, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    ]


def _grouped(fused: list[Found]) -> list[Found]:
    """Assets in the order of their best passage, each with its best few."""
    asset_of = dict(Passage.objects.filter(pk__in=[found.passage for found in fused]).values_list("pk", "asset"))
    order = {asset: at for at, asset in reversed(list(enumerate(asset_of.get(found.passage) for found in fused)))}
    together = sorted(
        (found for found in fused if found.passage in asset_of), key=lambda found: order[asset_of[found.passage]]
    )
    return [
        found
        for _, ones in groupby(together, key=lambda found: asset_of[found.passage])
        for found in list(ones)[:MOST_OF_AN_ASSET]
    ]
