"""Results as they are shown: the words that were asked for marked, the time of the first of them, and what is said around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from accounts.models import User
from media_library.models import Passage
from media_library.search.results import Hit, Neighbour, Parts
from media_library.search.text import PLAIN, config_of, readable

_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)
# A description may be long; what is shown begins a little before the first word that was asked for.
MOST_SHOWN = 320
BEFORE_FIRST = 80


@dataclass(frozen=True)
class Found:
    passage: int
    score: float
    similarity: float | None
    by_words: bool


def present(user: User, found: Sequence[Found], *, words: list[str], last: str, context: bool = True) -> list[Hit]:
    """In the order given. What is not seen any more is left out."""
    passages = (
        Passage.objects.visible_to(user)
        .select_related("asset", "asset__project", "segment")
        .defer("document", "embedding")
        .in_bulk([one.passage for one in found])
    )
    shown = [(one, passages[one.passage]) for one in found if one.passage in passages]
    around = _neighbours([passage for _, passage in shown]) if context else {}
    marked = _asked_for([passage for _, passage in shown], words, last)
    hits = []
    for one, passage in shown:
        wanted = marked.get(config_of(passage.language), frozenset())
        before, after = (around.get((passage.asset_id, passage.position + step)) for step in (-1, 1))
        is_speech = passage.kind == Passage.Kind.SPEECH
        hits.append(
            Hit(
                passage_id=passage.pk,
                asset=passage.asset,
                kind=passage.kind,
                segment_id=passage.segment_id,
                start=_first_moment(passage, wanted),
                end=passage.end,
                language=passage.language,
                speaker=passage.speaker,
                text=passage.text,
                highlighted=_highlighted(passage.text, wanted),
                score=one.score,
                similarity=one.similarity,
                by_words=one.by_words,
                before=before if is_speech else None,
                after=after if is_speech else None,
            )
        )
    return hits


def _neighbours(passages: list[Passage]) -> dict[tuple[object, int], Neighbour]:
    places = Q()
    for passage in passages:
        if passage.kind == Passage.Kind.SPEECH:
            places |= Q(asset=passage.asset_id, position__in=[passage.position - 1, passage.position + 1])
    if not places:
        return {}
    rows = (
        Passage.objects.filter(places, kind=Passage.Kind.SPEECH)
        .order_by()
        .values_list("asset", "position", "start", "speaker", "text")
    )
    return {(asset, position): Neighbour(start, speaker, text) for asset, position, start, speaker, text in rows}


_SAME_WORD = f"""
    WITH shown AS (SELECT * FROM unnest(%s::text[], %s::text[]) AS shown (config, word)),
    asked AS (
        SELECT config, tsvector_to_array(to_tsvector(config::regconfig, words)
            || to_tsvector('{PLAIN}', unaccent(words))) AS lexemes,
            to_tsvector(config::regconfig, words) = '' AS nothing_else,
            replace(unaccent(lower(%s)), '''', '') AS last
        FROM (SELECT DISTINCT config FROM shown) AS configs, (SELECT %s AS words) AS words
    )
    SELECT config, word FROM shown JOIN asked USING (config)
    -- Articles and the like are marked only where nothing else was asked for.
    WHERE (nothing_else OR to_tsvector(config::regconfig, word) <> '')
        AND tsvector_to_array(to_tsvector(config::regconfig, word) || to_tsvector('{PLAIN}', unaccent(word))) && lexemes
        OR (last <> '' AND starts_with(unaccent(lower(word)), last))
"""  # noqa: S608  (made of constants)


def _asked_for(passages: list[Passage], words: list[str], last: str) -> dict[str, frozenset[str]]:
    """Which of the words that are shown are those asked for, by the rules of each language. Postgres is asked, as it found them."""
    if not words:
        return {}
    shown = sorted(
        {(config_of(passage.language), word) for passage in passages for word in _WORD.findall(passage.text.lower())}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _SAME_WORD, ([config for config, _ in shown], [word for _, word in shown], last, readable(" ".join(words)))
        )
        rows = cursor.fetchall()
    marked: dict[str, set[str]] = {}
    for config, word in rows:
        marked.setdefault(config, set()).add(word)
    return {config: frozenset(found) for config, found in marked.items()}


def _first_moment(passage: Passage, wanted: frozenset[str]) -> float | None:
    if wanted and passage.segment is not None:
        for word in passage.segment.words:
            if wanted.intersection(_WORD.findall(str(word.get("word", "")).lower())):
                return float(word["start"])
    return passage.start


def _highlighted(text: str, wanted: frozenset[str]) -> Parts:
    """The text in pieces, from a little before the first that is marked if it is long."""
    spans = [match.span() for match in _WORD.finditer(text) if match[0].lower() in wanted]
    begin, end = 0, len(text)
    if len(text) > MOST_SHOWN:
        first = spans[0][0] if spans else 0
        begin = 0 if first < MOST_SHOWN - BEFORE_FIRST else text.rfind(" ", 0, first - BEFORE_FIRST) + 1
        end = min(len(text), begin + MOST_SHOWN)
    parts: Parts = [("\u2026", False)] if begin else []
    at = begin
    for start, stop in spans:
        if start < at or stop > end:
            continue
        between = text[at:start]
        if parts and parts[-1][1] and not between.strip() and between:
            # A phrase is marked as one.
            parts[-1] = (parts[-1][0] + between + text[start:stop], True)
        else:
            if between:
                parts.append((between, False))
            parts.append((text[start:stop], True))
        at = stop
    if at < end:
        parts.append((text[at:end], False))
    return [*parts, ("\u2026", False)] if end < len(text) else parts
