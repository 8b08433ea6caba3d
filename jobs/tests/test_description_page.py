"""The page on which it is decided how a description is heard, and the lines that players speak."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.runs.models import Step
from jobs import services
from jobs.models import Job, PausePoint
from jobs.tests.factories import JobFactory, give_timetable
from media_library import services as library
from media_library.models import Segment, Track, Transcript

pytestmark = pytest.mark.django_db
DESCRIPTION = "WEBVTT\n\n00:00:10.500 --> 00:00:11.500\n{}\n"


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory()


@pytest.fixture
def producer(house: Organization) -> User:
    return UserFactory(role=User.Role.PRODUCTION, house=house)


@pytest.fixture
def job(house: Organization, producer: User) -> Job:
    job = JobFactory(organization=house, created_by=producer, status=Job.Status.PENDING_FINAL_REVIEW)
    job.source.duration = 30.0
    job.source.save()
    return job


@pytest.fixture
def desk(producer: User) -> Client:
    client = Client()
    client.force_login(producer)
    return client


def speak_from(job: Job, *spans: tuple[float, float]) -> None:
    """Somebody speaks without a breath in these seconds."""
    transcript = Transcript.objects.create(asset=job.source, language="en")
    for position, (start, end) in enumerate(spans):
        words = [{"word": "so", "start": start, "end": end}]
        Segment.objects.create(transcript=transcript, position=position, start=start, end=end, text="so", words=words)


def describe(job: Job, text: str) -> None:
    output = job.outputs.get(language="en")
    output.description = library.open_track(job.source, kind=Track.Kind.AUDIO_DESCRIPTION, language="en")
    output.save(update_fields=["description"])
    library.save_machine_version(output.description, DESCRIPTION.format(text), engine="test")


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("A woman in a long red coat comes in and looks around.", "extended"),
        ("A woman enters.", "inline"),
    ],
)
def test_a_line_is_measured_against_its_gap(job: Job, text: str, mode: str) -> None:
    speak_from(job, (0, 10), (12, 30))
    describe(job, text)
    fit = services.fit(job)
    assert [(gap.start, gap.end, gap.words) for gap in fit.gaps] == [(10.0, 12.0, 4)]
    assert [(line.mode, line.budget) for line in fit.lines] == [(mode, 4)]
    assert fit.recommendation == ("standard" if mode == "inline" else "extended")


@pytest.mark.parametrize(
    ("spans", "recommended"),
    [([(0, 30)], "extended"), ([(0, 3)], "standard"), ([(0, 24)], "uncertain")],
)
def test_before_anything_is_written_the_silences_tell(
    job: Job, spans: list[tuple[float, float]], recommended: str
) -> None:
    speak_from(job, *spans)
    assert services.fit(job).recommendation == recommended


def test_the_page_shows_lines_holds_and_the_advice(desk: Client, job: Job) -> None:
    give_timetable(job)
    page = desk.get(f"/jobs/{job.pk}/description/en").content.decode()
    assert "Line 2." in page
    assert 'value="00:00:12.000"' in page
    assert "Recommended:" in page
    assert "Make the film again" in page


def test_the_page_of_a_job_without_lines_says_what_it_is_for(desk: Client, job: Job) -> None:
    page = desk.get(f"/jobs/{job.pk}/description/en")
    assert page.status_code == 200
    assert b"Nothing is described yet" in page.content


def test_a_hold_is_moved_with_the_form_and_a_wrong_time_is_told(desk: Client, job: Job) -> None:
    give_timetable(job)
    address = f"/jobs/{job.pk}/description/en"
    sent = {"act": "move", "cue_index": "2", "at": "00:00:11.500"}
    assert desk.post(address, sent).status_code == 302
    assert PausePoint.objects.get().at == 11.5
    for at in ("soon", "99", "-1", "1:2:3:4", "nan"):
        answer = desk.post(address, {**sent, "at": at})
        assert answer.status_code == 409
        assert b'role="alert"' in answer.content
    assert PausePoint.objects.get().at == 11.5


def test_players_get_each_line_where_it_is_wanted_with_its_sound(desk: Client, job: Job) -> None:
    give_timetable(job)
    step = Step.objects.get(run=job.run, name="place")
    step.result["lines"][0]["sound"] = {"key": "runs/line-0.wav", "size": 1, "sha256": ""}
    step.save()
    desk.post(f"/jobs/{job.pk}/description/en", {"act": "move", "cue_index": "2", "at": "11.5"})
    body = desk.get(f"/jobs/{job.pk}/description/en.json").json()
    assert [(line["index"], line["start"], line["mode"]) for line in body["lines"]] == [
        (0, 4.0, "extended"),
        (1, 8.0, "inline"),
        (2, 11.5, "extended"),
    ]
    assert body["lines"][0]["url"].startswith("/files/")
    assert body["lines"][1]["url"] is None
    assert body["voiced"] is True


def test_before_it_is_spoken_players_get_the_words(desk: Client, job: Job) -> None:
    speak_from(job, (0, 10), (12, 30))
    describe(job, "A woman in a long red coat comes in.")
    body = desk.get(f"/jobs/{job.pk}/description/en.json").json()
    assert body["voiced"] is False
    assert [(line["text"], line["mode"], line["url"]) for line in body["lines"]] == [
        ("A woman in a long red coat comes in.", "extended", None)
    ]


def test_the_lines_cost_the_same_however_many_there_are(desk: Client, job: Job) -> None:
    give_timetable(job)
    address = f"/jobs/{job.pk}/description/en.json"
    desk.get(address)
    with CaptureQueriesContext(connection) as few:
        desk.get(address)
    step = Step.objects.get(run=job.run, name="place")
    line = step.result["lines"][1]
    step.result["lines"] += [{**line, "index": 10 + n, "start": 13.0 + n / 10} for n in range(20)]
    step.save()
    with CaptureQueriesContext(connection) as many:
        desk.get(address)
    assert len(many) == len(few)


def test_a_linguist_of_another_language_neither_reads_nor_moves(house: Organization, job: Job) -> None:
    give_timetable(job)
    linguist = UserFactory(role=User.Role.LINGUIST, house=house)
    client = Client()
    client.force_login(linguist)
    assert client.get(f"/jobs/{job.pk}/description/en").status_code == 404


def test_a_guest_with_a_link_hears_the_lines_too(desk: Client, job: Job) -> None:
    give_timetable(job)
    describe(job, "A woman enters.")
    made = desk.post(f"/api/v1/share/jobs/{job.pk}/share", {}, content_type="application/json").json()
    guest = Client()
    page = guest.get(f"/s/{made['token']}")
    address = f"/s/{made['token']}/description/en.json"
    assert address in page.content.decode()
    assert [line["index"] for line in guest.get(address).json()["lines"]] == [0, 1, 2]
    assert guest.get("/s/no-such-token/description/en.json").status_code == 404
