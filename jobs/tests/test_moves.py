"""Every state × action × role through the API, against the contract's table and the role matrix."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.testing.contract import document, endpoint
from jobs.models import Job, LanguageOutput
from jobs.tests.factories import JobFactory
from qc.models import LanguageReview

pytestmark = pytest.mark.django_db

S = Job.Status
ROWS = {row["action"]: row for row in document("accessible")["job_states"]["transitions"] if row["trigger"] == "user"}
ACTIONS = [action for action in ROWS if action != "create"]
PEOPLE = (
    "creator",
    "client",
    "linguist",
    "reviewer",
    "production",
    "project_manager",
    "house_admin",
    "admin",
    "stranger",
)
# Where the contract only infers who may, the matrix of rights says it: `creator` is a client with a job of their own.
MATRIX = {
    "clone": {"client", "creator", "production", "project_manager", "admin"},
    "cancel": {"creator", "production", "project_manager", "admin"},
    "delete": {"creator", "production", "project_manager", "admin"},
    "retry": {"production", "project_manager", "admin"},
}
BEFORE_QC = {S.CREATED, S.INGESTING, S.AI_PROCESSING}
CREATED = {"clone": 201, "delete": 204}
BODIES = {"retry_tts": {"language": "es"}, "clone": {"title": "Again"}}
ILLEGAL = document("accessible")["job_states"]["illegal_transition"]["body"]["detail"]


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory()


@pytest.fixture
def people(house: Organization) -> dict[str, User]:
    inside = ("client", "linguist", "reviewer", "production", "project_manager")
    return {
        **{role: UserFactory(role=role, house=house) for role in inside},
        "creator": UserFactory(role="client", house=house),
        "house_admin": _admin_of(house),
        "admin": UserFactory(role="admin"),
        "stranger": UserFactory(role="production", house=OrganizationFactory()),
    }


def _admin_of(house: Organization) -> User:
    person = UserFactory(role="client", house=house)
    person.memberships.update(role="admin")
    return person


def a_job(status: str, people: dict[str, User], house: Organization) -> Job:
    """In this state, seen by everybody of the house, and with every guard beside the state fulfilled."""
    job = JobFactory(
        organization=house,
        created_by=people["creator"],
        status=status,
        languages=["es"],
        audio_description_mp3=True,
        failed_step=S.RENDERING if status == S.FAILED else "",
    )
    LanguageReview.objects.filter(output__job=job).update(
        state="approved", linguist=people["linguist"], reviewer=people["reviewer"]
    )
    job.outputs.update(tts_status=LanguageOutput.Work.FAILED)
    return job


def may(action: str, role: str, status: str) -> bool:
    row = ROWS[action]
    allowed = set(row["roles"]) if row["roles_source"] == "spec" else MATRIX[action]
    if role == "creator" and action in {"cancel", "delete"}:
        # Their own, before quality control. Where nobody may cancel at all, the state is what is told.
        return status in BEFORE_QC or (action == "cancel" and status not in row["from"])
    return {"house_admin": "admin", "creator": "creator"}.get(role, role) in allowed


def expected(action: str, role: str, status: str) -> int:
    if action == "reprocess" and role != "admin":
        # The platform's own routes are nobody else's, whatever they name.
        return 403
    if role == "stranger":
        return 404
    if not may(action, role, status):
        return 403
    sources = ROWS[action]["from"]
    if status not in sources and not sources[0].startswith("("):
        return 409
    return CREATED.get(action, 200)


def target(action: str, status: str) -> str:
    to = ROWS[action]["to"]
    if action == "reprocess":
        # There is no run yet that would know better.
        return S.INGESTING
    return {"<failed_step>": S.RENDERING}.get(to, to)


def ask(user: User, action: str, job: Job) -> Any:
    browser, entry = Client(), endpoint(ROWS[action]["endpoint"])
    browser.force_login(user)
    path = entry["path"].replace("{job_id}", str(job.pk))
    return browser.generic(entry["method"], path, json.dumps(BODIES.get(action, {})), content_type="application/json")


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_in_every_state_for_every_role(
    action: str, role: str, people: dict[str, User], house: Organization
) -> None:
    for status in S.values:
        job = a_job(status, people, house)
        answer = ask(people[role], action, job)
        wanted = expected(action, role, status)
        assert answer.status_code == wanted, (status, answer.content[:300])
        after = Job.objects.get(pk=job.pk)
        if wanted == 404:
            assert answer.json()["detail"] == "Job not found"
        elif wanted == 403:
            assert answer.json()["detail"] == "Insufficient role permissions"
        elif wanted == 409:
            refusal = ILLEGAL.replace("<action>", action).replace("<status>", status)
            assert answer.json() == {"detail": refusal, "current_status": status}
        elif action == "clone":
            assert answer.json()["status"] == S.CREATED
            assert answer.json()["cloned_from"] == str(job.pk)
        elif action == "delete":
            assert after.deleted_at is not None
        else:
            assert answer.json()["status"] == after.status == target(action, status)
        if wanted not in {200, 204} or action == "clone":
            assert (after.status, after.deleted_at) == (status, None)


@pytest.mark.parametrize("role", PEOPLE)
def test_what_the_buttons_offer_is_what_is_possible(role: str, people: dict[str, User], house: Organization) -> None:
    moves = [action for action in ACTIONS if action not in {"clone", "delete", "reprocess"}]
    for status in S.values:
        job = a_job(status, people, house)
        browser = Client()
        browser.force_login(people[role])
        answer = browser.get(f"/api/v1/jobs/{job.pk}")
        if role == "stranger":
            assert answer.status_code == 404
            continue
        possible = {action for action in moves if expected(action, role, status) == 200}
        assert set(answer.json()["allowed_actions"]) == possible, status


CHANGES = {"title": {"title": "Other"}, "outputs": {"requested_outputs": {"audio_description_mp3": False}}}
OPEN = {"created", "pending_qc", "rejected", "blocked_on_source", "failed"}


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("change", CHANGES)
def test_changes_in_every_state_for_every_role(
    change: str, role: str, people: dict[str, User], house: Organization
) -> None:
    for status in S.values:
        job = a_job(status, people, house)
        browser = Client()
        browser.force_login(people[role])
        answer = browser.patch(f"/api/v1/jobs/{job.pk}", CHANGES[change], content_type="application/json")
        if role == "stranger":
            wanted = 404
        elif role in {"client", "linguist", "reviewer"}:
            wanted = 403
        elif change == "title":
            wanted = 409 if status in Job.READ_ONLY else 200
        elif role == "creator":
            # A client's own, before the work has begun.
            wanted = 200 if status == S.CREATED else 409
        else:
            wanted = 200 if status in OPEN else 409
        assert answer.status_code == wanted, (status, answer.content[:300])
        job.refresh_from_db()
        if wanted == 409:
            assert answer.json()["detail"] == f"Cannot change requested outputs in status '{status}'"
        assert (job.title == "Other") == (wanted == 200 and change == "title")
        assert job.audio_description_mp3 == (wanted != 200 or change != "outputs")


def test_an_absent_job_is_what_a_strangers_is(people: dict[str, User], house: Organization) -> None:
    for action in ACTIONS:
        there, nowhere = a_job(S.PENDING_QC, people, house), Job(pk=uuid.uuid4())
        if action != "reprocess":
            found = ask(people["stranger"], action, there), ask(people["production"], action, nowhere)
            assert found[0].status_code == found[1].status_code == 404
            assert found[0].content == found[1].content
