"""What search looks at follows what it is about."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest
from django.contrib.postgres.search import SearchQuery

from ai import services as ai
from ai.capabilities.base import Engine
from ai.work import Answer
from core.runs.models import OutboxMessage
from media_library.models import Asset, Passage, Speaker
from media_library.services import indexing
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def asset() -> Asset:
    made = AssetFactory(title="Évaluation annuelle", filename="review_2024-final.mp4", tags=["Finance"], language="fr")
    transcript_of(made, "Nous parlons du budget", "Les recettes augmentent", language="fr")
    indexing.index_asset(made)
    return made


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An engine whose vectors say how often it was asked. `name` changes which model it is."""
    state: dict[str, Any] = {"name": "one", "texts": []}

    def passages(texts: list[str], *, use: ai.Use) -> Answer[Any]:
        state["texts"] += texts
        state["use"] = use
        vectors = np.zeros((len(texts), state.get("dimensions", 384)), np.float32)
        vectors[:, 0] = 1
        return Answer(vectors, Engine("local", state["name"]), uuid.uuid4(), reused=False)

    monkeypatch.setattr(ai, "embed_passages", passages)
    monkeypatch.setattr(ai, "engine_for", lambda _capability: Engine("local", state["name"]))
    return state


def finds(asset: Asset, query: str, config: str = "simple") -> list[str]:
    wanted = SearchQuery(query, config=config, search_type="websearch")
    return list(asset.passages.filter(document=wanted).order_by("kind", "position").values_list("kind", flat=True))


def test_each_name_and_each_segment_is_a_passage(asset: Asset) -> None:
    rows = asset.passages.order_by("kind", "position").values_list("kind", "text", "start", "language")
    assert list(rows) == [
        ("name", "Évaluation annuelle · review_2024-final.mp4\nFinance", None, "fr"),
        ("speech", "Nous parlons du budget", 0.0, "fr"),
        ("speech", "Les recettes augmentent", 2.0, "fr"),
    ]


def test_names_are_found_without_their_accents_and_parts_of_file_names_are_words(asset: Asset) -> None:
    assert finds(asset, "evaluation") == ["name"]
    assert finds(asset, "review final") == ["name"]


def test_endings_are_cut_by_the_rules_of_the_language(asset: Asset) -> None:
    assert finds(asset, "recette", "french") == ["speech"]


def test_what_says_the_same_keeps_its_meaning(asset: Asset, engine: dict[str, Any]) -> None:
    indexing.embed_asset(asset.pk)
    assert len(engine["texts"]) == 3
    segment = asset.transcript.segments.get(position=1)
    segment.text = "Les recettes baissent"
    segment.save()
    indexing.index_segments([segment])
    indexing.index_asset(asset, embed=True)
    assert engine["texts"][3:] == ["Les recettes baissent"]
    assert finds(asset, "baissent") == ["speech"]
    assert finds(asset, "augmentent") == []


def test_another_name_of_a_speaker_costs_no_engine(asset: Asset, engine: dict[str, Any]) -> None:
    indexing.embed_asset(asset.pk)
    segments = list(asset.transcript.segments.all())
    speaker = Speaker.objects.create(transcript=asset.transcript, label="speaker_1", name="Amélie")
    asset.transcript.segments.update(speaker=speaker)
    indexing.index_segments(segments)
    indexing.embed_asset(asset.pk)
    assert len(engine["texts"]) == 3
    assert set(asset.passages.filter(kind="speech").values_list("speaker", flat=True)) == {"Amélie"}


def test_changes_ask_for_the_meaning_in_the_background(asset: Asset) -> None:
    message = OutboxMessage.objects.filter(task=indexing.EMBED).latest("pk")
    assert message.kwargs == {"asset_id": str(asset.pk)}


def test_the_use_of_the_engine_is_its_owners(asset: Asset, engine: dict[str, Any]) -> None:
    indexing.index_asset(asset, embed=True)
    assert engine["use"].user_id == asset.owner_id


def test_another_model_reads_everything_again_and_nothing_twice(asset: Asset, engine: dict[str, Any]) -> None:
    assert indexing.reindex() == 3
    assert indexing.reindex() == 0
    engine["name"] = "two"
    assert indexing.reindex() == 3
    assert set(asset.passages.values_list("model", flat=True)) == {"local:two"}


def test_vectors_of_another_length_are_refused(asset: Asset, engine: dict[str, Any]) -> None:
    engine["dimensions"] = 1536
    with pytest.raises(Exception, match="another length"):
        indexing.embed_asset(asset.pk)
    assert not asset.passages.exclude(embedding=None).exists()


def test_a_text_changed_meanwhile_gets_no_meaning_of_the_old_one(
    asset: Asset, engine: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ai.embed_passages

    def change_meanwhile(texts: list[str], *, use: ai.Use) -> Answer[Any]:
        Passage.objects.filter(asset=asset, kind="speech", position=0).update(text="Now another")
        return ask(texts, use=use)

    monkeypatch.setattr(ai, "embed_passages", change_meanwhile)
    indexing.embed_asset(asset.pk)
    assert list(asset.passages.filter(embedding=None).values_list("kind", "position")) == [("speech", 0)]


def test_the_deleted_are_not_indexed(asset: Asset) -> None:
    indexing.forget(asset)
    Asset.objects.filter(pk=asset.pk).update(deleted_at=asset.created_at)
    indexing.index_asset(asset)
    assert not asset.passages.exists()


def test_documents_become_paragraphs(asset: Asset) -> None:
    sentence = "This contract is about the rights of the film. "
    indexing.index_document(asset, [sentence * 40, "Short."], language="en")
    rows = list(asset.passages.filter(kind="document").order_by("position").values_list("text", flat=True))
    assert all(len(text) <= indexing.CHUNK and text.endswith(".") for text in rows)
    assert " ".join(rows) == (sentence * 40).strip() + " Short."
    indexing.index_asset(asset)
    assert asset.passages.filter(kind="document").count() == len(rows)


def test_languages_without_spaces_are_found_by_part_of_a_sentence() -> None:
    made = AssetFactory(title="x", language="ja")
    transcript_of(made, "予算について話します", language="ja")
    indexing.index_asset(made)
    assert finds(made, '"予 算"') == ["speech"]
