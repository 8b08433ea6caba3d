"""What is due soon or late is told once to those it concerns, and so is what stopped or waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Notification, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from jobs import news, workflows
from jobs.models import Job
from jobs.services import deadlines
from jobs.tests.factories import JobFactory
from qc.models import LanguageReview

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def people() -> dict[str, User]:
    house = OrganizationFactory()
    roles = ("project_manager", "linguist", "reviewer", "client")
    people = {role: UserFactory(role=role, house=house) for role in roles}
    people["other_manager"] = UserFactory(role="project_manager", house=house)
    return people


@pytest.fixture
def job(people: dict[str, User]) -> Job:
    house = people["client"].memberships.get().organization
    client = ClientFactory(organization=house, manager=people["project_manager"], person=people["client"])
    client.teams.get().memberships.create(user=people["reviewer"])
    job: Job = JobFactory(
        title="Harbour",
        organization=house,
        client=client,
        created_by=people["client"],
        languages=["es"],
        status="pending_qc",
    )
    review(job, linguist=people["linguist"], reviewer=people["reviewer"], state="in_progress")
    return job


def review(job: Job, **values: Any) -> None:
    LanguageReview.objects.filter(output__job=job, output__language="es").update(**values)


def due(job: Job, moment: datetime | None) -> None:
    Job.objects.filter(pk=job.pk).update(due_at=moment)


def told() -> set[tuple[str, str]]:
    return set(Notification.objects.unread().values_list("kind", "user__role"))


def test_what_is_due_within_a_day_is_told_once(job: Job, people: dict[str, User]) -> None:
    due(job, NOW + 25 * HOUR)
    assert deadlines.remind(NOW) == 0
    assert deadlines.remind(NOW + 2 * HOUR) == 2
    assert deadlines.remind(NOW + 3 * HOUR) == 0
    assert told() == {("due.soon", "project_manager"), ("due.soon", "linguist")}
    assert not Notification.objects.filter(user=people["other_manager"]).exists()
    news = Notification.objects.get(user=people["linguist"])
    assert news.text == "Spanish of “Harbour” is due on 02 May 2026, 13:00 UTC."
    assert news.url == f"/jobs/{job.pk}/tracks/es/captions"


def test_reminders_that_were_read_are_not_told_again(job: Job) -> None:
    due(job, NOW + HOUR)
    deadlines.remind(NOW)
    Notification.objects.update(read_at=NOW)
    assert deadlines.remind(NOW) == 0


def test_what_is_late_is_told_once_and_urgently(job: Job) -> None:
    due(job, NOW + HOUR)
    assert deadlines.remind(NOW) == 2
    assert deadlines.remind(NOW + 2 * HOUR) == 2
    assert deadlines.remind(NOW + 3 * HOUR) == 0
    late = Notification.objects.filter(kind="due.late")
    assert late.count() == late.filter(urgent=True).count() == 2


def test_a_date_that_was_put_off_is_reminded_of_anew(job: Job) -> None:
    due(job, NOW + HOUR)
    deadlines.remind(NOW)
    due(job, NOW + 2 * HOUR)
    assert deadlines.remind(NOW) == 2


def test_a_submitted_language_is_its_reviewers_to_hurry(job: Job) -> None:
    review(job, state="submitted")
    due(job, NOW + HOUR)
    deadlines.remind(NOW)
    assert ("due.soon", "reviewer") in told()
    assert ("due.soon", "linguist") not in told()


def test_a_languages_own_date_goes_before_the_jobs(job: Job) -> None:
    due(job, NOW + 100 * HOUR)
    review(job, due_at=NOW + HOUR)
    deadlines.remind(NOW)
    assert told() == {("due.soon", "linguist")}


@pytest.mark.parametrize("status", ["completed", "cancelled", "rejected"])
def test_nobody_is_reminded_of_what_is_over(status: str, job: Job) -> None:
    due(job, NOW + HOUR)
    Job.objects.filter(pk=job.pk).update(status=status)
    assert deadlines.remind(NOW) == 0


def test_an_approved_language_and_a_deleted_job_are_left_alone(job: Job) -> None:
    due(job, NOW + HOUR)
    review(job, state="approved")
    deadlines.remind(NOW)
    assert told() == {("due.soon", "project_manager")}
    Job.objects.filter(pk=job.pk).update(deleted_at=NOW, due_at=NOW + 2 * HOUR)
    assert deadlines.remind(NOW) == 0


# What the studio tells by itself.


def test_who_asked_for_a_job_hears_that_it_stopped(job: Job, people: dict[str, User]) -> None:
    Job.objects.filter(pk=job.pk).update(status="ingesting")
    job.refresh_from_db()
    workflows.fail(job, message="The file is damaged.", step="ingest")
    news = Notification.objects.get(user=people["client"])
    assert (news.kind, news.text, news.urgent) == ("job.failed", "“Harbour” stopped: The file is damaged.", True)


def test_deciders_hear_what_waits_for_them(job: Job, people: dict[str, User]) -> None:
    news.stage_reached(job)
    assert set(Notification.objects.values_list("user", flat=True)) == {people["reviewer"].pk}
    job.status = Job.Status.PENDING_FINAL_REVIEW
    news.stage_reached(job)
    assert Notification.objects.filter(user=people["project_manager"], kind="job.waits").exists()
    job.status = Job.Status.TRANSLATING
    before = Notification.objects.count()
    news.stage_reached(job)
    assert Notification.objects.count() == before


def test_the_named_reviewer_of_the_source_is_told_alone(job: Job, people: dict[str, User]) -> None:
    named = UserFactory(role="reviewer", house=job.organization)
    LanguageReview.objects.filter(output__job=job, output__is_source=True).update(reviewer=named)
    news.stage_reached(job)
    assert list(Notification.objects.values_list("user", flat=True)) == [named.pk]
