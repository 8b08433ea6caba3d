"""Production's console."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from ai.tests.factories import CallFactory
from core.models import AuditEvent
from core.rest import condition
from core.runs.models import Run, Step
from jobs import production, services, workflows
from jobs.models import Job
from jobs.tests.factories import JobFactory

pytestmark = pytest.mark.django_db
S = Job.Status


@pytest.fixture(autouse=True)
def no_waiting_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "WORKER_SECONDS", 0.05)
    monkeypatch.setattr(condition, "ASKED_AGAIN_AFTER", 0.01)


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory()


@pytest.fixture
def producer(house: Organization) -> User:
    return UserFactory(role="production", house=house)


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def failed(house: Organization, **fields: Any) -> Job:
    """A job that failed at rendering, at the second try."""
    job = JobFactory(**{"organization": house, "status": S.RENDERING, **fields})
    job.run = Run.objects.create(kind=services.KIND, subject_id=job.pk, status=Run.Status.FAILED)
    job.run.steps.create(name="render", item="en", position=12, status=Step.Status.FAILED, attempt=2, queue="media")
    job.save(update_fields=["run"])
    return workflows.fail(job, message="The disk is full.", step="render")


def test_failures_say_why_and_how_often(house: Organization, producer: User) -> None:
    job = failed(house, title="Launch")
    failed(OrganizationFactory(), title="Elsewhere")
    page = as_(producer).get("/production")
    assert [row.title for row in page.context["page"]] == ["Launch"]
    (row,) = page.context["page"]
    assert (row.attempts, row.failed_step) == (2, S.RENDERING)
    assert b"The disk is full." in page.content
    assert not as_(producer).get("/production?failed_step=ingesting").context["page"].object_list
    answer = as_(producer).post("/production/retry", {"ids": [job.pk], "back": "/production"})
    assert answer.url == "/production"
    job.refresh_from_db()
    assert (job.status, job.error) == (S.RENDERING, "")


@pytest.mark.parametrize("role", ["client", "linguist", "reviewer", "project_manager"])
def test_the_console_is_productions(house: Organization, role: str) -> None:
    browser = as_(UserFactory(role=role, house=house))
    assert browser.get("/production").status_code == 403
    assert browser.post("/production/retry", {"ids": [uuid.uuid4()]}).status_code == 403
    assert b"/production" not in browser.get("/jobs").content


def test_the_queues_are_counted_where_they_are(producer: User, house: Organization) -> None:
    job = failed(house)
    job.run.steps.create(
        name="mix", item="en", position=11, status="running", queue="media",
        lease=uuid.uuid4(), lease_expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    job.run.steps.create(name="speak", position=9, status="waiting", queue="ai", run_after=timezone.now())
    before = condition.depth("media")
    condition.broker().rpush("work:media", "one", "two")
    try:
        body = as_(producer).get("/api/v1/production/queue-stats").json()
    finally:
        condition.broker().rpop("work:media", 2)
    by_name = {queue["name"]: queue for queue in body["queues"]}
    assert by_name["media"] == {"name": "media", "depth": before + 2, "active": 1, "scheduled": 0}
    assert by_name["ai"]["scheduled"] == 1
    assert body["workers"]["online"] == 0
    part = as_(producer).get("/production?part=queues", headers={"HX-Request": "true"})
    assert b"No worker answers" in part.content


def test_days_and_stays_are_counted_from_what_happened(house: Organization, producer: User) -> None:
    now = timezone.now()
    job = JobFactory(organization=house, status=S.PENDING_FINAL_REVIEW, source__duration=120.0)
    AuditEvent.objects.create(
        action="jobs.job.rendered", subject_type="jobs.job", subject_id=str(job.pk), before="rendering",
        after="pending_final_review", at=now - timedelta(hours=2), row_hash="x",
    )  # fmt: skip
    workflows.complete(job, actor=UserFactory(role="admin"))
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday, last = production.throughput(producer, [today - timedelta(days=1), today])
    assert (yesterday.jobs, last.jobs, last.minutes) == (0, 1, 2.0)
    (stay,) = production.stays(producer, now - timedelta(days=1))
    assert (stay.status, stay.jobs, round(stay.mean.total_seconds() / 3600)) == (S.PENDING_FINAL_REVIEW, 1, 2)
    stranger = UserFactory(role="production", house=OrganizationFactory())
    assert production.stays(stranger, now - timedelta(days=1)) == []


def test_costs_are_those_of_the_jobs_runs(house: Organization, producer: User) -> None:
    job = failed(house)
    CallFactory(run_id=job.run_id, provider="openai", model="tts", cost=Decimal("1.5"))
    CallFactory(run_id=uuid.uuid4(), provider="openai", model="other", cost=Decimal(9))
    page = as_(producer).get("/production")
    assert (page.context["cost"], [use.of for use in page.context["engines"]]) == (Decimal("1.5"), [("openai", "tts")])
    (one,) = page.context["cost_charts"]
    assert "most on" in one.label


def test_the_console_costs_the_same_however_many_failures(house: Organization, producer: User) -> None:
    browser = as_(producer)

    def queries() -> int:
        browser.get("/production")
        with CaptureQueriesContext(connection) as found:
            assert browser.get("/production").status_code == 200
            assert browser.get("/api/v1/production/failures").status_code == 200
        return len(found)

    failed(house)
    few = queries()
    for _ in range(12):
        failed(house)
    assert queries() == few
