"""The search over JSON, on its pages, and in the command palette."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import ProjectFactory, UserFactory
from ai import services as ai
from ai.errors import EngineMissingError
from jobs.tests.factories import JobFactory
from media_library.models import Asset, Speaker
from media_library.services import indexing
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("meaningful")]


@pytest.fixture
def owner() -> User:
    return UserFactory(name="Olga")


@pytest.fixture
def film(owner: User) -> Asset:
    asset = AssetFactory(
        owner=owner, title="Harbour tour", language="en", tags=["Sea"], project=ProjectFactory(owner=owner)
    )
    transcript = transcript_of(asset, "welcome aboard", "the canary <b>sings</b> here", "and leaves")
    speaker = Speaker.objects.create(transcript=transcript, label="speaker_1", name="Anna")
    transcript.segments.update(speaker=speaker)
    indexing.index_asset(asset, embed=True)
    return asset


@pytest.fixture
def browser(owner: User) -> Browser:
    return signed_in(owner)


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def sections(browser: Browser, text: str) -> dict[str, list[Any]]:
    answer = browser.get("/api/palette", {"q": text})
    assert answer.status_code == 200
    return {section["key"]: section["entries"] for section in answer.json()["sections"]}


def test_an_answer_says_who_said_what_when(browser: Browser, film: Asset) -> None:
    answer = browser.get("/api/search", {"q": "canary sings"})
    assert answer.status_code == 200
    body = answer.json()
    hit = body["items"][0]
    assert hit["asset"] == {"id": str(film.pk), "name": "Harbour tour", "kind": "video", "duration": 10.0}
    assert (hit["part"], hit["speaker"], hit["start"], hit["end"]) == ("speech", "Anna", 2.5, 4.0)
    assert "".join(part["text"] for part in hit["highlighted"]) == hit["text"] == "the canary <b>sings</b> here"
    assert [part["text"] for part in hit["highlighted"] if part["match"]] == ["canary", "sings"]
    assert (hit["before"]["text"], hit["after"]["text"]) == ("welcome aboard", "and leaves")
    assert hit["url"] == f"/library/{film.pk}?t=2.5"
    assert body["facets"]["project"] == [
        {"value": str(film.project_id), "label": film.project.name, "count": body["total"]}
    ]
    assert (body["page"], body["size"], body["more"]) == (1, 20, False)


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x" * 401},
        {"q": "a\0b"},
        {"q": "x", "mode": "magic"},
        {"q": "x", "kind": "nothing"},
        {"q": "x", "project": "42"},
        {"q": "x", "page": "0"},
        {"q": "x", "language": ["en"] * 21},
    ],
)
def test_what_cannot_be_searched_for_is_refused(browser: Browser, query: dict[str, Any]) -> None:
    assert browser.get("/api/search", query).status_code in (400, 422)


def test_filters_may_be_repeated(browser: Browser, film: Asset) -> None:
    for narrowed, total in (({"kind": ["audio", "video"]}, 1), ({"tag": ["sea", "land"]}, 0), ({"part": ["name"]}, 0)):
        body = browser.get("/api/search", {"q": "canary", "mode": "words", **narrowed}).json()
        assert body["total"] == total


def test_searching_needs_somebody_signed_in() -> None:
    for path in ("/api/search?q=a", "/api/palette?q=a"):
        assert Browser().get(path).status_code == 401
    for path in ("/search?q=a", "/transcripts/search?q=a"):
        answer = Browser().get(path)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login")


def test_an_engine_that_is_missing_is_said_plainly(
    browser: Browser, film: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise EngineMissingError("Nothing can be embedded here.")

    monkeypatch.setattr(ai, "embed_query", missing)
    assert browser.get("/api/search", {"q": "harbour bird", "mode": "meaning"}).status_code == 503
    page = browser.get("/search", {"q": "harbour bird", "mode": "meaning"})
    assert (page.status_code, b"Nothing can be embedded here." in page.content) == (503, True)
    assert b"Found by words only" in browser.get("/search", {"q": "harbour tours"}).content


@pytest.mark.parametrize("path", ["/search", "/transcripts/search"])
def test_the_page_shows_the_words_and_where_they_are_said(browser: Browser, film: Asset, path: str) -> None:
    page = browser.get(path, {"q": "sings"}).content.decode()
    assert '<mark class="w--hit">sings</mark>' in page
    assert "&lt;b&gt;" in page
    assert f"/library/{film.pk}?t=3" in page
    assert "Anna" in page


def test_the_page_of_transcripts_shows_what_is_said_alone(browser: Browser, film: Asset) -> None:
    assert b"Harbour tour</a>" not in browser.get("/transcripts/search", {"q": "harbour", "mode": "words"}).content
    assert b"Nothing found" in browser.get("/transcripts/search", {"q": "harbour", "mode": "words"}).content


@pytest.mark.parametrize("path", ["/search", "/transcripts/search"])
def test_without_a_query_the_page_shows_its_form(browser: Browser, film: Asset, path: str) -> None:
    page = browser.get(path).content
    assert b"What are you looking for?" in page
    assert b"found__hit" not in page


def test_filters_stand_in_the_address_and_take_themselves_away(browser: Browser, film: Asset) -> None:
    page = browser.get("/search", {"q": "canary", "speaker": "Anna", "tag": ["Sea"], "page": "1"}).content.decode()
    assert 'href="?q=canary&amp;tag=Sea"' in page
    assert 'href="?q=canary&amp;speaker=Anna"' in page
    assert 'href="?q=canary"' in page


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x", "page": "99999999999999"},
        {"q": "x", "page": "-1"},
        {"q": "x", "project": "nonsense", "kind": "nonsense", "mode": "nonsense"},
        {"q": "x", "language": "nonsense!"},
        {"q": "\ud7ff\u202e" * 50},
    ],
)
def test_odd_addresses_are_answered(browser: Browser, film: Asset, query: dict[str, str]) -> None:
    assert browser.get("/search", query).status_code == 200


def test_a_query_that_is_too_long_stays_in_the_field(browser: Browser) -> None:
    page = browser.get("/search", {"q": "x" * 500})
    assert (page.status_code, b"400 characters at most" in page.content) == (422, True)


def test_a_mistyped_word_is_a_link_to_the_right_one(browser: Browser, film: Asset) -> None:
    assert b'href="?q=canary">canary</a>?' in browser.get("/search", {"q": "canarry"}).content


def test_nothing_of_others_is_told_anywhere(film: Asset) -> None:
    own = signed_in(UserFactory())
    JobFactory(title="Canary job")
    for query in ("canary", "canarry", "harbour", "speaker:anna", "tag:sea", "argent"):
        for mode in ("hybrid", "words", "meaning"):
            body = own.get("/api/search", {"q": query, "mode": mode}).json()
            assert (body["items"], body["total"], body["did_you_mean"]) == ([], 0, "")
            assert not any(body["facets"].values())
            page = own.get("/search", {"q": query, "mode": mode}).content
            assert b"Harbour tour" not in page
            assert b"sings" not in page
        assert not {"jobs", "projects", "assets", "words", "people"} & set(sections(own, query))
    assert film.project.name not in own.get("/search", {"q": "x", "project": str(film.project_id)}).content.decode()


def test_a_project_one_may_not_open_is_not_named(film: Asset) -> None:
    colleague, secret = UserFactory(house=None), film.project
    Asset.objects.filter(pk=film.pk).update(owner=colleague)
    body = signed_in(colleague).get("/api/search", {"q": "canary"}).json()
    assert (len(body["items"]), body["facets"]["project"]) == (body["total"], [])
    assert secret.name not in str(body)


def test_the_palette_opens_what_one_may_see(browser: Browser, owner: User, film: Asset) -> None:
    found = sections(browser, "harbour")
    assert [(entry["title"], entry["url"]) for entry in found["assets"]] == [("Harbour tour", f"/library/{film.pk}")]
    said = sections(browser, "canary si")["words"]
    assert [(entry["url"], entry["text"]) for entry in said] == [(f"/library/{film.pk}?t=2.5", "Anna, Harbour tour")]
    assert [part["text"] for part in said[0]["marked"] if part["match"]] == ["canary", "sings"]
    assert [entry["title"] for entry in sections(browser, film.project.name)["projects"]] == [film.project.name]
    assert [entry["title"] for entry in sections(browser, "uplo")["actions"]][:1] == ["Upload"]


def test_the_palette_shows_pages_and_actions_while_nothing_is_typed(browser: Browser, film: Asset) -> None:
    assert set(sections(browser, "")) == {"actions", "pages"}
    admin = signed_in(UserFactory(role="admin", is_superuser=True))
    titles = {entry["title"] for entry in sections(admin, "")["pages"]}
    assert {"Audit trail", "Usage", "Library", "Jobs"} <= titles
    assert "Audit trail" not in {entry["title"] for entry in sections(browser, "audit").get("pages", [])}


def test_every_page_of_the_palette_opens(browser: Browser) -> None:
    found = sections(browser, "")
    for entry in [*found["pages"], *found["actions"]]:
        assert browser.get(entry["url"].split("#")[0]).status_code == 200, entry


@pytest.mark.parametrize("archived", ["archived_at", "deleted_at"])
def test_what_is_put_away_is_not_in_the_palette(browser: Browser, film: Asset, archived: str) -> None:
    Asset.objects.filter(pk=film.pk).update(**{archived: timezone.now()})
    assert not {"assets", "words"} & set(sections(browser, "canary"))


@pytest.mark.parametrize("films", [1, 20])
@pytest.mark.parametrize(
    ("path", "queries"), [("/api/palette?q=fox", 17), ("/api/search?q=fox", 15), ("/search?q=fox", 17)]
)
def test_a_door_costs_no_more_however_much_is_found(
    browser: Browser, owner: User, films: int, path: str, queries: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(films):
        asset = AssetFactory(
            owner=owner, title=f"fox {number}", project=ProjectFactory(owner=owner, name=f"fox {number}")
        )
        transcript_of(asset, "the fox runs", "a fox sleeps")
        indexing.index_asset(asset, embed=True)
        JobFactory(title=f"fox {number}", created_by=owner)
    browser.get(path)
    # One fewer where a process has asked something before that it keeps.
    with django_assert_max_num_queries(queries):
        browser.get(path)
