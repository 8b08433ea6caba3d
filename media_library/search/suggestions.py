"""Words that were mistyped: what is said or named where the caller may look, and is written nearly so."""

from __future__ import annotations

from django.db import connection

from media_library.search.asking import Asked
from media_library.search.scope import Scope, compiled

# So many passages lend their words; the likeness of each to every word of the query is measured.
MOST_PASSAGES = 2_000
LEAST_LIKE = 0.4
SHORTEST = 3

_NEAREST = """
    WITH seen AS MATERIALIZED (SELECT text FROM ({passages}) AS rows (text)),
    vocabulary AS (
        SELECT word, count(*) AS uses FROM seen, regexp_split_to_table(lower(text), '[^[:alpha:]]+') AS word
        WHERE length(word) >= {shortest} GROUP BY word
    ),
    typed AS (SELECT * FROM unnest(%s::text[]) WITH ORDINALITY AS typed (word, place))
    SELECT typed.place, near.word FROM typed, LATERAL (
        SELECT vocabulary.word FROM vocabulary
        WHERE similarity(unaccent(vocabulary.word), unaccent(typed.word)) >= {least}
        ORDER BY similarity(unaccent(vocabulary.word), unaccent(typed.word)) DESC, uses DESC, vocabulary.word LIMIT 1
    ) AS near
"""


def did_you_mean(scope: Scope, asked: Asked) -> str:
    """The query with its words as they are written there; empty when no other is near."""
    typed = asked.words
    if not typed or not any(len(word) >= SHORTEST for word in typed):
        return ""
    sql, params = compiled(scope.passages.order_by("-pk")[:MOST_PASSAGES].values_list("text"))
    with connection.cursor() as cursor:
        cursor.execute(
            _NEAREST.format(passages=sql, shortest=SHORTEST, least=LEAST_LIKE),
            (*params, [word.lower() for word in typed]),
        )
        nearest: dict[int, str] = dict(cursor.fetchall())
    better = [nearest.get(place, word) for place, word in enumerate(typed, 1)]
    return " ".join(better) if better != [word.lower() for word in typed] and better != typed else ""
