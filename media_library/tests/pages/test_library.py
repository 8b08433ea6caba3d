"""The library as pages: lists with filters, uploads without scripts, acts on several files, collections and storage."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, ProjectFactory, UserFactory
from media_library.models import Asset, Collection, Intake
from media_library.services import collections
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db

R = User.Role
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def mara() -> User:
    return UserFactory(name="Mara", house=OrganizationFactory(name="Northlight"))


@pytest.fixture
def browser(mara: User) -> Browser:
    browser = Browser()
    browser.force_login(mara)
    return browser


def see(browser: Browser, path: str, **query: Any) -> str:
    answer = browser.get(path, query)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def names(browser: Browser, path: str = "/library", **query: Any) -> set[str]:
    answer = browser.get(path, query)
    assert answer.status_code == 200
    return {card.asset.name for card in answer.context["cards"]}


@pytest.mark.parametrize("path", ["/library", "/videos", "/audio", "/library/files", "/library/collections"])
def test_who_is_not_signed_in_is_sent_to_the_sign_in(client: Browser, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login")


def test_an_empty_library_says_what_it_is_for_and_offers_the_one_next_action(browser: Browser) -> None:
    page = see(browser, "/library")
    assert "Your library is empty" in page
    assert "Upload the first files" in page


def test_videos_and_audio_are_the_library_of_one_kind(browser: Browser, mara: User) -> None:
    AssetFactory(owner=mara, title="Dawn on the pad", duration=252.0)
    AssetFactory(owner=mara, kind="audio", filename="room tone.wav", content_type="audio/wav")
    assert names(browser, "/videos") == {"Dawn on the pad"}
    assert names(browser, "/audio") == {"room tone.wav"}
    assert names(browser, "/videos", kind="audio") == {"Dawn on the pad"}
    assert "00:04:12" in see(browser, "/videos")


def test_a_list_is_narrowed_by_what_the_address_says_and_shows_it_as_chips(browser: Browser, mara: User) -> None:
    project = ProjectFactory(owner=mara, name="Launch Window")
    dawn = AssetFactory(owner=mara, title="Dawn", tags=["sea", "launch"], project=project, language="en")
    noon = AssetFactory(owner=mara, title="Noon", tags=["sea"], language="de")
    AssetFactory(owner=mara, title="Put away", archived_at="2026-01-01T00:00Z")
    transcript_of(dawn, "The harbour lights went on.").speakers.create(label="speaker_1", name="Ellen Marsh")
    collection = collections.create(owner=mara, name="Openers")
    collections.add(collection, [noon], actor=mara)
    for query, expected in (
        ({}, {"Dawn", "Noon"}),
        ({"tag": "launch"}, {"Dawn"}),
        ({"language": "de"}, {"Noon"}),
        ({"speaker": "Ellen Marsh"}, {"Dawn"}),
        ({"project": project.pk}, {"Dawn"}),
        ({"collection": collection.pk}, {"Noon"}),
        ({"q": "noo"}, {"Noon"}),
        ({"archived": "1"}, {"Put away"}),
        ({"status": "failed"}, set()),
        ({"project": "no id", "kind": "nonsense", "sort": "nonsense"}, {"Dawn", "Noon"}),
        ({"project": uuid.uuid4()}, set()),
    ):
        assert names(browser, **query) == expected, query
    page = browser.get("/library", {"tag": "launch", "language": "en"})
    chips = {(chip.name, chip.value): chip.href for chip in page.context["chips"]}
    assert chips == {("tag", "launch"): "?language=en", ("language", "English"): "?tag=launch"}
    facets = {facet.key: {choice.name: choice.count for choice in facet.choices} for facet in page.context["facets"]}
    assert facets["tag"] == {"launch": 1, "sea": 1}


def test_nobody_sees_another_house_in_lists_or_facets(browser: Browser) -> None:
    AssetFactory(title="Secret", tags=["lighthouse"], project=ProjectFactory(name="Elsewhere"))
    page = see(browser, "/library")
    assert not any(word in page for word in ("Secret", "lighthouse", "Elsewhere"))


def test_the_chosen_view_is_remembered(browser: Browser, mara: User) -> None:
    AssetFactory(owner=mara)
    assert browser.get("/library").context["view"] == "grid"
    browser.get("/library", {"view": "list"})
    assert browser.get("/library").context["view"] == "list"
    assert "<table" in see(browser, "/library")


@pytest.mark.parametrize("view", ["grid", "list"])
def test_a_page_of_the_library_costs_the_same_however_many_files(browser: Browser, mara: User, view: str) -> None:
    def grow(count: int) -> int:
        for number in range(count):
            project = ProjectFactory(owner=mara)
            asset = AssetFactory(
                owner=mara, project=project, tags=[f"tag {number}"], language="en", status="processing"
            )
            transcript_of(asset, "Words.").speakers.create(label="speaker_1", name=f"Person {number}")
            picture = AssetFactory(
                owner=mara, made_from=asset, purpose="poster", kind="image", content_type="image/jpeg"
            )
            assert picture.pk
            collections.create(owner=mara, name=f"Collection {project.pk}")
        with CaptureQueriesContext(connection) as queries:
            assert len(browser.get("/library", {"view": view}).context["cards"]) == min(
                20, Asset.objects.originals().count()
            )
        return len(queries)

    browser.get("/library")
    few = grow(1)
    assert grow(24) == few


@pytest.mark.parametrize("path", ["/library/files", "/library/collections"])
def test_lists_of_files_and_collections_cost_the_same_however_long(browser: Browser, mara: User, path: str) -> None:
    def grow(count: int) -> int:
        for _ in range(count):
            project = ProjectFactory(owner=mara)
            asset = AssetFactory(owner=mara, project=project)
            collections.add(collections.create(owner=mara, name=str(asset.pk), project=project), [asset], actor=mara)
        with CaptureQueriesContext(connection) as queries:
            browser.get(path)
        return len(queries)

    browser.get(path)
    few = grow(1)
    assert grow(19) == few


# ---- files come in without scripts


def test_a_file_of_a_form_becomes_an_asset(browser: Browser, mara: User) -> None:
    project = ProjectFactory(owner=mara)
    sent = {"file": SimpleUploadedFile("notes.txt", b"Shot list.", "text/plain"), "project": project.pk}
    answer = browser.post("/library/upload", sent)
    made = Asset.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/library/{made.pk}")
    assert (made.filename, made.kind, made.owner, made.project) == ("notes.txt", "document", mara, project)


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [("takes.zip", b"PK\x03\x04", 415), ("empty.txt", b"", 422), ("film.mp4", b"no film", 415)],
)
def test_what_the_library_does_not_take_is_refused_beside_the_field(
    browser: Browser, name: str, content: bytes, status: int
) -> None:
    answer = browser.post("/library/upload", {"file": SimpleUploadedFile(name, content, "")})
    assert answer.status_code == status
    assert answer.context["form"].errors
    assert not Asset.objects.exists()


def test_an_address_is_fetched(browser: Browser) -> None:
    answer = browser.post("/library/import", {"url": "https://footage.example/takes/dawn.mp4"})
    assert answer.status_code == 302
    assert "Being fetched" in see(browser, "/library")
    Intake.objects.update(status="refused", problem="The address does not answer.")
    assert "The address does not answer." in see(browser, "/library")
    assert browser.post("/library/import", {"url": "no address"}).status_code == 422
    assert browser.post("/library/import", {"url": "https://footage.example/takes.zip"}).status_code == 415


# ---- several at once


def test_several_are_archived_and_the_message_takes_it_back(browser: Browser, mara: User) -> None:
    dawn, noon = AssetFactory(owner=mara), AssetFactory(owner=mara)
    answer = browser.post("/library/bulk", {"act": "archive", "ids": [dawn.pk, noon.pk], "back": "/library?tag=x"})
    assert answer.headers["Location"] == "/library?tag=x"
    assert Asset.objects.live().count() == 0
    page = see(browser, "/library")
    assert "Archived 2 files." in page
    assert 'action="/library/undo"' in page
    browser.post("/library/undo")
    assert Asset.objects.live().count() == 2
    assert "nothing to take back" in browser.post("/library/undo", follow=True).content.decode()


def test_several_are_tagged_collected_and_moved(browser: Browser, mara: User) -> None:
    asset, project = AssetFactory(owner=mara, tags=["sea"]), ProjectFactory(owner=mara)
    collection = collections.create(owner=mara, name="Openers")
    browser.post("/library/bulk", {"act": "tag", "ids": [asset.pk], "tags": "launch, Sea"})
    browser.post("/library/bulk", {"act": "collect", "ids": [asset.pk], "collection": collection.pk})
    browser.post("/library/bulk", {"act": "move", "ids": [asset.pk], "project": project.pk})
    asset.refresh_from_db()
    assert (asset.tags, asset.project) == (["sea", "launch"], project)
    assert list(collection.assets.all()) == [asset]


def test_what_one_may_not_change_stays_and_the_message_says_why(mara: User) -> None:
    own, foreign = AssetFactory(owner=mara), AssetFactory()
    browser = Browser()
    browser.force_login(mara)
    page = browser.post("/library/bulk", {"act": "archive", "ids": [own.pk, foreign.pk]}, follow=True).content.decode()
    assert "Archived 1 file." in page
    assert "1 file stays as before" in page
    assert Asset.objects.live().get() == foreign


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_an_act_never_leads_to_another_site(browser: Browser, back: str) -> None:
    assert browser.post("/library/bulk", {"act": "archive", "back": back}).headers["Location"] == "/library"


# ---- collections and storage


def test_a_collection_is_made_renamed_filled_emptied_and_deleted(browser: Browser, mara: User) -> None:
    asset = AssetFactory(owner=mara, title="Dawn")
    browser.post("/library/collections", {"name": "Openers", "description": ""})
    collection = Collection.objects.get()
    assert browser.post("/library/collections", {"name": "openers"}).status_code == 409
    way = f"/library/collections/{collection.pk}"
    collections.add(collection, [asset], actor=mara)
    assert names(browser, way) == {"Dawn"}
    browser.post(way, {"name": "Endings", "description": "How it ends."})
    assert "Endings" in see(browser, way)
    assert browser.post(way, {"name": ""}).status_code == 422
    browser.post(f"{way}/take-out", {"ids": [asset.pk]})
    assert not collection.assets.exists()
    assert "Delete the collection “Endings”?" in see(browser, f"{way}/delete")
    browser.post(f"{way}/delete")
    assert not Collection.objects.exists()
    assert Asset.objects.get() == asset


def test_storage_shows_the_largest_first_and_deletes_after_one_question(browser: Browser, mara: User) -> None:
    small, large = (
        AssetFactory(owner=mara, content=b"x"),
        AssetFactory(owner=mara, title="Long take", content=b"x" * 90),
    )
    AssetFactory(title="Another's")
    page = browser.get("/library/files")
    assert [asset.pk for asset in page.context["page"]] == [large.pk, small.pk]
    assert page.context["usage"].used == 91
    question = browser.post("/library/files", {"ids": [large.pk]}).content.decode()
    assert "Delete “Long take” for good?" in question
    assert Asset.objects.filter(owner=mara).count() == 2
    browser.post("/library/files", {"ids": [large.pk], "sure": "yes"})
    assert Asset.objects.get(owner=mara) == small


def test_what_belongs_to_somebody_else_is_not_deleted_from_storage(browser: Browser) -> None:
    foreign = AssetFactory()
    browser.post("/library/files", {"ids": [foreign.pk], "sure": "yes"})
    assert Asset.objects.filter(pk=foreign.pk).exists()


def test_what_is_being_prepared_counts_as_running_work(browser: Browser, mara: User) -> None:
    assert browser.get("/jobs/running").content.strip() == b""
    AssetFactory(owner=mara, title="On its way", status="processing")
    AssetFactory(title="A stranger's", status="processing")
    page = see(browser, "/jobs/running")
    assert 'aria-label="Running work: 1"' in page
    assert "On its way" in page
    assert "stranger" not in page
