"""The page of a track's history, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import OrganizationFactory, UserFactory
from jobs import services
from jobs.models import Job
from jobs.tests.factories import JobFactory, give_captions
from media_library.media import webvtt
from media_library.models import TrackDraft, TrackVersion

LINES = [f"Line {number} of the film." for number in range(4)]

pytestmark = pytest.mark.django_db


def text_of(*lines: str, moved: int = 0) -> str:
    cues = [webvtt.Cue(at * 4000 + moved, at * 4000 + 3000 + moved, line) for at, line in enumerate(lines)]
    return webvtt.Document(blocks=list(cues)).write()


@pytest.fixture
def mara() -> Any:
    return UserFactory(role="production", name="Mara", house=OrganizationFactory())


@pytest.fixture
def job(mara: Any) -> Job:
    made: Job = JobFactory(created_by=mara, organization=mara.memberships.get().organization, languages=["es"])
    give_captions(made, text_of(*LINES))
    return made


@pytest.fixture
def page(job: Job) -> str:
    return f"/jobs/{job.pk}/tracks/en/captions/versions"


@pytest.fixture
def browser(mara: Any) -> Client:
    client = Client()
    client.force_login(mara)
    return client


def save(job: Job, mara: Any, *lines: str, base: int, moved: int = 0) -> None:
    content = text_of(*lines, moved=moved)
    services.save_track(job, language="en", kind="captions", content=content, author=mara, base_version=base)


def newest(job: Job) -> TrackVersion:
    return TrackVersion.objects.filter(track=job.outputs.get(is_source=True).captions).first()


def words_of(version: TrackVersion) -> list[str]:
    return [cue.text for cue in webvtt.parse(version.content).cues]


def html(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def test_a_first_version_stands_alone(browser: Client, page: str) -> None:
    shown = html(browser.get(page))
    assert "One version so far" in shown
    assert "Draft by an engine" in shown


def test_what_the_newest_version_changed_is_shown_word_by_word(browser: Client, page: str, job: Job, mara: Any) -> None:
    save(job, mara, LINES[0], "Line one of the film.", *LINES[2:], base=1)
    shown = html(browser.get(page))
    assert (
        '<del><span class="sr" lang="en">removed: </span>1</del><ins><span class="sr" lang="en">added: </span>one</ins>'
        in shown
    )
    assert "Mara" in shown
    assert "1 word added" in shown


def test_times_are_told_in_milliseconds_and_filtered(browser: Client, page: str, job: Job, mara: Any) -> None:
    save(job, mara, *LINES, base=1, moved=120)
    save(job, mara, "Other.", *LINES[1:], base=2, moved=120)
    shown = html(browser.get(f"{page}?from=1&to=3"))
    assert "start +120 ms, end +120 ms" in shown
    assert browser.get(f"{page}?from=1&to=3&show=text").context["page"].paginator.count == 1
    assert browser.get(f"{page}?from=1&to=3&show=timing").context["page"].paginator.count == 4
    assert "\u2212120 ms" in html(browser.get(f"{page}?from=3&to=1"))


def test_one_cue_is_put_back(browser: Client, page: str, job: Job, mara: Any) -> None:
    save(job, mara, "First.", LINES[1], "Third.", LINES[3], base=1)
    form = {"action": "restore_cue", "version": 1, "base_version": 2, "change": "modified", "cue_index": 2}
    answer = browser.post(page, form, follow=True)
    assert "Saved as version 3" in html(answer)
    assert words_of(newest(job)) == ["First.", *LINES[1:]]


def test_a_cue_that_went_comes_back_and_one_that_came_goes(browser: Client, page: str, job: Job, mara: Any) -> None:
    save(job, mara, *LINES[:3], base=1)
    form = {"action": "restore_cue", "version": 1, "base_version": 2, "change": "removed", "cue_index": 3}
    browser.post(page, form)
    assert words_of(newest(job)) == LINES
    form = {"action": "restore_cue", "version": 2, "base_version": 3, "change": "added", "cue_index": 3}
    browser.post(page, form)
    assert words_of(newest(job)) == LINES[:3]


def test_a_whole_version_is_restored(browser: Client, page: str, job: Job, mara: Any) -> None:
    save(job, mara, "Other.", base=1)
    answer = browser.post(page, {"action": "restore", "version": 1, "base_version": 2}, follow=True)
    assert "Version 1 is back, as version 3." in html(answer)
    assert (newest(job).source, words_of(newest(job))) == ("restore", LINES)


def test_a_page_that_is_old_restores_nothing(browser: Client, page: str, job: Job, mara: Any) -> None:
    save(job, mara, "Other.", base=1)
    answer = browser.post(page, {"action": "restore", "version": 1, "base_version": 1}, follow=True)
    assert "VTT was changed by someone else (current version 2)" in html(answer)
    assert newest(job).number == 2
    assert "This page was not complete" in html(browser.post(page, {"action": "restore"}, follow=True))
    assert browser.post(page, {"action": "dance"}).status_code == 404


def test_a_draft_is_saved_together_with_what_others_saved(browser: Client, page: str, job: Job, mara: Any) -> None:
    track = job.outputs.get(is_source=True).captions
    mine = text_of(*LINES[:3], "Mine.")
    draft = TrackDraft.objects.create(track=track, author=mara, base_version=1, content=mine)
    save(job, mara, "Theirs.", *LINES[1:], base=1)
    assert "Saved too late" in html(browser.get(page))
    browser.post(page, {"action": "save_draft", "draft": draft.pk})
    assert words_of(newest(job)) == ["Theirs.", *LINES[1:3], "Mine."]
    assert not TrackDraft.objects.exists()


def test_a_draft_with_a_conflict_waits_for_the_editor(browser: Client, page: str, job: Job, mara: Any) -> None:
    track = job.outputs.get(is_source=True).captions
    content = text_of("Mine.", *LINES[1:])
    draft = TrackDraft.objects.create(track=track, author=mara, base_version=1, content=content)
    save(job, mara, "Theirs.", *LINES[1:], base=1)
    answer = browser.post(page, {"action": "save_draft", "draft": draft.pk}, follow=True)
    assert "1 cue of this draft was changed by others too" in html(answer)
    assert newest(job).number == 2
    browser.post(page, {"action": "discard_draft", "draft": draft.pk})
    assert not TrackDraft.objects.exists()


def test_hostile_text_is_shown_as_text(browser: Client, page: str, job: Job, mara: Any) -> None:
    save(job, mara, "<script>alert(1)</script>", *LINES[1:], base=1)
    shown = html(browser.get(page))
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_readers_see_the_history_and_no_buttons(page: str, job: Job, mara: Any) -> None:
    save(job, mara, "Other.", base=1)
    reader = Client()
    reader.force_login(UserFactory(role="project_manager", house=job.organization))
    assert 'value="restore' not in html(reader.get(page))
    assert reader.post(page, {"action": "restore", "version": 1, "base_version": 2}).status_code == 403
    stranger = Client()
    stranger.force_login(UserFactory(role="production", house=OrganizationFactory()))
    assert stranger.get(page).status_code == 404


@pytest.mark.parametrize("query", ["from=9", "to=9", "from=0&to=x", "show=nothing&page=99&versions=99"])
def test_a_wrong_address_shows_what_there_is_or_says_not_found(
    browser: Client, page: str, job: Job, mara: Any, query: str
) -> None:
    save(job, mara, "Other.", base=1)
    assert browser.get(f"{page}?{query}").status_code in {200, 404}


def test_the_page_costs_the_same_however_many_versions(browser: Client, page: str, job: Job, mara: Any) -> None:
    save(job, mara, "Take 1", base=1)
    browser.get(page)
    with CaptureQueriesContext(connection) as few:
        browser.get(page)
    for number in range(2, 9):
        save(job, mara, f"Take {number}", base=number)
    with CaptureQueriesContext(connection) as many:
        browser.get(page)
    assert len(many) == len(few)
