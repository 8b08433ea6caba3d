"""Pause points over the API: who moves them, where to, and what that makes of the film."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.models import AuditEvent
from core.runs.models import Step
from jobs.models import Job, LanguageOutput, PausePoint
from jobs.services import chapters_vtt
from jobs.tests.factories import AssetFactory, JobFactory, give_timetable

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory()


@pytest.fixture
def producer(house: Organization) -> User:
    return UserFactory(role=User.Role.PRODUCTION, house=house)


@pytest.fixture
def job(house: Organization, producer: User) -> Job:
    job = JobFactory(organization=house, created_by=producer, status=Job.Status.PENDING_FINAL_REVIEW)
    give_timetable(job)
    return job


@pytest.fixture
def desk(producer: User) -> Client:
    return signed_in(producer)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def state(client: Client, job: Job) -> dict[str, Any]:
    answer = client.get(f"/api/v1/jobs/{job.pk}/accessible-video/en/edit-state")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def move(client: Client, job: Job, cue: int, at: Any) -> Any:
    address = f"/api/v1/jobs/{job.pk}/accessible-video/en/pause-points/{cue}"
    return client.patch(address, {"timestamp": at}, content_type="application/json")


def test_the_state_tells_of_held_lines_in_order(desk: Client, job: Job) -> None:
    body = state(desk, job)
    assert [(point["cue_index"], point["timestamp"], point["edited"]) for point in body["pause_points"]] == [
        (0, 4.0, False),
        (2, 12.0, False),
    ]
    assert (body["duration"], body["needs_render"], body["render_status"], body["mode"]) == (
        20.0,
        False,
        "done",
        "extended",
    )


def test_a_moved_point_is_kept_and_makes_the_film_stale(desk: Client, job: Job) -> None:
    answer = move(desk, job, 2, 11.5)

    assert answer.status_code == 200, answer.content
    assert (answer.json()["timestamp"], answer.json()["original_timestamp"], answer.json()["edited"]) == (
        11.5,
        12.0,
        True,
    )
    body = state(desk, job)
    assert (body["needs_render"], body["render_status"], body["pause_points"][1]["stale"]) == (True, "stale", True)
    assert AuditEvent.objects.get(action="jobs.pause_point.move").details["at"] == 11.5


def test_a_point_that_is_put_back_is_no_longer_edited(desk: Client, job: Job) -> None:
    move(desk, job, 2, 11.5)
    assert move(desk, job, 2, 12.0).json()["edited"] is False
    assert not PausePoint.objects.exists()


@pytest.mark.parametrize("at", [3.5, 20.5, 1e9])
def test_a_point_passes_neither_its_neighbour_nor_the_end(desk: Client, job: Job, at: float) -> None:
    answer = move(desk, job, 2, at)
    assert (answer.status_code, answer.json()) == (400, {"detail": "Pause point must stay between its neighbours"})


def test_a_neighbour_is_where_it_was_moved_to(desk: Client, job: Job) -> None:
    assert move(desk, job, 0, 11.0).status_code == 200
    assert move(desk, job, 2, 10.0).status_code == 400


@pytest.mark.parametrize("at", [-1, "soon", None, "nan", "inf", True])
def test_nonsense_is_no_time(desk: Client, job: Job, at: Any) -> None:
    assert move(desk, job, 2, at).status_code == 422


def test_a_line_that_holds_nothing_has_no_point(desk: Client, job: Job) -> None:
    for cue in (1, 77):
        answer = move(desk, job, cue, 5.0)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Cue not found"})


def test_a_finished_job_is_read_only(desk: Client, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(status=Job.Status.COMPLETED)
    answer = move(desk, job, 2, 11.5)
    assert (answer.status_code, answer.json()) == (409, {"detail": "Job is read-only"})


def test_a_move_is_meant_for_the_words_it_was_made_for(desk: Client, job: Job) -> None:
    move(desk, job, 2, 11.5)
    step = Step.objects.get(run=job.run, name="place")
    step.result["lines"][2]["text"] = "Something else."
    step.save()
    assert state(desk, job)["pause_points"][1]["edited"] is False


@pytest.mark.parametrize(
    ("role", "status"), [("client", 403), ("project_manager", 403), ("linguist", 404), ("production", 200)]
)
def test_who_moves_points(house: Organization, job: Job, role: str, status: int) -> None:
    assert move(signed_in(UserFactory(role=role, house=house)), job, 2, 11.5).status_code == status


def test_the_linguist_moves_points_of_their_own_language(house: Organization, job: Job) -> None:
    linguist = UserFactory(role=User.Role.LINGUIST, house=house)
    review = job.outputs.get(language="en").review
    review.linguist, review.state = linguist, "in_progress"
    review.save()
    assert move(signed_in(linguist), job, 2, 11.5).status_code == 200
    review.state = "approved"
    review.save()
    assert move(signed_in(linguist), job, 2, 11.6).status_code == 409


def test_rendering_again_makes_only_the_film_anew(desk: Client, job: Job) -> None:
    move(desk, job, 2, 11.5)
    answer = desk.post(f"/api/v1/jobs/{job.pk}/accessible-video/en/render")
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "tts_generating"
    begun = {step.name: step.status for step in Step.objects.filter(run=job.run)}
    assert begun["speak"] == "done"
    assert begun["place"] == "queued"
    assert begun["mix"] == begun["render"] == begun["validate"] == begun["final_review"] == "pending"


def test_a_film_that_is_being_made_is_not_begun_twice(desk: Client, job: Job) -> None:
    desk.post(f"/api/v1/jobs/{job.pk}/accessible-video/en/render")
    assert desk.post(f"/api/v1/jobs/{job.pk}/accessible-video/en/render").status_code == 409


def test_another_way_of_describing_makes_the_film_stale(desk: Client, job: Job) -> None:
    address = f"/api/v1/jobs/{job.pk}/languages/en/description"
    answer = desk.patch(address, {"mode": "both"}, content_type="application/json")
    assert answer.json() == {"language": "en", "mode": "both", "render_status": "stale"}
    assert LanguageOutput.objects.get(job=job).description_mode == "both"
    assert desk.patch(address, {"mode": "loud"}, content_type="application/json").status_code == 422


def test_chapters_are_moved_along_with_the_holds(job: Job) -> None:
    job.source.chapters = [
        {"start": 0.0, "end": 12.0, "title": "Before & after"},
        {"start": 12.0, "end": 20.0, "title": "The sea"},
    ]
    output = job.outputs.get(language="en")
    output.job = job
    output.accessible_video = AssetFactory(technical={"pauses": [(4.0, 3.76), (12.0, 3.76)]})
    text = chapters_vtt(output)
    assert text is not None
    assert "00:00:00.000 --> 00:00:15.760\nBefore &amp; after" in text
    assert "00:00:15.760 --> 00:00:27.520\nThe sea" in text
    job.source.chapters = []
    assert chapters_vtt(output) is None


def test_the_state_says_when_it_was_changed(desk: Client, job: Job) -> None:
    before = timezone.now().isoformat()
    move(desk, job, 2, 11.5)
    assert state(desk, job)["updated_at"] > before[:19]
