"""Pages of clients, their managers, teams and projects."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Client, ClientManager, Organization, Project, Team, TeamMember, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, TeamFactory, UserFactory
from jobs.tests.factories import JobFactory

pytestmark = pytest.mark.django_db

R = User.Role


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory(name="Northlight Film")


@pytest.fixture
def admin() -> User:
    return UserFactory(role=R.ADMIN, is_staff=True, name="Mara Lindqvist")


@pytest.fixture
def manager(house: Organization) -> User:
    return UserFactory(role=R.PROJECT_MANAGER, name="Pia Planner", house=house)


@pytest.fixture
def museum(house: Organization, manager: User) -> Client:
    return ClientFactory(
        name="City Museum",
        organization=house,
        manager=manager,
        contact_email="desk@museum.example",
        notes="Canary note",
    )


@pytest.fixture
def team(museum: Client) -> Team:
    return TeamFactory(client=museum, name="Captions")


def see(browser: Browser, user: User, path: str, **query: Any) -> str:
    browser.force_login(user)
    answer = browser.get(path, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def way_to(client: Client, rest: str = "") -> str:
    return f"/clients/{client.pk}{rest}"


def queries_of(browser: Browser, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


# ---- the list


def test_managers_see_their_clients_and_production_the_houses(
    client: Browser, house: Organization, museum: Client, manager: User
) -> None:
    ClientFactory(name="Sister Client", organization=house)
    ClientFactory(name="Foreign Client")
    page = see(client, manager, "/clients")
    assert "City Museum" in page
    assert "Sister Client" not in page
    page = see(client, UserFactory(role=R.PRODUCTION, house=house), "/clients")
    assert "Sister Client" in page
    assert "Foreign Client" not in page


@pytest.mark.parametrize("role", [R.LINGUIST, R.REVIEWER])
def test_linguists_and_reviewers_have_no_list_of_clients(client: Browser, house: Organization, role: str) -> None:
    client.force_login(UserFactory(role=role, house=house))
    assert client.get("/clients").status_code == 403


def test_the_list_costs_the_same_for_one_client_and_for_fifteen(
    client: Browser, house: Organization, museum: Client, admin: User
) -> None:
    client.force_login(admin)
    few = queries_of(client, "/clients")
    for _ in range(15):
        ClientFactory(organization=house, manager=UserFactory())
    assert queries_of(client, "/clients") == few


def test_an_admin_adds_a_client_to_a_house(client: Browser, house: Organization, admin: User) -> None:
    client.force_login(admin)
    fields = {"name": "City Museum", "organization": house.pk, "contact_email": "", "notes": ""}
    answer = client.post("/clients", fields, follow=True)
    assert "City Museum" in answer.content.decode()
    assert client.post("/clients", fields).status_code == 409
    assert client.post("/clients", {**fields, "name": ""}).status_code == 422


def test_a_houses_admin_adds_clients_to_their_own_house_only(client: Browser, house: Organization) -> None:
    keeper = UserFactory(role=R.PRODUCTION)
    house.memberships.create(user=keeper, role=R.ADMIN)
    client.force_login(keeper)
    foreign = OrganizationFactory()
    fields = {"name": "City Museum", "contact_email": "", "notes": ""}
    assert client.post("/clients", {**fields, "organization": foreign.pk}).status_code == 422
    assert client.post("/clients", fields).status_code == 422
    assert client.post("/clients", {**fields, "organization": house.pk}).status_code == 302
    assert Client.objects.get().organization == house


def test_a_project_manager_cannot_add_clients(client: Browser, manager: User) -> None:
    assert "New client" not in see(client, manager, "/clients")
    assert client.post("/clients", {"name": ""}).status_code == 403


# ---- one client


def test_a_foreign_client_does_not_exist(client: Browser, house: Organization, museum: Client, team: Team) -> None:
    client.force_login(UserFactory(role=R.PROJECT_MANAGER, house=OrganizationFactory()))
    for rest in ("", "/edit", "/delete"):
        assert client.get(way_to(museum, rest)).status_code == 404
    for rest in ("/managers", "/teams", "/projects", "/delete"):
        assert client.post(way_to(museum, rest), {}).status_code == 404
    assert client.post(f"/teams/{team.pk}/members", {}).status_code == 404


def test_people_of_the_client_see_no_contact_and_no_notes(client: Browser, museum: Client, team: Team) -> None:
    person = UserFactory(role=R.CLIENT)
    TeamMember.objects.create(team=team, user=person)
    page = see(client, person, way_to(museum))
    assert "City Museum" in page
    assert "Canary note" not in page
    assert "desk@museum.example" not in page


def test_its_manager_sees_everything_and_changes_teams_only(
    client: Browser, house: Organization, museum: Client, team: Team, manager: User
) -> None:
    ada = UserFactory(name="Ada Byron", role=R.LINGUIST, house=house)
    page = see(client, manager, way_to(museum))
    assert "Canary note" in page
    assert f"/teams/{team.pk}/members" in page
    for rest in ("/edit", "/delete", "/managers", "/teams", "/projects"):
        assert f'"{way_to(museum, rest)}"' not in page
        assert client.post(way_to(museum, rest), {}).status_code == 403
    answer = client.post(f"/teams/{team.pk}/members", {"user": ada.pk}, follow=True)
    assert "Ada Byron is in Captions now." in answer.content.decode()
    assert "Remove Ada Byron from Captions?" in see(client, manager, f"/teams/{team.pk}/members/{ada.pk}/remove")
    client.post(f"/teams/{team.pk}/members/{ada.pk}/remove")
    assert not TeamMember.objects.filter(team=team).exists()


def test_nobody_of_another_house_gets_into_a_team(client: Browser, museum: Client, team: Team, manager: User) -> None:
    stranger = UserFactory(house=OrganizationFactory())
    client.force_login(manager)
    answer = client.post(f"/teams/{team.pk}/members", {"user": stranger.pk}, follow=True)
    assert "Choose one of the people of the house." in answer.content.decode()
    assert not TeamMember.objects.exists()


def test_the_page_costs_the_same_for_one_team_and_for_ten(
    client: Browser, house: Organization, museum: Client, team: Team, manager: User
) -> None:
    TeamMember.objects.create(team=team, user=UserFactory(house=house))
    ProjectFactory(client=museum)
    client.force_login(manager)
    few = queries_of(client, way_to(museum))
    for _ in range(10):
        TeamFactory(client=museum, member=UserFactory(house=house))
        ProjectFactory(client=museum)
    assert queries_of(client, way_to(museum)) == few


def test_an_admin_assigns_and_takes_away_a_manager(
    client: Browser, house: Organization, museum: Client, admin: User
) -> None:
    second = UserFactory(name="Second Manager", role=R.PROJECT_MANAGER, house=house)
    linguist = UserFactory(role=R.LINGUIST, house=house)
    page = see(client, admin, way_to(museum))
    assert f'value="{second.pk}"' in page
    client.post(way_to(museum, "/managers"), {"user": linguist.pk})
    assert not ClientManager.objects.filter(user=linguist).exists()
    client.post(way_to(museum, "/managers"), {"user": second.pk})
    assert ClientManager.objects.filter(client=museum, user=second).exists()
    path = way_to(museum, f"/managers/{second.pk}/remove")
    assert "Take City Museum from Second Manager?" in see(client, admin, path)
    client.post(path)
    assert not ClientManager.objects.filter(client=museum, user=second).exists()


def test_an_admin_edits_the_client(client: Browser, museum: Client, admin: User) -> None:
    assert "Canary note" in see(client, admin, way_to(museum, "/edit"))
    client.post(way_to(museum, "/edit"), {"name": "Town Museum", "contact_email": "", "notes": ""})
    museum.refresh_from_db()
    assert (museum.name, museum.notes) == ("Town Museum", "")
    assert client.post(way_to(museum, "/edit"), {"name": "", "contact_email": "x"}).status_code == 422


def test_an_admin_makes_renames_and_deletes_teams_and_makes_projects(
    client: Browser, museum: Client, admin: User
) -> None:
    client.force_login(admin)
    client.post(way_to(museum, "/teams"), {"name": "Voices"})
    team = Team.objects.get()
    client.post(f"/teams/{team.pk}/edit", {"name": "Speakers"})
    team.refresh_from_db()
    assert team.name == "Speakers"
    assert "Delete the team “Speakers”?" in see(client, admin, f"/teams/{team.pk}/delete")
    client.post(f"/teams/{team.pk}/delete")
    assert not Team.objects.exists()
    client.post(way_to(museum, "/projects"), {"name": "Spring"})
    assert Project.objects.get(client=museum).name == "Spring"


def test_a_client_with_work_under_way_stays_and_the_page_says_why(client: Browser, museum: Client, admin: User) -> None:
    JobFactory(client=museum)
    client.force_login(admin)
    answer = client.post(way_to(museum, "/delete"), follow=True)
    assert "Client has active jobs" in answer.content.decode()
    assert Client.objects.live().filter(pk=museum.pk).exists()


def test_deleting_a_client_asks_once_and_hides_it_with_its_projects(
    client: Browser, museum: Client, admin: User
) -> None:
    project = ProjectFactory(client=museum)
    assert "Delete the client “City Museum”?" in see(client, admin, way_to(museum, "/delete"))
    client.post(way_to(museum, "/delete"))
    assert client.get(way_to(museum)).status_code == 404
    assert client.get(f"/projects/{project.pk}").status_code == 404
