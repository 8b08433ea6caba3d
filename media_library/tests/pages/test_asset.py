"""The page of one file: to watch, to describe, to put where it belongs, to put away, without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, ProjectFactory, UserFactory
from core.runs.models import Run
from media_library.models import Asset, ClipFile, Passage, Suggestion
from media_library.services import collections, ingestion, save_machine_version
from media_library.services.tracks import open_track
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db

R = User.Role


@pytest.fixture
def mara() -> User:
    return UserFactory(name="Mara", house=OrganizationFactory(name="Northlight"))


@pytest.fixture
def browser(mara: User) -> Browser:
    browser = Browser()
    browser.force_login(mara)
    return browser


@pytest.fixture
def film(mara: User) -> Asset:
    return AssetFactory(owner=mara, title="Dawn on the pad", tags=["sea"])


def see(browser: Browser, asset: Asset, **query: Any) -> str:
    answer = browser.get(f"/library/{asset.pk}", query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_a_film_is_played_from_the_moment_that_the_address_names(browser: Browser, film: Asset) -> None:
    transcript_of(film, "The harbour lights went on.")
    page = see(browser, film, t="2.5")
    assert '<media-player class="player-box" data-fps="25.0" data-start="2.5">' in page
    assert "#t=2.5" in page
    for nonsense in ("x", "nan", "-3", "1e999"):
        assert '<media-player class="player-box" data-fps="25.0">' in see(browser, film, t=nonsense)


def test_what_was_heard_stands_in_for_captions_until_there_are_some(browser: Browser, film: Asset) -> None:
    transcript_of(film, "The harbour lights went on.")
    way = reverse("media_library:asset_captions", args=[film.pk, "en"])
    assert way in see(browser, film)
    heard = browser.get(way)
    assert heard.headers["Content-Type"].startswith("text/vtt")
    assert "harbour lights" in heard.content.decode()
    written = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHarbour lights.\n"
    save_machine_version(open_track(film, kind="captions", language="en"), written, engine="test")
    assert "Harbour lights." in browser.get(way).content.decode()
    assert browser.get(way.replace("en.vtt", "fi.vtt")).status_code == 404


def test_title_description_and_tags_are_written_in_place(browser: Browser, film: Asset) -> None:
    way = f"/library/{film.pk}/details"
    answer = browser.post(way, {"title": "First light", "description": "The pad.", "tags": "sea, Launch"})
    assert answer.headers["Location"] == f"/library/{film.pk}"
    film.refresh_from_db()
    assert (film.title, film.description, film.tags) == ("First light", "The pad.", ["sea", "Launch"])
    too_many = ",".join(str(number) for number in range(30))
    refused = browser.post(way, {"title": "Kept", "description": "", "tags": too_many})
    assert refused.status_code == 422
    assert "Kept" in refused.content.decode()
    part = browser.post(way, {"title": "Noon", "description": "", "tags": ""}, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert part.content.decode().startswith('<section class="panel" id="about"')


def test_it_goes_into_a_project_and_collections_and_out_again(browser: Browser, film: Asset, mara: User) -> None:
    project, collection = ProjectFactory(owner=mara), collections.create(owner=mara, name="Openers")
    browser.post(f"/library/{film.pk}/place", {"project": project.pk})
    film.refresh_from_db()
    assert film.project == project
    browser.post(f"/library/{film.pk}/collect", {"collection": collection.pk, "act": "add"})
    assert "Openers" in see(browser, film)
    browser.post(f"/library/{film.pk}/collect", {"collection": collection.pk, "act": "remove"})
    assert not collection.assets.exists()
    assert browser.post(f"/library/{film.pk}/collect", {"collection": "no id"}).status_code == 404


def test_archiving_offers_its_undo_and_restoring_brings_it_back(browser: Browser, film: Asset) -> None:
    page = browser.post(f"/library/{film.pk}/archive", follow=True).content.decode()
    assert "“Dawn on the pad” is archived." in page
    assert 'action="/library/undo"' in page
    film.refresh_from_db()
    assert film.archived_at
    browser.post(f"/library/{film.pk}/restore")
    film.refresh_from_db()
    assert film.archived_at is None


def test_it_is_deleted_for_good_after_one_question_that_names_it(browser: Browser, film: Asset) -> None:
    question = browser.get(f"/library/{film.pk}/delete").content.decode()
    assert "Delete “Dawn on the pad” for good?" in question
    browser.post(f"/library/{film.pk}/delete")
    assert not Asset.objects.filter(pk=film.pk).exists()


def test_what_an_engine_suggests_is_taken_in_parts_or_dismissed(browser: Browser, film: Asset) -> None:
    def suggest() -> Suggestion:
        content = {"title": "Harbour", "description": "Lights go on.", "tags": ["harbour"]}
        return Suggestion.objects.create(asset=film, kind="metadata", engine="local:extract", content=content)

    first = suggest()
    page = see(browser, film)
    assert "Lights go on." in page
    browser.post(f"/library/{film.pk}/suggestions/{first.pk}", {"accept": ["description", "tags"], "act": "accept"})
    film.refresh_from_db()
    assert (film.title, film.description, film.tags) == ("Dawn on the pad", "Lights go on.", ["sea", "harbour"])
    second = suggest()
    browser.post(f"/library/{film.pk}/suggestions/{second.pk}", {"accept": ["title"], "act": "dismiss"})
    film.refresh_from_db()
    second.refresh_from_db()
    assert (film.title, second.status) == ("Dawn on the pad", "dismissed")
    again = browser.post(f"/library/{film.pk}/suggestions/{second.pk}", {"accept": ["title"]}, follow=True)
    assert "decided on already" in again.content.decode()


def test_a_new_version_goes_on_top(browser: Browser, mara: User) -> None:
    first = AssetFactory(owner=mara, kind="document", filename="list.txt", content_type="text/plain", duration=None)
    sent = {"file": SimpleUploadedFile("list 2.txt", b"Shot list, second.", "text/plain")}
    answer = browser.post(f"/library/{first.pk}/versions", sent)
    newest = Asset.objects.get(previous=first)
    assert answer.headers["Location"] == f"/library/{newest.pk}"
    assert "Version 2 is the newest" in see(browser, first)
    wrong = browser.post(f"/library/{first.pk}/versions", {"file": SimpleUploadedFile("a.mp4", b"x", "video/mp4")})
    assert wrong.status_code >= 400
    assert Asset.objects.originals().filter(owner=mara).get() == newest


def test_a_failed_preparation_says_why_and_is_tried_again_or_stopped(browser: Browser, film: Asset, mara: User) -> None:
    run = ingestion.start(film, by=mara)
    Asset.objects.filter(pk=film.pk).update(status="processing")
    assert "Being prepared" in see(browser, film)
    browser.post(f"/library/{film.pk}/prepare", {"act": "cancel"})
    run.refresh_from_db()
    assert run.status in {Run.Status.CANCELLING, Run.Status.CANCELLED}
    Asset.objects.filter(pk=film.pk).update(status="failed", problem="There is no picture in this file.")
    page = see(browser, film)
    assert "There is no picture in this file." in page
    assert "Try again" in page


def test_the_same_bytes_elsewhere_are_told_and_those_of_strangers_are_not(browser: Browser, mara: User) -> None:
    one = AssetFactory(owner=mara, title="Take 1", content=b"the very same")
    AssetFactory(owner=mara, title="Take 1 again", content=b"the very same")
    AssetFactory(title="A stranger's", content=b"the very same")
    page = see(browser, one)
    assert "Take 1 again" in page
    assert "A stranger" not in page


def test_a_clip_is_ordered_kept_apart_from_wrong_ranges(browser: Browser, film: Asset) -> None:
    way = f"/library/{film.pk}/clips"
    answer = browser.post(way, {"start": "1", "end": "00:00:03.5", "format": "mp4", "act": "download"})
    assert answer.headers["Location"] == f"/library/{film.pk}#clips"
    clip = ClipFile.objects.get()
    assert (clip.start_ms, clip.end_ms, clip.format) == (1000, 3500, "mp4")
    assert "Being cut" in see(browser, film)
    for start, end in (("3", "1"), ("nan", "4"), ("0", "99"), ("x", "y"), ("", "")):
        answer = browser.post(way, {"start": start, "end": end, "format": "mp4", "act": "download"})
        assert answer.status_code in {400, 422}
        assert answer.context["clip_form"].errors
    assert ClipFile.objects.count() == 1
    kept = browser.post(way, {"start": "1", "end": "3", "format": "mp4", "act": "keep", "title": "Two seconds"})
    made = Asset.objects.get(cut_from=film)
    assert (kept.headers["Location"], made.title) == (f"/library/{made.pk}", "Two seconds")


@pytest.mark.parametrize(
    ("kind", "filename", "content_type", "expected"),
    [
        ("audio", "room.wav", "audio/wav", "player-box--sound"),
        ("document", "notes.txt", "text/plain", "bytes of"),
        ("caption", "film.srt", "application/x-subrip", "bytes of"),
        ("document", "brief.pdf", "application/pdf", "What the brief says."),
        ("image", "board.png", "image/png", "cannot be shown here"),
    ],
)
def test_every_kind_has_a_fitting_page(
    browser: Browser, mara: User, kind: str, filename: str, content_type: str, expected: str
) -> None:
    length = 4.0 if kind == "audio" else None
    asset = AssetFactory(owner=mara, kind=kind, filename=filename, content_type=content_type, duration=length)
    if kind == "document":
        Passage.objects.create(asset=asset, kind="document", text="What the brief says.")
    assert expected in see(browser, asset)


def test_the_original_is_downloaded_as_it_was_brought(browser: Browser, film: Asset) -> None:
    link = browser.get(f"/library/{film.pk}/file").headers["Location"]
    assert link.startswith("/files/")
    assert Browser().get(link).headers["Content-Disposition"].startswith("attachment")


def test_who_only_looks_finds_nothing_to_press(film: Asset) -> None:
    house = OrganizationFactory()
    Asset.objects.filter(pk=film.pk).update(organization=house)
    browser = Browser()
    browser.force_login(UserFactory(role=R.CLIENT, house=house))
    page = see(browser, film)
    assert "You may look at this, not change it." in page
    for missing in ("/archive", "/delete", "/details", "/versions", "/place"):
        assert f"{film.pk}{missing}" not in page


def test_a_page_with_much_on_it_costs_no_query_for_each(
    browser: Browser, film: Asset, mara: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        collections.add(collections.create(owner=mara, name=f"C {number}"), [film], actor=mara)
        ClipFile.objects.create(asset=film, start_ms=number, end_ms=number + 5, format="mp4")
    transcript_of(film, *(f"Line {number}." for number in range(40)))
    see(browser, film)
    with django_assert_max_num_queries(60):
        see(browser, film)


def test_what_could_not_be_found_out_is_said_and_can_be_tried_again(browser: Browser, film: Asset) -> None:
    Asset.objects.filter(pk=film.pk).update(
        technical={"notes": {"describe": "The engine that looks is not installed."}}
    )
    page = see(browser, film)
    assert "The engine that looks is not installed." in page
    assert f'action="/library/{film.pk}/prepare"' in page
    assert browser.post(f"/library/{film.pk}/prepare", {"act": "retry"}).status_code == 302
    assert Run.objects.get(kind=ingestion.KIND, subject_id=film.pk).status == Run.Status.RUNNING
