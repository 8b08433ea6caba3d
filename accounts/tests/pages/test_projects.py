"""Pages of projects and whom they are shared with."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Invitation, Project, ProjectMember, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db

R = User.Role
S = Project.Status


@pytest.fixture
def owner() -> User:
    return UserFactory(name="Olga Owner")


@pytest.fixture
def project(owner: User) -> Project:
    return ProjectFactory(owner=owner, name="Night Train", description="A film about sleep.")


@pytest.fixture
def helper(project: Project) -> User:
    user = UserFactory(name="Harry Helper")
    ProjectMember.objects.create(project=project, user=user, role="collaborator")
    return user


@pytest.fixture
def watcher(project: Project) -> User:
    user = UserFactory(name="Wanda Watcher")
    ProjectMember.objects.create(project=project, user=user, role="viewer")
    return user


def see(browser: Browser, user: User, path: str, **query: Any) -> str:
    browser.force_login(user)
    answer = browser.get(path, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def way_to(project: Project, rest: str = "") -> str:
    return f"/projects/{project.pk}{rest}"


def queries_of(browser: Browser, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


# ---- the list


def test_everybody_makes_projects(client: Browser) -> None:
    client.force_login(UserFactory(role=R.LINGUIST))
    answer = client.post("/projects", {"name": "Night Train", "description": ""}, follow=True)
    assert "Night Train" in answer.content.decode()
    assert client.post("/projects", {"name": ""}).status_code == 422


def test_the_chips_tell_own_shared_and_client_projects_apart(client: Browser, owner: User, project: Project) -> None:
    shared = ProjectFactory(name="Shared Thing", collaborator=owner)
    clients = ProjectFactory(name="Museum Thing", client=ClientFactory(person=owner))
    shelved = ProjectFactory(owner=owner, name="Old Thing", status=S.ARCHIVED)
    ProjectFactory(name="Foreign Thing")
    wanted = {"mine": project, "shared": shared, "client": clients, "archived": shelved}
    for scope, only in wanted.items():
        page = see(client, owner, "/projects", scope=scope)
        assert "1 project" in page
        assert only.name in page
    page = see(client, owner, "/projects")
    assert "3 projects" in page
    assert "Foreign Thing" not in page
    assert "No project fits" in see(client, owner, "/projects", q="nothing like it")


def test_the_list_costs_the_same_for_one_project_and_for_fifteen(
    client: Browser, owner: User, project: Project
) -> None:
    client.force_login(owner)
    few = queries_of(client, "/projects")
    for _ in range(15):
        ProjectFactory(owner=owner, collaborator=UserFactory())
        ProjectFactory(collaborator=owner, client=ClientFactory())
    assert queries_of(client, "/projects") == few


# ---- one project


def test_a_project_of_others_does_not_exist(client: Browser, project: Project) -> None:
    client.force_login(UserFactory(role=R.PRODUCTION, house=OrganizationFactory()))
    assert client.get(way_to(project)).status_code == 404
    for rest in ("/edit", "/archive", "/restore", "/delete", "/collaborators"):
        assert client.post(way_to(project, rest), {}).status_code == 404


def test_a_collaborator_edits_and_shares_nothing(client: Browser, project: Project, helper: User) -> None:
    page = see(client, helper, way_to(project))
    assert way_to(project, "/edit") in page
    for rest in ("/archive", "/delete", "/collaborators"):
        assert f'"{way_to(project, rest)}"' not in page
        assert client.post(way_to(project, rest), {}).status_code == 403
    client.post(way_to(project, "/edit"), {"name": "Day Train", "description": "", "status": "active"})
    project.refresh_from_db()
    assert project.name == "Day Train"


def test_a_viewer_changes_nothing_and_is_told_why(client: Browser, project: Project, watcher: User) -> None:
    page = see(client, watcher, way_to(project))
    assert "You may look at this project, not change it." in page
    assert "Only the owner of the project does this." in page
    assert client.post(way_to(project, "/edit"), {"name": ""}).status_code == 403


def test_the_page_costs_the_same_for_one_collaborator_and_for_ten(
    client: Browser, owner: User, project: Project, helper: User
) -> None:
    client.force_login(owner)
    few = queries_of(client, way_to(project))
    for _ in range(10):
        ProjectMember.objects.create(project=project, user=UserFactory())
    assert queries_of(client, way_to(project)) == few


def test_the_state_moves_only_as_the_workflow_allows(client: Browser, owner: User, project: Project) -> None:
    project.status = S.COMPLETED
    project.save()
    page = see(client, owner, way_to(project, "/edit"))
    assert 'value="active"' in page
    assert 'value="on-hold"' not in page
    fields = {"name": project.name, "description": "", "status": "on-hold"}
    assert client.post(way_to(project, "/edit"), fields).status_code == 422
    client.post(way_to(project, "/edit"), {**fields, "status": "active"})
    project.refresh_from_db()
    assert project.status == S.ACTIVE


def test_archiving_and_restoring(client: Browser, owner: User, project: Project) -> None:
    client.force_login(owner)
    answer = client.post(way_to(project, "/archive"), follow=True)
    assert "This project is archived" in answer.content.decode()
    assert "Night Train" not in see(client, owner, "/projects")
    # Twice at once: the second is told, and nothing breaks.
    answer = client.post(way_to(project, "/archive"), follow=True)
    assert "Cannot archive a project that is archived." in answer.content.decode()
    client.post(way_to(project, "/restore"))
    project.refresh_from_db()
    assert project.status == S.ACTIVE


def test_deleting_asks_once_and_hides_the_project_from_all(client: Browser, owner: User, project: Project) -> None:
    assert "Delete the project “Night Train”?" in see(client, owner, way_to(project, "/delete"))
    assert client.get(way_to(project)).status_code == 200
    client.post(way_to(project, "/delete"))
    assert client.get(way_to(project)).status_code == 404


# ---- sharing


def test_known_and_unknown_addresses_are_answered_alike(client: Browser, owner: User, project: Project) -> None:
    UserFactory(email="known@example.com")
    client.force_login(owner)
    said = []
    for email in ("known@example.com", "unknown@example.com"):
        answer = client.post(way_to(project, "/collaborators"), {"email": email, "role": "viewer"}, follow=True)
        said.append(answer.content.decode().count(f"An invitation is on its way to {email}."))
    assert said == [1, 1]
    assert set(Invitation.objects.values_list("project_role", flat=True)) == {"viewer"}
    assert not ProjectMember.objects.exists()


def test_inviting_twice_is_refused_above_the_form(client: Browser, owner: User, project: Project) -> None:
    client.force_login(owner)
    fields = {"email": "new@example.com", "role": "collaborator"}
    client.post(way_to(project, "/collaborators"), fields)
    answer = client.post(way_to(project, "/collaborators"), fields)
    assert answer.status_code == 409
    assert "Already invited" in answer.content.decode()
    assert client.post(way_to(project, "/collaborators"), {"email": "junk"}).status_code == 422


def test_an_owner_stops_sharing_and_a_collaborator_leaves(
    client: Browser, owner: User, project: Project, helper: User, watcher: User
) -> None:
    path = way_to(project, f"/collaborators/{watcher.pk}/remove")
    assert "Stop sharing “Night Train” with Wanda Watcher?" in see(client, owner, path)
    client.post(path)
    path = way_to(project, f"/collaborators/{helper.pk}/remove")
    assert "Leave “Night Train”?" in see(client, helper, path)
    assert client.post(path).headers["Location"] == "/projects"
    assert not ProjectMember.objects.exists()


def test_only_the_owner_changes_what_a_collaborator_may_do(
    client: Browser, owner: User, project: Project, helper: User, watcher: User
) -> None:
    path = way_to(project, f"/collaborators/{watcher.pk}")
    client.force_login(helper)
    assert client.post(path, {"role": "junk"}).status_code == 403
    client.force_login(owner)
    client.post(path, {"role": "junk"})
    assert project.memberships.get(user=watcher).role == "viewer"
    answer = client.post(path, {"role": "collaborator"}, follow=True)
    assert "Wanda Watcher is collaborator here now." in answer.content.decode()
    assert project.memberships.get(user=watcher).role == "collaborator"
    assert client.post(way_to(project, f"/collaborators/{owner.pk}"), {"role": "viewer"}).status_code == 404


def test_a_collaborator_cannot_remove_others(client: Browser, project: Project, helper: User, watcher: User) -> None:
    client.force_login(helper)
    assert client.post(way_to(project, f"/collaborators/{watcher.pk}/remove")).status_code == 403
    assert ProjectMember.objects.filter(user=watcher).exists()
