"""Searching what is said."""

from __future__ import annotations

import pytest

from ai.errors import EngineMissingError
from media_library.models import Asset
from media_library.search import finding
from media_library.services import indexing
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage


def indexed(_stage: Stage) -> None:
    """As ingestion does, of both houses; but for the meaning, which takes an engine."""
    for asset in Asset.objects.filter(transcript__isnull=False):
        indexing.index_asset(asset)


def words_alone(patch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise EngineMissingError("The weights of the embedding model are not here.")

    patch.setattr(finding, "query_vector", missing)


def opens_at_the_word(stage: Stage, _answer: Answer) -> None:
    page = stage.send("GET", "/transcripts/search", query={"q": "evening"}).content.decode()
    assert f"/library/{stage.world.video.pk}?t=" in page
    foreign = stage.send("GET", "/transcripts/search", query={"q": stage.world.CANARY}).content.decode()
    assert "found__hit" not in foreign


def an_empty_term_shows_the_form_alone(stage: Stage, _answer: Answer) -> None:
    page = stage.send("GET", "/transcripts/search").content.decode()
    assert 'role="search"' in page
    assert "found__hit" not in page


scene(
    "platform.pages.transcripts_search",
    who="production",
    query={"q": "evening harbour"},
    given=indexed,
    patch=words_alone,
    shows="Harbour at night",
    alternatives=(Twist(who=None),),
    checks=(opens_at_the_word, an_empty_term_shows_the_form_alone),
)
