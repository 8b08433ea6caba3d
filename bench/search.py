"""Search over real sentences with real meaning: is it right, and what does the filter of who may see what cost?

The corpus is that of `python -m bench.corpus`, as far as it is built; its size stands in the first line. Each tenant is a person who
owns assets; an admin of the platform sees all of them. Queries are sentences of the same books that are not in the corpus, and short
ones as people type them. Truth is the product of all vectors with the query's, worked out by numpy.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bench import corpus
from bench.measure import NO_GOAL, Row, alternate, at_least, at_most
from bench.studio import studio

if TYPE_CHECKING:
    from accounts.models import User
    from media_library.search.scope import Scope

Vector = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]

NAME = "search"
GOAL = at_least(0.98, "")
QUICK = 20_000
SENTENCES = 120
MODEL = "local:e5-small"
TYPED = (
    "a storm at sea",
    "install a package",
    "the death of a king",
    "Wie richte ich das Netzwerk ein?",
    "comment configurer le clavier",
    "love and marriage",
    "partition the disk",
    "der Wal",
    "la fin du monde",
    "what is a daemon",
    "hungry dogs",
    "money makes enemies",
    "the road home",
    "kernel modules",
    "un homme seul",
    "die Nacht ist dunkel",
    "how to write a makefile",
    "old friends",
    "boot loader",
    "la guerra",
)


class Library:
    """The corpus as passages of assets, one owner a tenant."""

    def __init__(self, size: int) -> None:
        from accounts.tests.factories import UserFactory

        self.vectors = corpus.vectors()[:size].astype(np.float32)
        self.segments = corpus.segments(len(self.vectors) + 20_000)
        self.size = len(self.vectors)
        held_back = self.segments[self.size :]
        step = max(1, len(held_back) // SENTENCES)
        self.queries = [segment["text"] for segment in held_back[::step]][:SENTENCES] + list(TYPED)
        del self.segments[self.size :]
        self.tenant = np.array([segment["tenant"] for segment in self.segments])
        self.owners: dict[int, User] = {int(number): UserFactory() for number in np.unique(self.tenant)}
        self.admin: User = UserFactory(role="admin")
        self._write()

    def _write(self) -> None:
        from django.db import connection

        from media_library.models import Asset, Passage
        from media_library.services.indexing import write_words

        assets: dict[int, Asset] = {}
        for segment in self.segments:
            number = segment["asset"]
            if number not in assets:
                assets[number] = Asset(
                    owner=self.owners[segment["tenant"]],
                    kind="video",
                    filename=f"{segment['title']} {number}.mp4",
                    content_type="video/mp4",
                    key=f"bench/{uuid.uuid4()}",
                    size=1,
                    language=segment["language"],
                )
        Asset.objects.bulk_create(assets.values(), batch_size=500)
        # Built afterwards, as the model has them: much quicker than row by row.
        indexes = [index for index in Passage._meta.indexes if index.name in {"passage_meaning", "passage_words"}]  # noqa: SLF001  (as the docs have it)
        with connection.schema_editor() as editor:
            for index in indexes:
                editor.remove_index(Passage, index)
        rows = (
            Passage(
                asset=assets[segment["asset"]],
                kind="speech",
                position=position,
                start=segment["start"],
                end=segment["end"],
                language=segment["language"],
                text=segment["text"],
                embedding=self.vectors[position].tolist(),
                model=MODEL,
            )
            for position, segment in enumerate(self.segments)
        )
        while batch := list(islice(rows, 2_000)):
            write_words(Passage.objects.bulk_create(batch, batch_size=500))
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '1GB'")
        with connection.schema_editor() as editor:
            for index in indexes:
                editor.add_index(Passage, index)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE media_library_passage")
            cursor.execute("ANALYZE media_library_asset")
        # Position is the number of the segment.
        self.position: dict[int, int] = dict(Passage.objects.order_by().values_list("pk", "position"))

    def scores(self, query: Vector) -> Scores:
        """The cosine of every passage, by its number."""
        return self.vectors @ query

    def passages_of(self, number: int) -> int:
        return int((self.tenant == number).sum())


def rows(*, quick: bool) -> Iterator[Row]:
    with studio():
        from django.conf import settings

        settings.RATE_LIMITS = False
        library = Library(QUICK if quick else corpus.SEGMENTS)
        assert library.size >= 2_000, "The corpus is not there yet: python -m bench.corpus"
        yield Row("passages in the corpus", ours=library.size, unit="rows", goal=NO_GOAL)
        asked = embedded(library.queries)
        yield from found_again(library, asked)
        yield from walked(library, asked)
        yield from filtered(library, asked)
        yield from by_words(library)


def embedded(queries: list[str]) -> dict[str, Vector]:
    from ai.local.e5 import E5

    engine = E5()
    return {query: engine.query(query)[0] for query in queries}


def tenants(library: Library) -> dict[str, int]:
    """The largest, one in the middle and the smallest."""
    by_size = sorted(library.owners, key=library.passages_of, reverse=True)
    return {"largest": by_size[0], "middle": by_size[len(by_size) // 2], "smallest": by_size[-1]}


def found_again(library: Library, asked: dict[str, Vector]) -> Iterator[Row]:
    """How many of the ten nearest are found, of all queries; whose passages come back is asserted."""
    yield Row("recall@10, admin through the index", ours=recall(library, library.admin, asked, None), unit="")
    for name, number in tenants(library).items():
        share = library.passages_of(number)
        got = recall(library, library.owners[number], asked, number)
        yield Row(f"recall@10, {name} tenant ({share:,})", ours=got, unit="")


def recall(library: Library, user: User, asked: dict[str, Vector], number: int | None) -> float:
    from media_library.search import Filters
    from media_library.search.candidates import by_meaning
    from media_library.search.scope import scope_of

    scope, hits, wanted = scope_of(user, Filters()), 0, 0
    own = np.ones(library.size, bool) if number is None else library.tenant == number
    for vector in asked.values():
        scores = np.where(own, library.scores(vector), -2.0)
        best = min(10, int(own.sum()))
        # Whoever is as near as the tenth is as right as the tenth.
        tenth = np.partition(scores, -best)[-best] - 1e-3
        found = [library.position[near.passage] for near in by_meaning(scope, vector, MODEL, limit=10)]
        assert len(found) == len(set(found)) == best, f"{len(found)} hits where {best} are"
        assert own[found].all(), "a passage of another tenant came back"
        hits += sum(scores[found] >= tenth)
        wanted += best
    return hits / wanted


def walked(library: Library, asked: dict[str, Vector]) -> Iterator[Row]:
    """The index against comparing everything."""
    from media_library.search import Filters, candidates, finding
    from media_library.search.scope import scope_of

    broad = scope_of(library.admin, Filters())
    assert not broad.few or library.size < 10_000
    exact = type(broad)(broad.assets, broad.passages, few=True)
    some = list(asked.values())[::7]

    def through(scope: Scope) -> float:
        return median_of(
            [partial(candidates.by_meaning, scope, vector, MODEL, limit=finding.NEAREST) for vector in some]
        )

    ours, peer = alternate(lambda: through(broad), lambda: through(exact), rounds=3)
    yield Row("nearest, index vs exact scan", ours=ours.value, peer=peer.value, unit="ms", goal=at_least(4))


def filtered(library: Library, asked: dict[str, Vector]) -> Iterator[Row]:
    """The search by meaning as a tenant against the same as an admin, whom no tenant's filter stops."""
    from media_library.search import search

    queries = list(asked)[::10]
    warm(library, asked)

    def searching(user: User, mode: str) -> float:
        return median_of([partial(search, user, query, mode=mode) for query in queries])

    for mode in ("meaning", "hybrid"):
        for name, number in tenants(library).items():
            ours, peer = alternate(
                partial(searching, library.owners[number], mode), partial(searching, library.admin, mode), rounds=3
            )
            share = library.passages_of(number)
            yield Row(
                f"{mode}, {name} tenant ({share:,}) vs all",
                ours=ours.value,
                peer=peer.value,
                unit="ms",
                goal=at_most(3),
            )


def by_words(library: Library) -> Iterator[Row]:
    """A word that a large share of all passages holds, against one that few do."""
    from media_library.search import search

    common, rare = "the", "parchment"
    hits = search(library.admin, common, mode="words").hits
    assert hits, "the common word is not found"
    assert all(any(match for _, match in hit.highlighted) for hit in hits), "a hit does not hold the word"
    ours, peer = alternate(
        lambda: median_of([lambda: search(library.admin, common, mode="words")] * 5),
        lambda: median_of([lambda: search(library.admin, rare, mode="words")] * 5),
        rounds=3,
    )
    yield Row("a common word vs a rare one", ours=ours.value, peer=peer.value, unit="ms", goal=at_most(10))


def warm(library: Library, asked: dict[str, Vector]) -> None:
    """The meaning of a query is kept for its next page; what is measured here is the search."""
    from media_library.search import finding

    for query in asked:
        finding.query_vector(library.admin, query)


def median_of(calls: list[Callable[[], object]]) -> float:
    """Milliseconds."""
    taken = []
    for call in calls:
        begun = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)
