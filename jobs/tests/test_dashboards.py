"""What is planned for a job, what it took, and a client's work in figures."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from ai.models import Call
from core import audit
from core.runs.models import Run, Step
from jobs import effort
from jobs.models import Brief, Job
from jobs.services import KIND
from jobs.tests.factories import AssetFactory, JobFactory
from qc.models import LanguageReview, ReviewComment

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def people() -> dict[str, User]:
    house = OrganizationFactory()
    roles = ("project_manager", "production", "linguist", "reviewer", "client")
    return {role: UserFactory(role=role, house=house, name=role.title()) for role in roles}


@pytest.fixture
def client(people: dict[str, User]) -> Client:
    house = people["client"].memberships.get().organization
    found: Client = ClientFactory(organization=house, manager=people["project_manager"], person=people["client"])
    return found


def made(client: Client, by: User, **values: Any) -> Job:
    job: Job = JobFactory(
        organization=client.organization,
        client=client,
        created_by=by,
        languages=["es"],
        source=AssetFactory(duration=120.0),
        **values,
    )
    run = Run.objects.create(kind=KIND, subject_id=job.pk, created_by=by)
    Job.objects.filter(pk=job.pk).update(run=run)
    job.refresh_from_db()
    return job


def worked(job: Job, *, cost: str = "0.25") -> None:
    now = timezone.now()
    Step.objects.create(
        run=job.run, name="transcribe", position=1, queue="media", status="done", started_at=now - HOUR, finished_at=now
    )
    for _ in range(2):
        Call.objects.create(
            capability="transcribe",
            provider="local",
            model="=whisper",
            purpose="jobs.transcribe",
            run_id=job.run_id,
            cost=Decimal(cost),
            seconds=3,
            outcome="ok",
        )


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_job_says_what_it_took(client: Client, people: dict[str, User]) -> None:
    job = made(client, people["client"], status="pending_qc")
    worked(job)
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(created_at=now - 5 * HOUR)
    job.refresh_from_db()
    # The trail takes no other time than its own.
    audit.record("jobs.job.ai_done", job, actor=None, before="created", after="pending_qc")
    LanguageReview.objects.filter(output__job=job, output__language="es").update(
        linguist=people["linguist"], state="submitted", started_at=now - 2 * HOUR, submitted_at=now - HOUR
    )
    found = effort.of_job(job, now + 3 * HOUR)
    assert [(line.step, line.engine, line.calls, line.cost) for line in found.machines] == [
        ("transcribe", "local:=whisper", 2, Decimal("0.5"))
    ]
    assert found.machine_seconds == pytest.approx(3600, abs=1)
    waits = {spell.status: (round(spell.seconds / 3600), spell.now) for spell in found.waits}
    assert waits == {"created": (5, False), "pending_qc": (3, True)}
    assert [(turn.language, turn.person, round(turn.seconds), turn.done) for turn in found.turns] == [
        ("es", people["linguist"], 3600, True)
    ]
    page = signed_in(people["production"]).get(f"/jobs/{job.pk}").content.decode()
    assert "Cost and time" in page
    assert "$0.50" in page


def test_only_those_who_plan_see_what_a_job_costs(client: Client, people: dict[str, User]) -> None:
    job = made(client, people["client"])
    for role, sees in (("client", False), ("project_manager", True), ("production", True)):
        page = signed_in(people[role]).get(f"/jobs/{job.pk}").content.decode()
        assert ("Cost and time" in page) is sees, role


def test_figures_to_take_along_hold_no_formula(client: Client, people: dict[str, User]) -> None:
    job = made(client, people["client"])
    worked(job)
    Call.objects.update(provider="=cmd")
    (line,) = [
        row for row in rows(signed_in(people["production"]).get(f"/jobs/{job.pk}/effort.csv")) if row[0] == "engine"
    ]
    assert line == ["engine", "transcribe", "'=cmd:=whisper", "2", "6.0", "0.500000"]


def test_what_a_job_took_costs_the_same_however_much_there_was(
    client: Client, people: dict[str, User], django_assert_num_queries: Any
) -> None:
    job = made(client, people["client"])
    counts = []
    for _ in range(2):
        worked(job) if not counts else [worked(made(client, people["client"])) for _ in range(5)]
        with django_assert_num_queries(5):
            effort.of_job(job, timezone.now())
        counts.append(1)


def test_the_plan_of_a_job_stands_on_its_page(client: Client, people: dict[str, User]) -> None:
    brief = Brief.objects.create(
        title="Season two", created_by=people["client"], client=client, organization=client.organization
    )
    job = made(client, people["client"], status="translating", due_at=timezone.now() - HOUR, priority=3, brief=brief)
    page = signed_in(people["client"]).get(f"/jobs/{job.pk}").content.decode()
    assert "Overdue" in page
    assert "Urgent" in page
    assert f"/briefs/{brief.pk}" in page
    LanguageReview.objects.filter(output__job=job).update(linguist=people["linguist"])
    assert f"/briefs/{brief.pk}" not in signed_in(people["linguist"]).get(f"/jobs/{job.pk}").content.decode()


# A client's figures.


def test_a_clients_figures_are_its_own(client: Client, people: dict[str, User]) -> None:
    now = timezone.now()
    done = made(client, people["client"], title="Harbour", status="completed", completed_at=now)
    worked(done)
    made(client, people["client"], title="Late one", status="translating", due_at=now - HOUR)
    other = ClientFactory(organization=client.organization)
    worked(made(other, people["production"], title="Elsewhere", status="completed", completed_at=now))
    review = LanguageReview.objects.get(output__job=done, output__language="es")
    for severity, category in (("minor", "grammar"), ("major", "omission"), ("minor", "subjective")):
        ReviewComment.objects.create(
            review=review,
            body="A",
            about=people["linguist"],
            author=people["reviewer"],
            severity=severity,
            category=category,
        )
    month = effort.months(client, now)[-1]
    # Two minutes of film in two languages.
    assert (month.minutes, month.jobs, month.cost) == (4.0, 1, Decimal("0.5"))
    assert [(row.language, row.jobs) for row in effort.by_language(client)] == [("en", 2), ("es", 2)]
    (line,) = effort.noted(client)
    assert (line.person, line.language, line.minor, line.major, line.critical) == ("Linguist", "es", 1, 1, 0)
    inside = signed_in(people["project_manager"]).get(f"/clients/{client.pk}/dashboard").content.decode()
    assert "Late one" in inside
    assert "Elsewhere" not in inside
    assert "Linguist" in inside
    assert "$0.50" in inside
    outside = signed_in(people["client"]).get(f"/clients/{client.pk}/dashboard").content.decode()
    assert "Late one" in outside
    assert "$" not in outside
    assert "Errors that reviewers noted" not in outside


def test_months_to_take_along_show_customers_no_cost(client: Client, people: dict[str, User]) -> None:
    Client.objects.filter(pk=client.pk).update(name="=Harbour")
    for role, columns in (("client", 4), ("project_manager", 5)):
        table = rows(signed_in(people[role]).get(f"/clients/{client.pk}/dashboard.csv"))
        assert (len(table), len(table[0]), table[1][0]) == (13, columns, "'=Harbour")


@pytest.mark.parametrize("count", [1, 12])
def test_a_clients_figures_cost_the_same_however_many_jobs(
    count: int, client: Client, people: dict[str, User], django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        worked(made(client, people["client"], status="completed", completed_at=timezone.now()))
        made(client, people["client"], status="translating", due_at=timezone.now())
    browser = signed_in(people["project_manager"])
    with django_assert_max_num_queries(20):
        assert browser.get(f"/clients/{client.pk}/dashboard").status_code == 200
