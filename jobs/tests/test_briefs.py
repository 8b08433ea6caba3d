"""Briefs: what is asked for, who approves it, and the jobs that are made of it."""

from __future__ import annotations

import json
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from accounts.models import Client, Notification, Organization, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, UserFactory
from core.errors import WrongStateError
from core.models import AuditEvent
from jobs.models import Brief, Job
from jobs.services import NewJob, Requested, briefs
from jobs.services.intake import _place

pytestmark = pytest.mark.django_db
BRIEFS = "/api/v1/briefs"


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory()


@pytest.fixture
def manager(house: Organization) -> User:
    return UserFactory(role="project_manager", house=house)


@pytest.fixture
def person(house: Organization) -> User:
    return UserFactory(role="client", house=house)


@pytest.fixture
def client_of(house: Organization, manager: User, person: User) -> Client:
    return ClientFactory(organization=house, manager=manager, person=person)


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def written(person: User, **said: Any) -> Brief:
    return briefs.create_brief({"title": "Season two", **said}, actor=person)


def send(user: User, method: str, path: str, body: Any = None) -> Any:
    return signed_in(user).generic(method, path, json.dumps(body or {}), content_type="application/json")


def test_a_customer_with_one_client_means_that_one(person: User, client_of: Client) -> None:
    brief = written(person)
    assert (brief.client, brief.organization) == (client_of, client_of.organization)


def test_another_customers_briefs_are_not_seen(house: Organization, person: User, client_of: Client) -> None:
    other = UserFactory(role="client", house=house)
    theirs = written(other)
    assert theirs.client is None
    assert list(Brief.objects.visible_to(person)) == []
    assert send(person, "GET", f"{BRIEFS}/{theirs.pk}").status_code == 404


def test_places_that_one_does_not_see_are_not_there(person: User, client_of: Client) -> None:
    foreign = ClientFactory(organization=OrganizationFactory())
    answer = send(person, "POST", BRIEFS, {"title": "A", "client_id": str(foreign.pk)})
    assert (answer.status_code, answer.json()["detail"]) == (404, "Client not found")
    answer = send(person, "POST", BRIEFS, {"title": "A", "languages": ["xx-nonsense"]})
    assert (answer.status_code, answer.json()["detail"]) == (400, "Unsupported language: xx-nonsense")


def test_languages_of_either_field_are_kept_once_and_canonical(person: User, client_of: Client) -> None:
    body = {"title": "A", "languages": ["pt_br", "es"], "requested_outputs": {"languages": ["es", "fr"]}}
    made = send(person, "POST", BRIEFS, body).json()
    assert made["languages"] == made["requested_outputs"]["languages"] == ["pt-BR", "es", "fr"]


def test_only_what_is_said_changes(person: User, client_of: Client) -> None:
    brief = written(person, description="Ten episodes.", languages=["es"])
    answer = send(person, "PATCH", f"{BRIEFS}/{brief.pk}", {"title": "Season 2"}).json()
    assert (answer["title"], answer["description"], answer["languages"]) == ("Season 2", "Ten episodes.", ["es"])
    assert answer["client_id"] == str(client_of.pk)


def test_the_clients_project_managers_are_told_of_a_brief(person: User, manager: User, client_of: Client) -> None:
    other = UserFactory(role="project_manager", house=client_of.organization)
    brief = briefs.submit_brief(written(person), actor=person)
    assert [news.user for news in Notification.objects.filter(kind="brief.submitted")] == [manager]
    briefs.approve_brief(brief, actor=manager)
    assert [news.user for news in Notification.objects.filter(kind="brief.approved")] == [person]
    assert not Notification.objects.filter(user=other).exists()
    verbs = AuditEvent.objects.filter(subject_id=str(brief.pk)).order_by("at", "id").values_list("action", flat=True)
    assert list(verbs) == ["jobs.brief.create", "jobs.brief.submit", "jobs.brief.approve"]


@pytest.mark.parametrize("role", ["project_manager", "admin"])
def test_nobody_approves_a_brief_they_wrote(role: str, house: Organization) -> None:
    author = UserFactory(role=role, house=house)
    brief = briefs.submit_brief(written(author, organization_id=house.pk), actor=author)
    answer = send(author, "POST", f"{BRIEFS}/{brief.pk}/approve")
    assert (answer.status_code, answer.json()["detail"]) == (403, "Insufficient role permissions")


def test_nobody_approves_a_brief_they_submitted(person: User, manager: User, client_of: Client) -> None:
    brief = briefs.submit_brief(written(person), actor=manager)
    assert send(manager, "POST", f"{BRIEFS}/{brief.pk}/approve").status_code == 403


@pytest.mark.parametrize(
    ("status", "verb", "sentence"),
    [
        ("submitted", "submit", "Cannot submit a brief in status 'submitted'"),
        ("approved", "submit", "Cannot submit a brief in status 'approved'"),
        ("draft", "approve", "Cannot approve a brief in status 'draft'"),
        ("approved", "approve", "Cannot approve a brief in status 'approved'"),
    ],
)
def test_every_move_from_every_wrong_state_is_refused(
    status: str, verb: str, sentence: str, person: User, manager: User, client_of: Client
) -> None:
    brief = written(person)
    Brief.objects.filter(pk=brief.pk).update(status=status)
    answer = send(manager, "POST", f"{BRIEFS}/{brief.pk}/{verb}")
    assert (answer.status_code, answer.json()["detail"]) == (409, sentence)


