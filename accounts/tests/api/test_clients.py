"""Clients, their managers, teams and projects over HTTP, held against accessible.yaml and the rules of tenancy."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Client, Membership, Organization, Project, Team, User
from accounts.services.people import update_user
from accounts.tests.api.conftest import Api
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, TeamFactory, UserFactory
from core.models import AuditEvent
from jobs.models import Job
from jobs.tests.factories import JobFactory

CLIENTS = "/api/v1/clients"
NOT_ADMINS = ["client", "linguist", "reviewer", "production", "project_manager"]
ENDED = [Job.Status.COMPLETED, Job.Status.CANCELLED, Job.Status.REJECTED, Job.Status.FAILED]

People = dict[str, User]
ApiFor = Callable[[str | None], Any]
Contract = Callable[[Any, str], None]


@pytest.fixture
def at(client_of_house: Client) -> str:
    return f"{CLIENTS}/{client_of_house.pk}"


@pytest.fixture
def team(client_of_house: Client) -> Team:
    return client_of_house.teams.get()


@pytest.fixture
def project(client_of_house: Client) -> Project:
    made: Project = ProjectFactory(client=client_of_house, name="Season 1")
    return made


class TestReading:
    def test_answers_keep_the_contract(
        self, api: ApiFor, at: str, team: Team, project: Project, keeps_contract: Contract
    ) -> None:
        JobFactory(client=project.client, project=project, organization=project.client.organization)
        production = api("production")
        for path, entry in [
            (CLIENTS, "list"),
            (at, "get"),
            (f"{at}/pm", "pm.list"),
            (f"{at}/teams", "teams.list"),
            (f"{at}/projects", "projects.list"),
            (f"{CLIENTS}/all-projects", "all_projects"),
        ]:
            answer = production.get(path)
            keeps_contract(answer, f"accessible.clients.{entry}")
            assert "items" not in answer.json() or answer.json()["total"] == 1
        row = production.get(f"{CLIENTS}/all-projects").json()["items"][0]
        assert (row["client_name"], row["job_count"]) == ("Meridian", 1)

    @pytest.mark.parametrize(
        ("role", "sees"),
        [
            ("client", True),
            ("linguist", True),
            ("reviewer", True),
            ("production", True),
            ("project_manager", True),
            ("house_admin", True),
            ("admin", True),
            ("stranger", False),
        ],
    )
    def test_a_client_exists_for_whom_it_concerns(self, role: str, sees: bool, api: ApiFor, at: str) -> None:
        assert api(role).get(at).status_code == (200 if sees else 404)
        assert api(role).get(CLIENTS).json()["total"] == int(sees)

    def test_in_the_same_house_it_exists_only_for_its_own_people(self, api: ApiFor, house: Organization) -> None:
        other = ClientFactory(organization=house)
        for role in ("client", "linguist", "reviewer", "project_manager"):
            answer = api(role).get(f"{CLIENTS}/{other.pk}")
            assert (answer.status_code, answer.json()) == (404, {"detail": "Client not found"})

    def test_a_foreign_client_is_like_one_that_does_not_exist(
        self, api: ApiFor, at: str, team: Team, project: Project
    ) -> None:
        person = uuid.uuid4()
        for method, path in [
            ("GET", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("GET", "/pm"),
            ("POST", "/pm"),
            ("DELETE", f"/pm/{person}"),
            ("GET", "/teams"),
            ("POST", "/teams"),
            ("PATCH", f"/teams/{team.pk}"),
            ("DELETE", f"/teams/{team.pk}"),
            ("POST", f"/teams/{team.pk}/members"),
            ("DELETE", f"/teams/{team.pk}/members/{person}"),
            ("GET", "/projects"),
            ("POST", "/projects"),
            ("PATCH", f"/projects/{project.pk}"),
            ("DELETE", f"/projects/{project.pk}"),
        ]:
            for place in (at, f"{CLIENTS}/{uuid.uuid4()}"):
                # A body that would be refused, for who may not see the client must not get as far.
                answer = api("stranger").call(
                    method, place + path, {"name": 7, "user_id": "x"} if method != "GET" else None
                )
                assert (answer.status_code, answer.json()) == (404, {"detail": "Client not found"}), (method, path)
                assert api(None).call(method, place + path).status_code == 401

    def test_things_of_another_client_are_not_found_in_this_one(
        self, api: ApiFor, at: str, house: Organization, people: People
    ) -> None:
        other = ClientFactory(organization=house)
        elsewhere, film = TeamFactory(client=other), ProjectFactory(client=other)
        admin = api("admin")
        for method, path, said in [
            ("PATCH", f"/teams/{elsewhere.pk}", "Team not found"),
            ("DELETE", f"/teams/{elsewhere.pk}", "Team not found"),
            ("POST", f"/teams/{elsewhere.pk}/members", "Team not found"),
            ("PATCH", f"/projects/{film.pk}", "Project not found"),
            ("DELETE", f"/projects/{film.pk}", "Project not found"),
            ("DELETE", f"/pm/{people['linguist'].pk}", "User not found"),
        ]:
            answer = admin.call(method, at + path, {})
            assert (answer.status_code, answer.json()["detail"]) == (404, said)

    def test_a_house_that_is_not_ones_own_has_no_clients(self, api: ApiFor, house: Organization, at: str) -> None:
        empty = {"items": [], "total": 0, "page": 1, "size": 20}
        assert api("stranger").get(f"{CLIENTS}?org_id={house.pk}").json() == empty
        assert api("production").get(f"{CLIENTS}?org_id={uuid.uuid4()}").json() == empty
        assert api("production").get(f"{CLIENTS}?org_id={house.pk}").json()["total"] == 1
        assert api("production").get(f"{CLIENTS}?org_id=7").status_code == 422

    @pytest.mark.parametrize("role", ["client", "linguist", "reviewer"])
    def test_those_outside_see_names_only(self, role: str, api: ApiFor, at: str) -> None:
        shown = api(role).get(at).json()
        assert (shown["name"], shown["notes"], shown["contact_email"]) == ("Meridian", None, None)
        assert api(role).get(CLIENTS).json()["items"][0]["notes"] is None
        assert {row["email"] for row in api(role).get(f"{at}/pm").json()["items"]} == {""}
        members = api(role).get(f"{at}/teams").json()["items"][0]["members"]
        assert {member["email"] for member in members} == {""}
        assert {member["role"] for member in members} == {"client", "linguist", "reviewer"}

    def test_those_inside_see_all_of_it(self, api: ApiFor, at: str, people: People) -> None:
        shown = api("project_manager").get(at).json()
        assert (shown["notes"], shown["contact_email"]) == ("pays late", "m@e.org")
        assert api("production").get(f"{at}/pm").json()["items"][0]["email"] == people["project_manager"].email

    def test_linguists_and_reviewers_see_their_own_teams(self, api: ApiFor, at: str, client_of_house: Client) -> None:
        TeamFactory(client=client_of_house, name="Another")
        assert {row["name"] for row in api("linguist").get(f"{at}/teams").json()["items"]} == {"Subtitles"}
        assert api("client").get(f"{at}/teams").json()["total"] == 2

    @pytest.mark.parametrize("path", ["", "/all-projects", "/{client}/pm", "/{client}/teams", "/{client}/projects"])
    def test_lists_cost_the_same_however_long(
        self, path: str, at: str, api: ApiFor, client_of_house: Client, house: Organization, count_queries: Any
    ) -> None:
        production, url = api("production"), CLIENTS + path.format(client=client_of_house.pk)
        ProjectFactory(client=client_of_house)
        one = count_queries(lambda: production.get(url))
        for _ in range(19):
            ClientFactory(organization=house)
            person = UserFactory(role=User.Role.PROJECT_MANAGER, house=house)
            client_of_house.managers.add(person)
            TeamFactory(client=client_of_house, member=person)
            JobFactory(client=client_of_house, project=ProjectFactory(client=client_of_house))
        assert production.get(url).json()["total"] == 20
        assert count_queries(lambda: production.get(url)) == one

    def test_an_admin_looking_at_a_foreign_client_leaves_one_trace(
        self, api: ApiFor, at: str, client_of_house: Client, people: People
    ) -> None:
        for path in ("", "/pm", "/teams", "/projects"):
            api("admin").get(at + path)
            api("house_admin").get(at + path)
        event = AuditEvent.objects.get(action="accounts.admin.read_foreign")
        assert (event.actor, event.subject_id) == (people["admin"], str(client_of_house.pk))

    def test_no_list_of_one_tenant_holds_anything_of_another(self, api: ApiFor) -> None:
        canary = "zq7canary"
        for n in range(5):
            foreign = OrganizationFactory(name=f"{canary} house {n}")
            member = UserFactory(name=f"{canary} {n}", email=f"{canary}{n}@example.com", house=foreign)
            client = ClientFactory(organization=foreign, name=f"{canary} client", manager=member, notes=canary)
            TeamFactory(client=client, name=f"{canary} team", member=member)
            ProjectFactory(client=client, name=f"{canary} film", description=canary, owner=member)
        paths = [CLIENTS, f"{CLIENTS}/all-projects", "/api/v1/organizations", "/api/v1/organizations/me/memberships"]
        for role in [*NOT_ADMINS, "house_admin", "stranger"]:
            person = api(role)
            for path in [*paths, f"/api/users/search?q={canary}", f"/api/users/search?q={canary}0@example.com"]:
                answer = person.get(path)
                assert answer.status_code == 200
                assert canary not in answer.content.decode(), (role, path)


class TestClients:
    def test_an_admin_makes_a_client(
        self, api: ApiFor, house: Organization, people: People, keeps_contract: Contract
    ) -> None:
        body = {"name": "Orbit", "org_id": str(house.pk), "contact_email": "o@example.com", "notes": "new"}
        answer = api("house_admin").post(CLIENTS, body)
        keeps_contract(answer, "accessible.clients.create")
        assert answer.json()["org_id"] == str(house.pk)
        # Who rules one house means that one; the platform's admin means none.
        assert api("house_admin").post(CLIENTS, {"name": "Second"}).json()["org_id"] == str(house.pk)
        assert api("admin").post(CLIENTS, {"name": "Of nobody"}).json()["org_id"] is None
        assert AuditEvent.objects.filter(action="accounts.client.create").count() == 3

    def test_who_rules_two_houses_must_say_which(self, api: ApiFor, people: People) -> None:
        Membership.objects.create(user=people["house_admin"], organization=OrganizationFactory(), role="admin")
        answer = api("house_admin").post(CLIENTS, {"name": "Orbit"})
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "org_id"])

    def test_a_client_is_made_in_ones_own_house_only(self, api: ApiFor, people: People, house: Organization) -> None:
        foreign = OrganizationFactory()
        answer = api("house_admin").post(CLIENTS, {"name": "Orbit", "org_id": str(foreign.pk)})
        assert (answer.status_code, answer.json()["detail"]) == (404, "Organization not found")
        Membership.objects.create(user=people["house_admin"], organization=foreign, role="client")
        assert api("house_admin").post(CLIENTS, {"name": "Orbit", "org_id": str(foreign.pk)}).status_code == 403

    @pytest.mark.parametrize("role", NOT_ADMINS)
    def test_nobody_else_changes_anything(
        self, role: str, api: ApiFor, at: str, team: Team, project: Project, people: People
    ) -> None:
        before = (Client.objects.count(), Team.objects.count(), Project.objects.live().count())
        calls = [
            ("POST", CLIENTS),
            ("PATCH", at),
            ("DELETE", at),
            ("POST", f"{at}/pm"),
            ("DELETE", f"{at}/pm/{people['project_manager'].pk}"),
            ("POST", f"{at}/teams"),
            ("PATCH", f"{at}/teams/{team.pk}"),
            ("DELETE", f"{at}/teams/{team.pk}"),
            ("POST", f"{at}/projects"),
            ("PATCH", f"{at}/projects/{project.pk}"),
            ("DELETE", f"{at}/projects/{project.pk}"),
        ]
        if role != "project_manager":
            calls += [
                ("POST", f"{at}/teams/{team.pk}/members"),
                ("DELETE", f"{at}/teams/{team.pk}/members/{people['client'].pk}"),
            ]
        for method, path in calls:
            answer = api(role).call(method, path, {"name": 7, "user_id": "nobody"})
            assert (answer.status_code, answer.json()["detail"]) == (403, "Insufficient role permissions"), path
        assert (Client.objects.count(), Team.objects.count(), Project.objects.live().count()) == before

    def test_a_client_is_changed_and_what_cannot_be_written_is_ignored(
        self, api: ApiFor, at: str, client_of_house: Client, keeps_contract: Contract
    ) -> None:
        body = {"name": "Meridian Films", "notes": None, "org_id": str(OrganizationFactory().pk), "deleted_at": "now"}
        answer = api("house_admin").patch(at, body)
        keeps_contract(answer, "accessible.clients.update")
        shown = answer.json()
        assert (shown["name"], shown["notes"], shown["contact_email"]) == ("Meridian Films", None, "m@e.org")
        assert shown["org_id"] == str(client_of_house.organization_id)
        assert api("house_admin").patch(at, {"name": None}).status_code == 422
        assert api("house_admin").patch(at, {"contact_email": "nowhere"}).status_code == 422

    def test_a_name_is_used_once_in_a_house(self, api: ApiFor, at: str, house: Organization) -> None:
        other = ClientFactory(organization=house, name="Orbit")
        taken = {"detail": "Client already exists"}
        made = api("admin").post(CLIENTS, {"name": "MERIDIAN", "org_id": str(house.pk)})
        renamed = api("admin").patch(f"{CLIENTS}/{other.pk}", {"name": "Meridian"})
        assert [(answer.status_code, answer.json()) for answer in (made, renamed)] == [(409, taken)] * 2
        elsewhere = {"name": "Meridian", "org_id": str(OrganizationFactory().pk)}
        assert api("admin").post(CLIENTS, elsewhere).status_code == 201

    @pytest.mark.parametrize("status", [status for status in Job.Status.values if status not in ENDED])
    def test_a_client_with_active_jobs_stays(
        self, status: str, api: ApiFor, at: str, client_of_house: Client, project: Project
    ) -> None:
        JobFactory(client=client_of_house, project=project, status=status)
        for path, said in [("", "Client has active jobs"), (f"/projects/{project.pk}", "Project has active jobs")]:
            answer = api("admin").delete(at + path)
            assert (answer.status_code, answer.json()["detail"]) == (409, said)
        assert api("admin").get(at).status_code == 200

    def test_a_client_goes_with_its_teams_and_projects_and_finished_jobs_stay(
        self, api: ApiFor, at: str, client_of_house: Client, project: Project, keeps_contract: Contract
    ) -> None:
        jobs = [JobFactory(client=client_of_house, project=project, status=status) for status in ENDED]
        keeps_contract(api("house_admin").delete(at), "accessible.clients.delete")
        for path in (at, f"{at}/teams", f"{at}/projects"):
            assert api("admin").get(path).status_code == 404
        assert api("admin").get(f"{CLIENTS}/all-projects").json()["total"] == 0
        assert api("admin").delete(at).status_code == 404
        assert Job.objects.filter(pk__in=[job.pk for job in jobs], project=project).count() == len(ENDED)
        # The name is free again.
        again = {"name": "Meridian", "org_id": str(client_of_house.organization_id)}
        assert api("admin").post(CLIENTS, again).status_code == 201


class TestManagers:
    def test_a_project_manager_of_the_house_is_assigned_once(
        self, api: ApiFor, at: str, house: Organization, keeps_contract: Contract
    ) -> None:
        manager = UserFactory(role=User.Role.PROJECT_MANAGER, house=house)
        body = {"user_id": str(manager.pk)}
        keeps_contract(api("house_admin").post(f"{at}/pm", body), "accessible.clients.pm.assign")
        again = api("house_admin").post(f"{at}/pm", body)
        assert (again.status_code, again.json()["detail"]) == (409, "Project manager already assigned")
        assert Api(manager).get(at).status_code == 200
        keeps_contract(api("house_admin").delete(f"{at}/pm/{manager.pk}"), "accessible.clients.pm.remove")
        assert Api(manager).get(at).status_code == 404

    def test_other_roles_manage_nothing(self, api: ApiFor, at: str, people: People) -> None:
        for role in ("client", "linguist", "reviewer", "production", "house_admin"):
            answer = api("admin").post(f"{at}/pm", {"user_id": str(people[role].pk)})
            assert (answer.status_code, answer.json()["detail"]) == (400, "User is not a project manager")

    def test_who_gets_another_role_manages_only_where_a_house_says_so(
        self, house: Organization, client_of_house: Client, people: People
    ) -> None:
        manager = people["project_manager"]
        elsewhere = ClientFactory(manager=manager)
        Membership.objects.create(user=manager, organization=elsewhere.organization, role="project_manager")
        ofnobody = ClientFactory(organization=None, manager=manager)
        update_user(manager, actor=people["admin"], changes={"role": "linguist"})
        assert list(manager.managed_clients.all()) == [elsewhere]
        assert not ofnobody.managers.exists()
        assert not client_of_house.managers.exists()

    def test_people_of_other_houses_are_not_found(self, api: ApiFor, at: str, team: Team) -> None:
        foreign = UserFactory(role=User.Role.PROJECT_MANAGER, house=OrganizationFactory())
        for who in (foreign.pk, uuid.uuid4()):
            for path in (f"{at}/pm", f"{at}/teams/{team.pk}/members"):
                for role in ("admin", "house_admin"):
                    answer = api(role).post(path, {"user_id": str(who)})
                    assert (answer.status_code, answer.json()["detail"]) == (404, "User not found")

    @pytest.mark.parametrize("path", ["/pm", "/teams/{team}/members"])
    def test_a_field_that_cannot_be_written_is_refused(
        self, path: str, api: ApiFor, at: str, team: Team, people: People
    ) -> None:
        url = at + path.format(team=team.pk)
        body = {"user_id": str(people["production"].pk), "role": "admin"}
        answer = api("admin").post(url, body)
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "role"])
        assert api("admin").post(url, {}).json()["detail"][0]["msg"] == "Field required"


class TestTeams:
    def test_a_team_is_made_renamed_and_deleted(self, api: ApiFor, at: str, keeps_contract: Contract) -> None:
        admin = api("house_admin")
        made = admin.post(f"{at}/teams", {"name": "Voices"})
        keeps_contract(made, "accessible.clients.teams.create")
        assert made.json()["members"] == []
        url = f"{at}/teams/{made.json()['id']}"
        keeps_contract(admin.patch(url, {"name": "Speakers"}), "accessible.clients.teams.update")
        for answer in (admin.post(f"{at}/teams", {"name": "subtitles"}), admin.patch(url, {"name": "Subtitles"})):
            assert (answer.status_code, answer.json()["detail"]) == (409, "Team already exists")
        keeps_contract(admin.delete(url), "accessible.clients.teams.delete")
        assert admin.delete(url).status_code == 404

    @pytest.mark.parametrize("role", ["project_manager", "house_admin", "admin"])
    def test_its_keepers_put_people_in_and_take_them_out(
        self, role: str, api: ApiFor, at: str, team: Team, people: People, keeps_contract: Contract
    ) -> None:
        members = f"{at}/teams/{team.pk}/members"
        body = {"user_id": str(people["production"].pk)}
        answer = api(role).post(members, body)
        keeps_contract(answer, "accessible.clients.teams.members.add")
        assert len(answer.json()["members"]) == 4
        again = api(role).post(members, body)
        assert (again.status_code, again.json()["detail"]) == (409, "User is already a team member")
        out = api(role).delete(f"{members}/{people['production'].pk}")
        keeps_contract(out, "accessible.clients.teams.members.remove")
        assert api(role).delete(f"{members}/{people['production'].pk}").json()["detail"] == "User not found"

    def test_a_project_manager_keeps_the_teams_of_their_own_clients_only(
        self, api: ApiFor, house: Organization, people: People
    ) -> None:
        # Seen through a team of it, not managed.
        other = TeamFactory(client=ClientFactory(organization=house), member=people["project_manager"])
        url = f"{CLIENTS}/{other.client_id}/teams/{other.pk}/members"
        assert api("project_manager").post(url, {"user_id": str(people["linguist"].pk)}).status_code == 403


class TestProjects:
    def test_a_project_is_made_changed_and_deleted(
        self, api: ApiFor, at: str, project: Project, keeps_contract: Contract
    ) -> None:
        admin = api("house_admin")
        made = admin.post(f"{at}/projects", {"name": "Season 2", "description": "The second", "status": "archived"})
        keeps_contract(made, "accessible.clients.projects.create")
        assert (made.json()["status"], made.json()["job_count"]) == ("active", 0)
        url = f"{at}/projects/{made.json()['id']}"
        changed = admin.patch(url, {"description": None, "status": "archived", "owner": "x"})
        keeps_contract(changed, "accessible.clients.projects.update")
        assert (changed.json()["description"], changed.json()["status"]) == (None, "archived")
        assert admin.patch(url, {"status": "archived"}).status_code == 200
        assert admin.patch(url, {"status": "active"}).json()["status"] == "active"
        assert admin.patch(url, {"status": "completed"}).status_code == 422
        for answer in (admin.post(f"{at}/projects", {"name": "SEASON 1"}), admin.patch(url, {"name": "Season 1"})):
            assert (answer.status_code, answer.json()["detail"]) == (409, "Project already exists")
        keeps_contract(admin.delete(url), "accessible.clients.projects.delete")
        assert admin.delete(url).status_code == 404
        moves = AuditEvent.objects.filter(action__startswith="accounts.project.", subject_id=made.json()["id"])
        assert {event.action.rsplit(".", 1)[1] for event in moves} == {
            "create",
            "update",
            "archive",
            "restore",
            "delete",
        }

    def test_finished_jobs_keep_their_project(self, api: ApiFor, at: str, project: Project) -> None:
        job = JobFactory(client=project.client, project=project, status=Job.Status.COMPLETED)
        assert api("admin").delete(f"{at}/projects/{project.pk}").status_code == 204
        job.refresh_from_db()
        assert job.project_id == project.pk

    def test_a_collaborator_from_outside_sees_the_project_and_not_the_client(
        self, api: ApiFor, at: str, project: Project
    ) -> None:
        guest = UserFactory()
        project.members.add(guest)
        assert [row["name"] for row in Api(guest).get(f"{CLIENTS}/all-projects").json()["items"]] == ["Season 1"]
        assert Api(guest).get(f"{at}/projects").status_code == 404
