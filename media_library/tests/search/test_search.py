"""What a search finds, how it is shown, and what it never shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import ProjectFactory, UserFactory
from ai import services as ai
from ai.errors import EngineMissingError
from media_library import search as searching
from media_library.models import Asset, Speaker
from media_library.search import Filters, scope, search
from media_library.services import indexing
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("meaningful")]
MODES = ("hybrid", "words", "meaning")


@pytest.fixture
def owner() -> User:
    return UserFactory()


def film(owner: User, *lines: str, language: str = "en", speakers: tuple[str, ...] = (), **facts: Any) -> Asset:
    asset = AssetFactory(owner=owner, language=language, **facts)
    transcript = transcript_of(asset, *lines, language=language)
    for segment, name in zip(transcript.segments.all(), speakers, strict=False):
        segment.speaker, _ = Speaker.objects.get_or_create(transcript=transcript, label=name.lower(), name=name)
        segment.save()
    indexing.index_asset(asset, embed=True)
    return asset


@pytest.fixture(params=["few", "many", "many assets"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three ways to look: at all that may be seen, and through the indexes with assets gathered or looked up."""
    if request.param == "many":
        monkeypatch.setattr(scope, "FEW_PASSAGES", -1)
        monkeypatch.setattr(scope, "FEW_BY_ROOT", 0)
    if request.param == "many assets":
        monkeypatch.setattr(scope, "FEW_ASSETS", 0)


@pytest.mark.usefixtures("either_way")
def test_words_are_found_at_the_moment_they_are_said(owner: User) -> None:
    asset = film(owner, "welcome to the review", "we raised the annual budgets again", "goodbye")
    found = search(owner, "annual budget", mode="words")
    assert [(hit.asset, hit.segment_id is not None, hit.start) for hit in found.hits] == [
        (asset, True, pytest.approx(2 + 3 * 2 / 6, abs=0.01))
    ]
    hit = found.hits[0]
    assert hit.highlighted == [("we raised the ", False), ("annual budgets", True), (" again", False)]
    assert (hit.before.text, hit.after.text) == ("welcome to the review", "goodbye")


@pytest.mark.usefixtures("either_way")
def test_meaning_finds_what_words_do_not(owner: User) -> None:
    film(owner, "nous parlons de argent", "il pleut beaucoup aujourd'hui", language="fr")
    assert not search(owner, "geld", mode="words").hits
    found = search(owner, "geld")
    assert found.hits[0].text == "nous parlons de argent"
    assert not found.hits[0].by_words
    assert found.engine == "local:by-words"
    assert found.hits[0].similarity == pytest.approx(0.5, abs=0.1)


def test_what_both_ways_find_comes_first(owner: User) -> None:
    film(owner, "geld heute", "budget heute", "argent heute")
    first = search(owner, "budget").hits[0]
    assert (first.text, first.by_words) == ("budget heute", True)


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("red fox", {"the red fox runs", "the fox is not red"}),
        ('"red fox"', {"the red fox runs"}),
        ("fox -red", {"a fox and a café"}),
        ('fox -"red fox"', {"the fox is not red", "a fox and a café"}),
        ("CAFE", {"a fox and a café"}),
        ("runni", set()),
        ("run", {"the red fox runs"}),
        ("ru", {"the red fox runs"}),
        ("speaker:anna fox", {"the red fox runs"}),
        ("fox speaker:nobody", set()),
        ("speaker:Anna", {"the red fox runs"}),
        ("kind:audio fox", set()),
        ("language:fr fox", set()),
        ("language:English fox", {"the red fox runs", "the fox is not red", "a fox and a café"}),
        ("tag:NATURE fox", {"the red fox runs", "the fox is not red", "a fox and a café"}),
        ("tag:city fox", set()),
        ("-fox", set()),
        ("\0 fox\0-red", {"a fox and a café"}),
        ("'); drop table -- \\ :* & | ! <-> fox", set()),
        ('"', set()),
        ("%", set()),
    ],
)
@pytest.mark.usefixtures("either_way")
def test_queries_are_understood(owner: User, query: str, texts: set[str]) -> None:
    film(
        owner,
        "the red fox runs",
        "the fox is not red",
        "a fox and a café",
        speakers=("Anna", "Bruno"),
        tags=["Nature"],
        title="Animals",
    )
    assert {hit.text for hit in search(owner, query, mode="words", limit=50).hits} == texts


def test_names_weigh_more_than_what_is_said(owner: User) -> None:
    film(owner, "the harbour is mentioned here", title="Talk")
    named = film(owner, "hello", title="Harbour")
    assert search(owner, "harbour", mode="words").hits[0].asset == named


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("mode", MODES)
def test_a_stranger_finds_nothing_of_others(owner: User, mode: str) -> None:
    film(owner, "the canary sings money", title="Canary", tags=["canary"], speakers=("Canary",))
    film(owner, "canary money", title="Canary of work", shelf=Asset.Shelf.INPUT)
    stranger = UserFactory()
    for query in ("canary", "canary money", "canari", "tag:canary", "speaker:canary", "argent"):
        found = search(stranger, query, mode=mode)
        assert (found.hits, found.total_estimate, found.did_you_mean) == ([], 0, "")
        assert not any(found.facets.values())
    assert searching.meaning(stranger, "canary money", threshold=0)[0] == []


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("mode", MODES)
def test_the_deleted_and_the_archived_are_not_found(owner: User, mode: str) -> None:
    deleted, archived = film(owner, "the canary of money"), film(owner, "the canary of money")
    Asset.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    Asset.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    assert not search(owner, "canary", mode=mode).hits
    found = search(owner, "canary", mode=mode, filters=Filters(archived=True))
    assert {hit.asset for hit in found.hits} == {archived}