def test_what_is_submitted_is_not_changed_any_more(person: User, client_of: Client) -> None:
    brief = briefs.submit_brief(written(person), actor=person)
    answer = send(person, "PATCH", f"{BRIEFS}/{brief.pk}", {"title": "Other"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "Only draft briefs can be edited")


def test_a_job_is_made_from_an_approved_brief_only(person: User, manager: User, client_of: Client) -> None:
    brief = written(person)
    foreign = written(UserFactory(role="client", house=OrganizationFactory()))
    with pytest.raises(Exception, match="Cannot make a job from a brief in status 'draft'"):
        briefs.for_new_job(person, brief.pk)
    with pytest.raises(Exception, match="Brief not found"):
        briefs.for_new_job(person, foreign.pk)


def test_a_job_of_a_brief_belongs_where_the_brief_does(person: User, manager: User, client_of: Client) -> None:
    project = ProjectFactory(client=client_of, owner=manager)
    brief = written(person, client_id=client_of.pk, project_id=project.pk)
    place = _place(manager, NewJob("a.mp4", "en", Requested(), brief_id=brief.pk), brief)
    assert (place.client, place.project) == (client_of, project)


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_costs_the_same_however_many_briefs(
    count: int, person: User, client_of: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        written(person)
    browser = signed_in(person)
    with django_assert_max_num_queries(16):
        assert browser.get("/briefs").status_code == 200
    with django_assert_max_num_queries(10):
        assert len(browser.get(BRIEFS).json()["items"]) == count


# The pages.


def fields(**changed: Any) -> dict[str, Any]:
    return {
        "title": "Season two",
        "description": "Ten episodes.",
        "client": "",
        "project": "",
        "due_date": "2030-05-01",
        "priority": "3",
        "source_language": "en",
        "languages": ["es"],
        "captions_vtt": "on",
        **changed,
    }


def test_a_brief_is_written_submitted_and_approved_on_its_pages(person: User, manager: User, client_of: Client) -> None:
    answer = signed_in(person).post("/briefs/new", fields(then="submit"))
    brief = Brief.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/briefs/{brief.pk}")
    assert (brief.status, brief.priority, brief.client) == ("submitted", 3, client_of)
    assert brief.due_date is not None
    assert brief.due_date.isoformat() == "2030-05-01T23:59:59+00:00"
    assert "It waits for approval" in signed_in(person).get(f"/briefs/{brief.pk}").content.decode()
    signed_in(manager).post(f"/briefs/{brief.pk}/approve")
    page = signed_in(manager).get(f"/briefs/{brief.pk}").content.decode()
    assert "Make a job from it" in page
    assert f'name="brief_id" value="{brief.pk}"' in page


def test_nothing_typed_is_lost_when_a_brief_is_refused(person: User, client_of: Client) -> None:
    answer = signed_in(person).post("/briefs/new", fields(title="", captions_vtt=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Ten episodes." in page
    assert "Choose at least one thing to make." in page
    assert not Brief.objects.exists()
    brief = briefs.submit_brief(written(person), actor=person)
    answer = signed_in(person).post(f"/briefs/{brief.pk}", fields(title="Typed in another window"))
    assert answer.status_code == 409
    assert "Typed in another window" in answer.content.decode()


def test_the_page_of_a_brief_lists_the_jobs_that_one_sees(person: User, manager: User, client_of: Client) -> None:
    brief = written(person)
    for title, client in (("Mine", client_of), ("Not mine", ClientFactory(organization=client_of.organization))):
        Job.objects.create(
            title=title,
            brief=brief,
            client=client,
            organization=client_of.organization,
            created_by=manager,
            source_language="en",
            filename="a.mp4",
        )
    page = signed_in(person).get(f"/briefs/{brief.pk}").content.decode()
    assert "Mine" in page
    assert "Not mine" not in page


@pytest.mark.django_db(transaction=True)
def test_two_people_who_approve_at_once_approve_once(house: Organization) -> None:
    person = UserFactory(role="client", house=house)
    managers = [UserFactory(role="project_manager", house=house) for _ in range(2)]
    brief = briefs.submit_brief(written(person, organization_id=house.pk), actor=person)
    together = Barrier(2)
    outcomes: list[str] = []

    def approve(manager: User) -> None:
        try:
            together.wait()
            briefs.approve_brief(Brief.objects.get(pk=brief.pk), actor=manager)
            outcomes.append("approved")
        except WrongStateError as error:
            outcomes.append(error.message)
        finally:
            connection.close()

    workers = [Thread(target=approve, args=[manager]) for manager in managers]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["Cannot approve a brief in status 'approved'", "approved"]
    assert Notification.objects.filter(kind="brief.approved").count() == 1
