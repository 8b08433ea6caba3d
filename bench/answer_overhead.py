"""What the studio adds to an answer before the engine is asked and after it has spoken: finding quotes, and verifying what was said.

Over the real sentences of the search bench, with the local engine of meaning. The peer is how long a hosted model takes, which is an
assumption and no measurement: 0.6 s to the first token and 60 tokens a second for 500 tokens.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.measure import NO_GOAL, Row, at_most
from bench.studio import studio

if TYPE_CHECKING:
    from chat.models import Conversation

NAME = "answer_overhead"
GOAL = at_most(0.10, "")
FIRST_TOKEN, TOKENS, TOKENS_PER_SECOND = 0.6, 500, 60
MODEL_SECONDS = FIRST_TOKEN + TOKENS / TOKENS_PER_SECOND
ASKS = (
    "Write a two-minute script about a storm at sea",
    "Find every moment where somebody talks about installing a package",
    "Who died first, the king or his brother?",
    "Write a post about love and marriage",
    "Schreib ein Skript über die Nacht",
    "Trouve les passages sur la fin du monde",
)
FILMS, LINES = 40, 400


def rows(*, quick: bool) -> Iterator[Row]:
    with studio():
        conversation, passages = library(films=8 if quick else FILMS)
        yield Row("passages in the library", ours=passages, unit="rows", goal=NO_GOAL)
        rounds = 2 if quick else 5
        found, verified = [], []
        for number, ask in enumerate(ASKS * rounds):
            finding, verifying = took(conversation, ask)
            # The first loads the engine of meaning.
            if number:
                found.append(finding)
                verified.append(verifying)
    yield Row("finding quotes, median", ours=statistics.median(found), goal=NO_GOAL)
    yield Row("verifying, median", ours=statistics.median(verified), goal=NO_GOAL)
    worst = max(one + other for one, other in zip(found, verified, strict=True))
    both = statistics.median(found) + statistics.median(verified)
    yield Row("both beside a model's time", ours=both, peer=MODEL_SECONDS)
    yield Row("the worst of them", ours=worst, peer=MODEL_SECONDS)


def library(*, films: int) -> tuple[Conversation, int]:
    """Real sentences as speech with words, of one person."""
    from bench import corpus
    from chat.tests.factories import ConversationFactory
    from jobs.tests.factories import AssetFactory
    from media_library.models import Passage
    from media_library.services import indexing
    from media_library.tests.factories import transcript_of

    vectors = corpus.vectors()[: films * LINES]
    lines = [segment["text"] for segment in corpus.segments(len(vectors))]
    conversation: Conversation = ConversationFactory(title_by="person")
    for film in range(len(lines) // LINES):
        own = lines[film * LINES : (film + 1) * LINES]
        asset = AssetFactory(owner=conversation.owner, title=f"Reel {film}", duration=5.0 * LINES, language="en")
        transcript_of(asset, *own, seconds=5.0)
        indexing.index_asset(asset)
        spoken = list(Passage.objects.filter(asset=asset, kind="speech").order_by("position"))
        for passage, vector in zip(spoken, vectors[film * LINES :], strict=False):
            passage.embedding, passage.model = vector.tolist(), "local:e5-small"
        Passage.objects.bulk_update(spoken, ["embedding", "model"], batch_size=500)
    return conversation, Passage.objects.count()


def took(conversation: Conversation, ask: str) -> tuple[float, float]:
    from django.db import transaction

    from chat.services import answering
    from chat.tests.factories import say

    conversation.clips.all().delete()
    conversation.head = None
    say(conversation, ask)
    answer = say(conversation, "", role="assistant")
    before = time.perf_counter()
    prepared = answering.prepare(answer)
    finding = time.perf_counter() - before
    assert prepared.sources, ask
    text = written(prepared.sources)
    before = time.perf_counter()
    with transaction.atomic():
        settled = answering.settle(answer, text, prepared, partial=False)
    verifying = time.perf_counter() - before
    assert settled.citations
    assert not settled.rejected
    return finding, verifying


def written(sources: list[object]) -> str:
    """An answer of about 500 tokens that cites everything it was given."""
    lines = ["# A script", "", "One sentence that everything follows [1].", ""]
    for n, _ in enumerate(sources, 1):
        lines += [
            f"## Part {n}",
            "",
            f"Narration of some words that lead to what is said next [{n}].",
            f'[[clip {n} "One"]]',
            "",
        ]
    return "\n".join(lines)
