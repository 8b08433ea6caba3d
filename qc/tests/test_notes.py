"""Notes on the picture, on the review page and over JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Notification, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from jobs.models import Job
from jobs.tests.factories import AssetFactory, JobFactory
from media_library.models import Asset
from qc.models import ReviewNote

pytestmark = pytest.mark.django_db


@pytest.fixture
def pia() -> User:
    return UserFactory(role="production", house=OrganizationFactory(), name="Pia")


@pytest.fixture
def job(pia: User) -> Job:
    job = JobFactory(organization_id=pia.houses_as("production")[0], created_by=pia, title="=Launch", languages=["es"])
    Asset.objects.filter(pk=job.source_id).update(duration=10, technical={"fps": 25})
    return job


@pytest.fixture
def browser(pia: User) -> Browser:
    browser = Browser()
    browser.force_login(pia)
    return browser


def say(browser: Browser, job: Job, **note: Any) -> Any:
    body = {"timestamp_seconds": 2.52, "body": "Here.", **note}
    return browser.post(f"/api/v1/jobs/{job.pk}/review-notes", body, content_type="application/json")


def test_a_note_knows_its_frame(browser: Browser, job: Job) -> None:
    made = say(browser, job).json()
    assert (made["frame"], made["timestamp_seconds"]) == (63, 2.52)


def test_a_note_may_lie_in_the_longer_film_with_its_pauses(browser: Browser, job: Job) -> None:
    job.outputs.filter(language="es").update(accessible_video=AssetFactory(duration=14))
    inside = say(browser, job, timestamp_seconds=13, asset="accessible_video_mp4", language="es")
    outside = say(browser, job, timestamp_seconds=13, asset="source_video")
    assert (inside.status_code, outside.status_code) == (201, 400)
    assert outside.json() == {"detail": "Timestamp beyond video duration"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"timestamp_seconds": -1},
        {"timestamp_seconds": "soon"},
        {"body": ""},
        {"asset": "poster"},
        {"drawing": [{"points": [[2, 0]]}]},
        {"drawing": [{"points": []}]},
        {"drawing": ["line"]},
        {"until_seconds": 1},
    ],
)
def test_what_is_no_note_is_refused(browser: Browser, job: Job, wrong: dict[str, Any]) -> None:
    assert say(browser, job, **wrong).status_code == 422
    assert not ReviewNote.objects.exists()


def test_a_language_of_another_job_is_refused(browser: Browser, job: Job) -> None:
    assert say(browser, job, language="de").json() == {"detail": "Language not found on this job"}


def test_a_drawing_comes_back_as_it_was(browser: Browser, job: Job) -> None:
    strokes = [{"colour": "2", "width": 0.006, "points": [[0.1, 0.2], [0.5, 0.75]]}]
    assert say(browser, job, drawing=strokes).json()["drawing"] == strokes


def test_answers_hang_on_the_note_itself(browser: Browser, job: Job) -> None:
    first = say(browser, job).json()
    second = say(browser, job, body="Yes.", parent_id=first["id"]).json()
    third = say(browser, job, body="No.", parent_id=second["id"]).json()
    assert third["parent_id"] == first["id"]
    other = JobFactory(organization=job.organization, created_by=job.created_by)
    assert say(browser, other, parent_id=first["id"]).status_code == 404


def test_a_note_of_one_job_is_not_found_under_another(browser: Browser, job: Job) -> None:
    note = say(browser, job).json()
    other = JobFactory(organization=job.organization, created_by=job.created_by)
    for method in (browser.get, browser.patch, browser.delete):
        answer = method(f"/api/v1/jobs/{other.pk}/review-notes/{note['id']}", {}, content_type="application/json")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Review note not found"})


def test_clients_do_not_see_what_is_for_the_house(browser: Browser, job: Job, pia: User) -> None:
    person = UserFactory(role="client")
    client = ClientFactory(organization=job.organization, person=person)
    person.memberships.create(organization=job.organization)
    Job.objects.filter(pk=job.pk).update(client=client)
    say(browser, job, body="Ours.", internal=True)
    say(browser, job, body="Theirs.")
    theirs = Browser()
    theirs.force_login(person)
    found = theirs.get(f"/api/v1/jobs/{job.pk}/review-notes").json()
    assert [one["body"] for one in found["items"]] == ["Theirs."]
    assert say(theirs, job, internal=True).status_code == 403
    assert "Ours." not in theirs.get(f"/jobs/{job.pk}/review").content.decode()


def test_production_settles_a_note_and_does_not_rewrite_it(browser: Browser, job: Job) -> None:
    note = ReviewNote.objects.create(job=job, timestamp=1, body="Old.", author=UserFactory())
    url = f"/api/v1/jobs/{job.pk}/review-notes/{note.pk}"
    assert browser.patch(url, {"resolved": True}, content_type="application/json").json()["resolved"] is True
    assert browser.patch(url, {"body": "New."}, content_type="application/json").status_code == 403
    assert ReviewNote.objects.get().body == "Old."


def test_the_review_page_takes_a_note_an_answer_and_settles_it(browser: Browser, job: Job) -> None:
    browser.post(f"/jobs/{job.pk}/review/notes", {"body": "The logo.", "at": "1.2", "drawing": "[]"})
    note = ReviewNote.objects.get()
    browser.post(f"/jobs/{job.pk}/review/notes", {"body": "Which?", "parent": str(note.pk)})
    browser.post(f"/jobs/{job.pk}/review/notes/{note.pk}", {"do": "resolve"})
    page = browser.get(f"/jobs/{job.pk}/review").content.decode()
    assert "Which?" in page
    assert "1 note, 0 open" in page
    assert "The logo." not in browser.get(f"/jobs/{job.pk}/review?show=open").content.decode()


def test_a_refused_note_stays_in_the_form(browser: Browser, job: Job) -> None:
    page = browser.post(f"/jobs/{job.pk}/review/notes", {"body": "Far out.", "at": "99"})
    assert page.status_code == 400
    assert "Far out." in page.content.decode()
    assert "Timestamp beyond video duration" in page.content.decode()


def test_notes_go_along_as_a_table_and_as_markers(browser: Browser, job: Job) -> None:
    say(browser, job, body="=HYPERLINK()")
    table = browser.get(f"/jobs/{job.pk}/review/notes.csv").content.decode("utf-8-sig")
    assert "00:00:02:13,63,2.52" in table
    assert "'=HYPERLINK()" in table
    markers = browser.get(f"/jobs/{job.pk}/review/notes.edl").content.decode()
    assert "00:00:02:13 00:00:02:14 00:00:02:13 00:00:02:14" in markers
    assert "* LOC: 00:00:02:13 RED     Pia: =HYPERLINK()" in markers
    assert browser.get(f"/jobs/{job.pk}/review/notes.pdf").status_code == 404


def test_whoever_is_answered_hears_of_it(browser: Browser, job: Job) -> None:
    author = UserFactory(role="production", house=job.organization)
    note = ReviewNote.objects.create(job=job, timestamp=1, body="Old.", author=author)
    say(browser, job, body="Mended.", parent_id=str(note.pk))
    assert Notification.objects.get(user=author).url.startswith(f"/jobs/{job.pk}/review#note-")


def test_the_list_costs_the_same_for_one_note_and_for_twenty(
    browser: Browser, job: Job, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        ReviewNote.objects.create(job=job, timestamp=n / 4, body="Here.", author=UserFactory())
    with django_assert_max_num_queries(12):
        assert browser.get(f"/api/v1/jobs/{job.pk}/review-notes").json()["total"] == 20
    with django_assert_max_num_queries(30):
        assert browser.get(f"/jobs/{job.pk}/review").status_code == 200
