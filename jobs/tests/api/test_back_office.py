"""The admin's routes to figures, health, and jobs that are stuck."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from core.models import AuditEvent
from core.rest import condition
from core.runs import services as runs
from core.runs import worker
from core.runs.models import Run, Step
from core.testing.contract import differences, document, endpoint
from core.testing.providers import ProviderServer
from jobs import services, workflows
from jobs.models import Job, LanguageOutput
from jobs.services import Requested
from jobs.tests import working
from jobs.tests.factories import JobFactory, give_captions
from jobs.tests.working import approve, attempts, output, paid, steps, submit, text, trail, work
from media_library import services as library
from media_library.models import Track
from qc.models import LanguageReview

pytestmark = pytest.mark.django_db

ADMIN = "/api/v1/admin"
R, S = User.Role, Job.Status
NOBODY = uuid.UUID("00000000-0000-4000-8000-000000000000")
ROUTES = {
    "stats": ("get", f"{ADMIN}/stats"),
    "jobs.stats": ("get", f"{ADMIN}/jobs/stats"),
    "health.detailed": ("get", f"{ADMIN}/health/detailed"),
    "maintenance.reprocess_job": ("post", f"{ADMIN}/maintenance/reprocess-job/{{job}}"),
}
ALLOWED = {
    "created", "ingesting", "ai_processing", "approved_source", "translating", "tts_generating", "rendering", "failed",
    "blocked_on_source",
}  # fmt: skip


@pytest.fixture(autouse=True)
def few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "WORKER_SECONDS", 0.05)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin() -> User:
    return UserFactory(role=R.ADMIN)


@pytest.fixture
def browser(admin: User) -> Client:
    return signed_in(admin)


def ask(client: Client, name: str, job: Any = NOBODY, body: Any = None) -> Any:
    method, path = ROUTES[name]
    return getattr(client, method)(path.format(job=getattr(job, "pk", job)), body, content_type="application/json")


def stuck(status: str = S.CREATED, **fields: Any) -> Job:
    """A job with a run that nobody works on."""
    job = JobFactory(status=status, **fields)
    job.run = runs.start(services.KIND, subject_id=job.pk)
    job.save(update_fields=["run"])
    return job


def finish(job: Job, *names: str) -> None:
    job.run.steps.filter(name__in=names).update(status=Step.Status.DONE, result={}, finished_at=timezone.now())


HEARD = ("ingest", "probe", "conform", "survey", "transcribe", "caption", "describe")


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_answers_as_the_contract_says(browser: Client, name: str) -> None:
    answer = ask(browser, name, stuck(languages=["es"]))
    assert answer.status_code == 200, answer.content
    assert differences(answer.json(), endpoint(f"accessible.admin.{name}")["success"]["shape"]) == []


@pytest.mark.parametrize("name", ROUTES)
def test_nobody_is_asked_to_sign_in(name: str) -> None:
    answer = ask(Client(), name)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("role", [role for role in R.values if role != R.ADMIN])
def test_other_roles_are_refused_before_any_look_up(role: str, name: str) -> None:
    user = UserFactory(role=role)
    for job in (stuck(created_by=user), NOBODY):
        answer = ask(signed_in(user), name, job)
        assert answer.status_code == 403
        assert answer.json()["detail"] == "Insufficient role permissions"


# Figures.


def test_the_figures_count_what_is_there(browser: Client) -> None:
    house = OrganizationFactory()
    ClientFactory(organization=house)
    person = UserFactory(role=R.LINGUIST, is_active=False)
    UserFactory(deleted_at=timezone.now())
    JobFactory(status=S.RENDERING, created_by=person, source__owner=person, source__size=12)
    JobFactory(status=S.RENDERING, created_by=person, source__owner=person, source__size=30)
    JobFactory(deleted_at=timezone.now(), created_by=person, source=None)
    body = browser.get(f"{ADMIN}/stats").json()
    assert body["users"] == {
        "total": 2,
        "active": 1,
        "by_role": {**dict.fromkeys(R.values, 0), "admin": 1, "linguist": 1},
    }
    assert (body["organizations"], body["clients"], body["storage_bytes"]) == (1, 1, 42)
    assert body["jobs"] == {"total": 2, "by_status": {**dict.fromkeys(S.values, 0), "rendering": 2}}


def test_the_jobs_figures_tell_of_the_last_day(browser: Client) -> None:
    now = timezone.now()
    JobFactory(status=S.COMPLETED, completed_at=now - timedelta(hours=23), languages=["es", "de"])
    JobFactory(status=S.COMPLETED, completed_at=now - timedelta(hours=25))
    for _ in range(2):
        failed = JobFactory(status=S.RENDERING)
        for _ in range(2):
            workflows.JOB.move("step_failed", failed, actor=None)
            workflows.JOB.move("retry", failed, actor=None, target=S.RENDERING)
    job = stuck()
    run_steps = job.run.steps
    run_steps.filter(name="ingest").update(status="done", started_at=now - timedelta(seconds=9), finished_at=now)
    run_steps.filter(name="probe").update(
        status="done", started_at=now - timedelta(seconds=9), finished_at=now, reused=True
    )
    body = browser.get(f"{ADMIN}/jobs/stats").json()
    assert body["total"] == 5
    assert set(body["by_status"]) == {state["state"] for state in document("accessible")["job_states"]["states"]}
    assert (body["by_status"]["completed"], body["by_status"]["failed"]) == (2, 0)
    assert body["by_language"] == {"de": 1, "en": 5, "es": 1}
    assert body["average_step_seconds"] == {"ingest": 9.0}
    assert (body["completed_last_24h"], body["failed_last_24h"]) == (1, 2)


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("name", ["stats", "jobs.stats"])
def test_the_figures_cost_the_same_however_much_there_is(
    browser: Client, name: str, count: int, django_assert_max_num_queries: Any
) -> None:
    JobFactory.create_batch(count, languages=["es"])
    ask(browser, name)
    with django_assert_max_num_queries(8):
        assert ask(browser, name).status_code == 200


# Health.


def test_the_health_asks_every_part(browser: Client) -> None:
    body = browser.get(f"{ADMIN}/health/detailed").json()
    for part in ("database", "redis", "storage"):
        assert body[part]["status"] == "healthy"
        assert body[part]["latency_ms"] > 0
        assert body[part]["detail"] is None
    # Nobody works in a test.
    assert (body["queues"]["status"], body["queues"]["workers"]) == ("unhealthy", 0)
    assert set(body["queues"]["depths"]) == {"ai", "default", "media"}
    assert body["status"] == "degraded"
    assert body["version"]


def test_the_health_counts_what_waits_in_the_broker(browser: Client) -> None:
    before = condition.depth("media")
    condition.broker().rpush("work:media", "one", "two")
    try:
        assert condition.queues()["depths"]["media"] == before + 2
    finally:
        condition.broker().rpop("work:media", 2)


def test_a_dead_redis_is_an_answer_too(browser: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_: object) -> None:
        raise ConnectionError("secret-host:6379")

    monkeypatch.setattr(condition.health, "broker_client", dead)
    monkeypatch.setattr(condition, "broker", dead)
    answer = browser.get(f"{ADMIN}/health/detailed")
    assert (answer.status_code, answer.json()["status"]) == (200, "unhealthy")
    assert answer.json()["redis"] == {"status": "unhealthy", "latency_ms": None, "detail": "cannot be reached"}
    assert answer.json()["queues"]["status"] == "unhealthy"
    assert b"secret-host" not in answer.content


def test_a_storage_that_cannot_be_written_is_told(browser: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.STORAGE_ROOT = tmp_path / "file"
    body = browser.get(f"{ADMIN}/health/detailed").json()
    assert (body["status"], body["storage"]["status"]) == ("unhealthy", "unhealthy")
    assert str(tmp_path) not in str(body)


def test_a_storage_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    gate = threading.Event()
    monkeypatch.setattr(condition, "STORAGE_SECONDS", 0.05)
    monkeypatch.setattr(condition, "storage", lambda: gate.wait(10))
    part = condition.asked(condition.storage_in_time)
    gate.set()
    assert part == {"status": "unhealthy", "latency_ms": None, "detail": "no answer in time"}


# Stuck jobs.


@pytest.mark.parametrize("status", S.values)
def test_a_job_is_reprocessed_in_the_states_of_the_contract_only(browser: Client, status: str) -> None:
    job = stuck(status)
    answer = ask(browser, "maintenance.reprocess_job", job)
    if status in ALLOWED:
        assert answer.status_code == 200, answer.content
        assert answer.json()["status"] == "ingesting"
    else:
        assert answer.status_code == 409
        assert answer.json()["detail"] == f"Cannot reprocess a job in status '{status}'"
        job.refresh_from_db()
        assert job.status == status


@pytest.mark.parametrize("job", [NOBODY, "deleted"])
def test_an_unknown_and_a_deleted_job_are_not_found(browser: Client, job: Any) -> None:
    if job == "deleted":
        job = stuck(deleted_at=timezone.now())
    answer = ask(browser, "maintenance.reprocess_job", job)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Job not found"})


@pytest.mark.parametrize("body", [{"from_step": "pending_qc"}, {"from_step": 3}, {"reason": ["x"]}, ["from_step"]])
def test_a_step_that_is_none_is_refused_before_the_state(browser: Client, body: Any) -> None:
    assert ask(browser, "maintenance.reprocess_job", stuck(S.COMPLETED), body).status_code == 422


def test_the_trail_says_who_and_why(browser: Client, admin: User) -> None:
    job = stuck(S.INGESTING)
    ask(browser, "maintenance.reprocess_job", job, {"reason": "It hung.", "from_step": "ingesting"})
    event = AuditEvent.objects.get(action="jobs.job.reprocess")
    assert (event.actor, event.before, event.after) == (admin, "ingesting", "ingesting")
    assert event.details == {"reason": "It hung.", "from_step": "ingesting"}


def test_work_never_jumps_over_what_is_not_done(browser: Client) -> None:
    job = stuck(S.INGESTING)
    assert ask(browser, "maintenance.reprocess_job", job, {"from_step": "rendering"}).json()["status"] == "ingesting"
    assert set(job.run.steps.filter(status="queued").values_list("name", flat=True)) == {"ingest"}


def test_going_back_before_the_approval_asks_for_it_again(browser: Client, admin: User) -> None:
    job = stuck(S.TRANSLATING, languages=["es"], approved_source_by=admin, approved_source_at=timezone.now())
    finish(job, *HEARD, workflows.SOURCE_GATE)
    answer = ask(browser, "maintenance.reprocess_job", job, {"from_step": "ai_processing"})
    assert answer.json()["status"] == "ai_processing"
    job.refresh_from_db()
    assert job.approved_source_at is None
    assert job.run.steps.get(name=workflows.SOURCE_GATE).status == "pending"
    assert job.run.steps.get(name="conform").status == "done"


def test_a_job_that_lost_its_run_gets_a_new_one(browser: Client) -> None:
    job = JobFactory(status=S.CREATED)
    assert ask(browser, "maintenance.reprocess_job", job).json()["status"] == "ingesting"
    job.refresh_from_db()
    assert job.run.status == Run.Status.RUNNING


def test_where_nothing_is_left_to_make_the_job_goes_on_to_its_review(browser: Client) -> None:
    job = stuck(S.APPROVED_SOURCE)
    finish(job, *HEARD, workflows.SOURCE_GATE)
    answer = ask(browser, "maintenance.reprocess_job", job)
    assert answer.json()["status"] == "pending_final_review"


def test_two_presses_start_one_work(browser: Client) -> None:
    job = stuck(S.INGESTING)
    for _ in range(2):
        assert ask(browser, "maintenance.reprocess_job", job).status_code == 200
    assert job.run.steps.filter(status="queued").count() == 1
    assert AuditEvent.objects.filter(action="jobs.job.reprocess").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_stuck_film_is_finished_without_paying_twice(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"]))
    approve(job, actor=crew["reviewer"])
    job = work(job, until="render")
    before, bill = text(job, "en", Track.Kind.CAPTIONS), paid(job)
    held = worker.claim(steps(job)["render[en]"].pk)
    assert held is not None
    assert Job.objects.get(pk=job.pk).status in {S.TTS_GENERATING, S.RENDERING}

    answer = ask(signed_in(crew["admin"]), "maintenance.reprocess_job", job, {"from_step": "tts_generating"})
    assert answer.json()["status"] == "tts_generating"
    assert not Step.objects.held_by(held.lease).exists()
    job = work(job)
    assert (job.status, job.error) == (S.PENDING_FINAL_REVIEW, "")
    assert trail(job)[-3:] == [S.TTS_GENERATING, S.RENDERING, S.PENDING_FINAL_REVIEW]
    assert attempts(job)["render[en]"] == 2
    assert steps(job)["speak[en]"].reused
    assert text(job, "en", Track.Kind.CAPTIONS) == before
    assert paid(job) == bill
    assert set(engines.billed.values()) == {1}
    assert working.left_over() == []


def test_no_engine_writes_over_an_approved_text() -> None:
    job = JobFactory()
    track = give_captions(job)
    approved = track.versions.first().content
    english = LanguageOutput.objects.get(job=job)
    LanguageReview.objects.filter(output=english).update(state=LanguageReview.State.APPROVED)
    english = LanguageOutput.objects.get(job=job)
    services.save_machine_text(english, Track.Kind.CAPTIONS, "WEBVTT\n", engine="other", comment="")
    assert library.newest_versions([track])[track.pk].content == approved
    LanguageReview.objects.filter(output=english).update(state=LanguageReview.State.UNASSIGNED)
    english = LanguageOutput.objects.get(job=job)
    services.save_machine_text(english, Track.Kind.CAPTIONS, "WEBVTT\n", engine="other", comment="")
    track.refresh_from_db()
    assert library.newest_versions([track])[track.pk].content == "WEBVTT\n"
    assert output(job, "en").captions == track


@pytest.mark.django_db(transaction=True)
def test_a_failed_job_goes_back_to_what_failed(
    short_film: Path, engines: ProviderServer, crew: dict[str, User]
) -> None:
    job = work(submit(short_film, owner=crew["client"], requested=Requested(languages=("es",))))
    approve(job, actor=crew["reviewer"])
    engines.plan("error", status=400, path="/chat/completions")
    job = work(job)
    assert (job.status, job.failed_step) == (S.FAILED, S.TRANSLATING)
    answer = ask(signed_in(crew["admin"]), "maintenance.reprocess_job", job)
    assert (answer.json()["status"], answer.json()["failed_step"], answer.json()["error"]) == (
        "translating",
        None,
        None,
    )
    job = work(job)
    assert (job.status, attempts(job)["transcribe"]) == (S.PENDING_FINAL_REVIEW, 1)
