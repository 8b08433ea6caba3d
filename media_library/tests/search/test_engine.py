"""With the real model: what is meant is found across languages, and vectors of the model are what search has room for."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.tests.factories import ProjectFactory, UserFactory
from media_library import search as searching
from media_library.checks import check_vectors
from media_library.search import search
from media_library.services import indexing
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db

ENGLISH = (
    "the ship went down in the storm and nobody was saved",
    "we need to cut our spending by ten percent next year",
    "she planted roses and tulips behind the house",
    "the train to Berlin leaves at half past seven",
    "our dog is ill and has to see the vet tomorrow",
    "the orchestra rehearsed the symphony until midnight",
)


@pytest.mark.engines
def test_a_sentence_is_found_by_its_meaning_from_another_language() -> None:
    owner = UserFactory()
    # File names mean nothing; this one once came before the train.
    english = AssetFactory(owner=owner, title="One", filename="take-2515.mp4", language="en")
    transcript_of(english, *ENGLISH)
    french = AssetFactory(owner=owner, title="Two", filename="take-2516.mp4", language="fr")
    transcript_of(french, "le gâteau doit cuire une heure au four", "il a perdu ses clés dans la rue", language="fr")
    for asset in (english, french):
        indexing.index_asset(asset, embed=True)
    for query, asset, start in (
        ("Das Schiff ist im Sturm gesunken", english, 0.0),
        ("réduire les dépenses l'année prochaine", english, 2.0),
        ("Wir müssen im nächsten Jahr sparen", english, 2.0),
        ("flores en el jardín", english, 4.0),
        ("Wann fährt der Zug?", english, 6.0),
        ("il cane è malato", english, 8.0),
        ("baking a cake", french, 0.0),
        ("Schlüssel verloren", french, 2.0),
    ):
        hit = search(owner, query).hits[0]
        assert (hit.asset, hit.start) == (asset, start), f"{query}: {hit.text}"
        assert hit.similarity is not None
        assert 0.7 < hit.similarity < 1
    # The model leans towards the language of the query: what is French may come before what is meant, and not by much.
    nearest = search(owner, "le naufrage d'un bateau pendant la tempête").hits[:3]
    assert (english, 0.0) in [(hit.asset, hit.start) for hit in nearest]


@pytest.mark.engines
def test_a_films_pictures_are_found_by_meaning_with_what_matched() -> None:
    owner = UserFactory()
    project = ProjectFactory(owner=owner)
    wanted = AssetFactory(
        owner=owner, project=project, kind="image", title="A dark castle in the rain", filename="ref-1.png"
    )
    other = AssetFactory(
        owner=owner, project=project, kind="image", title="Children eat ice cream", filename="ref-2.png"
    )
    for asset in (wanted, other):
        indexing.index_asset(asset, embed=True)
    meant, engine, _ = searching.meaning(owner, "ein düsteres Schloss")
    assert (meant[0].asset, engine) == (wanted, "local:e5-small")
    assert meant[0].matching == ["A dark castle in the rain \u00b7 ref-1.png"]
    assert [one.similarity for one in meant] == sorted((one.similarity for one in meant), reverse=True)


@pytest.mark.engines
def test_the_command_reads_everything_again() -> None:
    asset = AssetFactory(title="One", language="en")
    transcript_of(asset, *ENGLISH)
    said = StringIO()
    call_command("reindex_search", "--words", stdout=said)
    assert "All is up to date." in said.getvalue()
    assert set(asset.passages.values_list("model", flat=True)) == {"local:e5-small"}
    assert asset.passages.count() == len(ENGLISH) + 1


def test_a_model_of_another_length_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_vectors() == []
    monkeypatch.setattr("ai.local.e5.E5.dimensions", 1024)
    assert [problem.id for problem in check_vectors()] == ["media_library.E001"]