@pytest.mark.usefixtures("either_way")
def test_files_for_ones_own_work_are_found_by_oneself_alone(owner: User) -> None:
    colleague = UserFactory()
    project = ProjectFactory(owner=colleague)
    shared = film(owner, "the canary of work", project=project)
    own = film(owner, "the canary of mine", project=project, shelf=Asset.Shelf.VOICE)
    assert {hit.asset for hit in search(owner, "canary").hits} == {shared, own}
    assert {hit.asset for hit in search(colleague, "canary").hits} == {shared}


def test_facets_count_what_was_found(owner: User) -> None:
    film(owner, "the fox", "a fox", speakers=("Anna", "Bruno"), tags=["Nature"], title="x")
    film(owner, "un fox", language="fr", kind="audio", title="y")
    facets = search(owner, "fox", mode="words").facets
    counts = {facet: {value.label: value.count for value in values} for facet, values in facets.items()}
    assert counts == {
        "kind": {"Video": 2, "Audio": 1},
        "language": {"English": 2, "French": 1},
        "speaker": {"Anna": 1, "Bruno": 1},
        "tag": {"Nature": 2},
        "project": {},
    }


def test_hits_of_an_asset_stand_together_when_asked(owner: User) -> None:
    first = film(owner, "fox fox", "one fox", "two fox", "three fox", title="x")
    second = film(owner, "a fox", title="y")
    found = search(owner, "fox", mode="words", group=True).hits
    assert [hit.asset for hit in found] in ([first] * 3 + [second], [second] + [first] * 3)


def test_pages_do_not_overlap(owner: User) -> None:
    film(owner, *(f"fox number {n}" for n in range(30)), title="x")
    pages = [[hit.passage_id for hit in search(owner, "fox", limit=10, offset=at).hits] for at in (0, 10, 20, 30)]
    assert [len(page) for page in pages[:3]] == [10, 10, 10]
    assert len({pk for page in pages for pk in page}) == sum(map(len, pages))


def test_a_mistyped_word_is_answered_with_the_one_that_is_said(owner: User) -> None:
    film(owner, "the restructuring of the harbour", title="x")
    for typed in ("restucturing habour", "restructurnig of harbuor"):
        found = search(owner, typed, mode="words")
        assert (found.hits, found.did_you_mean.replace(" of", "")) == ([], "restructuring harbour")


def test_articles_are_not_what_was_asked_for(owner: User) -> None:
    film(owner, "the captain of the ship", title="x")
    hit = search(owner, "the ship", mode="words").hits[0]
    assert [text for text, match in hit.highlighted if match] == ["ship"]
    assert hit.start == pytest.approx(1.6)
    assert [text for text, match in search(owner, "the", mode="words").hits[0].highlighted if match] == ["the", "the"]


def test_without_an_engine_words_still_find(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    film(owner, "the fox")

    def missing(*_: object, **__: object) -> None:
        raise EngineMissingError("Nothing can be embedded here.")

    monkeypatch.setattr(ai, "embed_query", missing)
    found = search(owner, "another fox fox -bear", mode="hybrid")
    assert (found.hits, found.engine, found.without_meaning) == ([], "", "Nothing can be embedded here.")
    assert len(search(owner, "fox tail -tail", mode="hybrid").hits) == 0
    assert len(search(owner, "the fox!").hits) == 1
    with pytest.raises(EngineMissingError):
        search(owner, "fox cub", mode="meaning")


@pytest.mark.usefixtures("either_way")
def test_passages_of_another_model_are_found_by_words_only(owner: User) -> None:
    asset = film(owner, "the fox")
    asset.passages.update(model="local:yesterday")
    assert not search(owner, "fox", mode="meaning").hits
    assert [hit.similarity for hit in search(owner, "fox").hits] == [None]


def test_the_deployments_meaning_search_stays_in_projects(owner: User) -> None:
    project = ProjectFactory(owner=owner)
    inside = film(owner, "all the money", project=project, title="Inside", tags=["bank"])
    film(owner, "all the money", title="Outside")
    meant, engine, _ = searching.meaning(owner, "budget", threshold=0.3)
    assert [(one.asset, one.matching) for one in meant] == [(inside, ["all the money"])]
    assert meant[0].similarity == pytest.approx(0.58, abs=0.05)
    assert engine == "local:by-words"
    assert not searching.meaning(owner, "budget", threshold=0.9)[0]
    assert not searching.meaning(owner, "budget", threshold=0, project=ProjectFactory().pk)[0]
    assert not searching.meaning(owner, "budget", threshold=0, media_types=["image"])[0]


@pytest.mark.parametrize("segments", [1, 20])
def test_a_search_costs_the_same_however_much_it_finds(
    owner: User, segments: int, django_assert_num_queries: Any
) -> None:
    for n in range(segments):
        film(owner, f"the fox {n}", "and so on", title=f"film {n}")
    search(owner, "fox")
    with django_assert_num_queries(11):
        search(owner, "fox")
