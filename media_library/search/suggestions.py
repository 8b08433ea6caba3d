"""Words that were mistyped: what is said or named where the caller may look, and is written nearly so."""

from __future__ import annotations

from django.db import connection

from media_library.search.asking import Asked
from media_library.search.scope import Scope, compiled

# So many passages lend their words, the newest first.
MOST_PASSAGES = 1_000
LEAST_LIKE = 0.4
SHORTEST = 3

# What is written like that somewhere is no mistake.
_NEAREST = """
    WITH seen AS MATERIALIZED (SELECT text FROM ({passages}) AS rows (text)),
    vocabulary AS MATERIALIZED (
        SELECT unaccent(word) AS bare, min(word) AS word, sum(uses) AS uses FROM (
            SELECT word, count(*) AS uses FROM seen, regexp_split_to_table(lower(text), '[^[:alpha:]]+') AS word
            WHERE length(word) >= {shortest} GROUP BY word
        ) AS words GROUP BY bare
    ),
    typed AS MATERIALIZED (
        SELECT place, unaccent(word) AS bare FROM unnest(%s::text[]) WITH ORDINALITY AS typed (word, place)
        WHERE length(word) >= {shortest} AND unaccent(word) NOT IN (SELECT bare FROM vocabulary)
    )
    SELECT DISTINCT ON (place) place, vocabulary.word
    FROM typed, vocabulary, LATERAL (
        -- Letters that changed places leave few trigrams alike.
        SELECT CASE WHEN length(vocabulary.bare) = length(typed.bare) AND left(vocabulary.bare, 1) = left(typed.bare, 1)
            AND ARRAY(SELECT * FROM regexp_split_to_table(vocabulary.bare, '') ORDER BY 1)
                = ARRAY(SELECT * FROM regexp_split_to_table(typed.bare, '') ORDER BY 1)
            THEN 1 ELSE similarity(vocabulary.bare, typed.bare) END AS likeness
    ) AS alike
    WHERE abs(length(vocabulary.bare) - length(typed.bare)) <= 3 AND likeness >= {least}
    ORDER BY place, likeness DESC, uses DESC, vocabulary.word
"""


def did_you_mean(scope: Scope, asked: Asked) -> str:
    """The query with its words as they are written there; empty when no other is near."""
    typed = [word.lower() for word in asked.words]
    if not any(len(word) >= SHORTEST for word in typed):
        return ""
    sql, params = compiled(scope.passages.order_by("-pk")[:MOST_PASSAGES].values_list("text"))
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST.format(passages=sql, shortest=SHORTEST, least=LEAST_LIKE), (*params, typed))
        nearest: dict[int, str] = dict(cursor.fetchall())
    return " ".join(nearest.get(place, word) for place, word in enumerate(typed, 1)) if nearest else ""
