"""The job's state machine against the contract's table, and its moves under contention."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from accounts.models import Membership, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from core.errors import NotAllowedError, WrongStateError
from core.models import AuditEvent
from core.testing.contract import document
from jobs import policies, workflows
from jobs.models import Job
from jobs.tests.factories import JobFactory
from jobs.workflows import JOB
from qc.models import LanguageReview

STATES = document("accessible")["job_states"]
LANGUAGES = document("accessible")["language_states"]
# Rows of the contract's tables that are no move of the machine: they make or hide jobs.
NOT_MOVES = {"create", "clone", "delete"}


def rows(table: dict) -> list[dict]:
    return [row for row in table["transitions"] if row["action"] not in NOT_MOVES]


def test_the_machine_has_the_contracts_states() -> None:
    assert {state["state"] for state in STATES["states"]} == set(Job.Status.values)


@pytest.mark.parametrize("row", rows(STATES), ids=lambda row: row["action"])
def test_every_move_is_the_contracts(row: dict) -> None:
    move = JOB.moves[row["action"]]
    assert set(move.sources) == set(row["from"])
    assert move.system == (row["trigger"] == "system")
    if not row["to"].startswith("<"):
        assert move.target == row["to"]


def test_the_machine_has_no_move_of_its_own() -> None:
    assert set(JOB.moves) == {row["action"] for row in rows(STATES)}


@pytest.mark.django_db
@pytest.mark.parametrize("verb", [verb for verb, move in JOB.moves.items() if not move.system])
@pytest.mark.parametrize("status", Job.Status.values)
def test_every_move_from_every_state(verb: str, status: str) -> None:
    job = JobFactory(status=status)
    move = JOB.moves[verb]
    if status in move.sources:
        moved = JOB.move(verb, job, actor=None, target=None if move.target else Job.Status.INGESTING)
        assert moved.status == (move.target or Job.Status.INGESTING)
    else:
        with pytest.raises(WrongStateError, match=f"Cannot {verb} a job in status '{status}'"):
            JOB.move(verb, job, actor=None)
        job.refresh_from_db()
        assert job.status == status


ROLES = {"approve_source": {"reviewer", "production", "admin"}, "complete": {"project_manager", "admin"}}


@pytest.mark.django_db
@pytest.mark.parametrize("role", User.Role.values)
@pytest.mark.parametrize("verb", ROLES)
def test_who_may_decide(verb: str, role: str) -> None:
    status = next(iter(JOB.moves[verb].sources))
    job, actor = JobFactory(status=status), UserFactory(role=role)
    decide = getattr(workflows, verb)
    if role in ROLES[verb]:
        assert decide(job, actor=actor).status == JOB.moves[verb].target
    else:
        with pytest.raises(NotAllowedError):
            decide(job, actor=actor)


@pytest.mark.django_db
def test_a_client_cancels_a_job_of_his_own_before_qc_only() -> None:
    client = UserFactory(role=User.Role.CLIENT)
    workflows.cancel(JobFactory(created_by=client, status=Job.Status.INGESTING), actor=client)
    with pytest.raises(NotAllowedError):
        workflows.cancel(JobFactory(created_by=client, status=Job.Status.RENDERING), actor=client)
    with pytest.raises(NotAllowedError):
        workflows.cancel(JobFactory(status=Job.Status.INGESTING), actor=client)


@pytest.mark.django_db
def test_approving_the_source_approves_its_language_and_is_written_down() -> None:
    reviewer = UserFactory(role=User.Role.REVIEWER)
    job = workflows.approve_source(
        JobFactory(status=Job.Status.PENDING_QC, languages=["es"]), actor=reviewer, comment="Good"
    )
    states = dict(LanguageReview.objects.filter(output__job=job).values_list("output__language", "state"))
    assert states == {"en": "approved", "es": "unassigned"}
    assert job.approved_source_by == reviewer
    event = AuditEvent.objects.get(action="jobs.job.approve_source")
    assert (event.actor, event.before, event.after) == (reviewer, "pending_qc", "approved_source")
    assert event.details == {"comment": "Good"}


@pytest.mark.django_db
def test_a_job_with_an_open_language_is_not_completed() -> None:
    job = JobFactory(status=Job.Status.PENDING_FINAL_REVIEW, languages=["fr", "de", "es"])
    LanguageReview.objects.filter(output__job=job, output__language__in=["fr", "de"]).update(state="in_review")
    with pytest.raises(WrongStateError, match="Languages not approved: de, fr"):
        workflows.complete(job, actor=UserFactory(role=User.Role.ADMIN))
    job.refresh_from_db()
    assert job.status == Job.Status.PENDING_FINAL_REVIEW


@pytest.mark.django_db(transaction=True)
def test_of_eight_people_who_approve_at_once_one_succeeds() -> None:
    job = JobFactory(status=Job.Status.PENDING_QC)
    people = [UserFactory(role=User.Role.REVIEWER) for _ in range(8)]
    start, outcomes = threading.Barrier(8), []

    def approve(person: User) -> None:
        try:
            start.wait()
            workflows.approve_source(Job.objects.get(pk=job.pk), actor=person)
            outcomes.append("approved")
        except WrongStateError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", *["refused"] * 7]
    assert AuditEvent.objects.filter(action="jobs.job.approve_source").count() == 1


@pytest.mark.django_db
class TestWhoSeesAJob:
    @pytest.mark.parametrize("role", ["client", "production", "project_manager"])
    def test_people_see_the_jobs_of_their_house(self, role: str) -> None:
        house = OrganizationFactory()
        job = JobFactory(organization=house)
        assert list(Job.objects.visible_to(UserFactory(role=role, house=house))) == [job]
        assert not Job.objects.visible_to(UserFactory(role=role, house=OrganizationFactory())).exists()

    @pytest.mark.parametrize("role", ["client", "project_manager"])
    def test_work_for_a_client_is_seen_by_the_clients_own_people_only(self, role: str) -> None:
        house = OrganizationFactory()
        insider, outsider = (UserFactory(role=role, house=house) for _ in range(2))
        job = JobFactory(organization=house, client=ClientFactory(organization=house, manager=insider))
        assert list(Job.objects.visible_to(insider)) == [job]
        assert not Job.objects.visible_to(outsider).exists()

    def test_a_role_counts_in_its_own_house_only(self) -> None:
        here, there = OrganizationFactory(), OrganizationFactory()
        person = UserFactory(role="linguist", house=there)
        Membership.objects.create(user=person, organization=here, role="production")
        job = JobFactory(organization=here)
        JobFactory(organization=there)
        assert list(Job.objects.visible_to(person)) == [job]
        assert policies.allowed(person, "retry", job)

    def test_a_linguist_sees_assigned_jobs_only(self) -> None:
        house = OrganizationFactory()
        linguist = UserFactory(role="linguist", house=house)
        JobFactory(organization=house)
        assigned = JobFactory(organization=house, languages=["es"])
        LanguageReview.objects.filter(output__job=assigned, output__language="es").update(linguist=linguist)
        assert list(Job.objects.visible_to(linguist)) == [assigned]

    def test_a_reviewer_sees_what_waits_for_approval_and_what_he_decided(self) -> None:
        house = OrganizationFactory()
        reviewer = UserFactory(role="reviewer", house=house)
        JobFactory(organization=house, status=Job.Status.RENDERING)
        waiting = JobFactory(organization=house, status=Job.Status.PENDING_QC)
        assert list(Job.objects.visible_to(reviewer)) == [waiting]
        workflows.approve_source(waiting, actor=reviewer)
        assert list(Job.objects.visible_to(reviewer)) == [waiting]

    def test_admins_see_all_and_nobody_sees_what_was_deleted(self) -> None:
        admin = UserFactory(role="admin")
        job = JobFactory(organization=OrganizationFactory())
        assert list(Job.objects.visible_to(admin)) == [job]
        Job.objects.update(deleted_at="2026-01-01T00:00:00Z")
        assert not Job.objects.visible_to(admin).exists()
