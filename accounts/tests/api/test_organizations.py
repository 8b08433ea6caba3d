"""Organisations over HTTP, held against accessible.yaml and the rules of tenancy."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import Invitation, Membership, Organization, User
from accounts.services import houses, invitations
from accounts.tests.api.conftest import Api
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, TeamFactory, UserFactory
from core.errors import ConflictError
from core.mail.models import Letter
from core.models import AuditEvent

ORGANIZATIONS = "/api/v1/organizations"
NOT_ADMINS = ["client", "linguist", "reviewer", "production", "project_manager"]

People = dict[str, User]
ApiFor = Callable[[str | None], Any]
Contract = Callable[[Any, str], None]


@pytest.fixture
def at(house: Organization) -> str:
    return f"{ORGANIZATIONS}/{house.pk}"


def place_of(user: User, house: Organization) -> Membership | None:
    return Membership.objects.filter(user=user, organization=house).first()


class TestReading:
    def test_answers_keep_the_contract(self, api: ApiFor, at: str, keeps_contract: Contract) -> None:
        production = api("production")
        keeps_contract(production.get(ORGANIZATIONS), "accessible.organizations.list")
        keeps_contract(production.get(at), "accessible.organizations.get")
        keeps_contract(production.get(f"{at}/members"), "accessible.organizations.members.list")
        keeps_contract(production.get(f"{ORGANIZATIONS}/me/memberships"), "accessible.organizations.my_memberships")

    def test_people_see_their_own_houses_and_admins_all(self, api: ApiFor, people: People) -> None:
        assert [row["name"] for row in api("linguist").get(ORGANIZATIONS).json()["items"]] == ["Northlight"]
        assert api("admin").get(ORGANIZATIONS).json()["total"] == 2
        assert api("admin").get(f"{ORGANIZATIONS}/me/memberships").json()["items"] == []

    def test_a_foreign_house_is_like_one_that_does_not_exist(self, api: ApiFor, at: str) -> None:
        stranger = api("stranger")
        nowhere = f"{ORGANIZATIONS}/{uuid.uuid4()}"
        for method, path, body in [
            ("GET", "", None),
            ("PATCH", "", {"nothing": "right"}),
            ("GET", "/members?page=no", None),
            ("POST", "/members", {}),
            ("PATCH", f"/members/{uuid.uuid4()}", {}),
            ("DELETE", f"/members/{uuid.uuid4()}", None),
        ]:
            foreign, absent = stranger.call(method, at + path, body), stranger.call(method, nowhere + path, body)
            assert (foreign.status_code, foreign.json()) == (404, {"detail": "Organization not found"})
            assert (absent.status_code, absent.json()) == (404, {"detail": "Organization not found"})

    def test_nobody_is_told_to_sign_in(self, api: ApiFor, at: str) -> None:
        for path in (ORGANIZATIONS, at, f"{at}/members", f"{ORGANIZATIONS}/me/memberships"):
            answer = api(None).get(path)
            assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})

    def test_members_of_a_closed_house_do_not_see_it(self, api: ApiFor, at: str, house: Organization) -> None:
        Organization.objects.filter(pk=house.pk).update(is_active=False)
        assert api("production").get(at).status_code == 404
        assert api("production").get(f"{ORGANIZATIONS}/me/memberships").json()["total"] == 0
        assert api("admin").get(at).json()["is_active"] is False

    def test_clients_see_names_only_and_linguists_and_reviewers_no_list(self, api: ApiFor, at: str) -> None:
        assert {row["email"] for row in api("client").get(f"{at}/members").json()["items"]} == {""}
        assert "" not in {row["email"] for row in api("production").get(f"{at}/members").json()["items"]}
        for role in ("linguist", "reviewer"):
            answer = api(role).get(f"{at}/members?size=none")
            assert (answer.status_code, answer.json()["detail"]) == (403, "Insufficient role permissions")

    def test_a_size_above_the_largest_is_clamped(self, api: ApiFor) -> None:
        assert api("admin").get(f"{ORGANIZATIONS}?size=1000").json()["size"] == 100
        assert api("admin").get(f"{ORGANIZATIONS}?page=0").status_code == 422

    def test_deleted_people_are_members_of_nothing(self, api: ApiFor, at: str, people: People) -> None:
        before = api("admin").get(at).json()["member_count"]
        User.objects.filter(pk=people["linguist"].pk).update(deleted_at="2026-01-01T00:00:00Z")
        assert api("admin").get(at).json()["member_count"] == before - 1
        listed = {row["user_id"] for row in api("admin").get(f"{at}/members").json()["items"]}
        assert str(people["linguist"].pk) not in listed
        gone = api("admin").delete(f"{at}/members/{people['linguist'].pk}")
        assert (gone.status_code, gone.json()["detail"]) == (404, "User not found")

    @pytest.mark.parametrize("path", ["", "/me/memberships", "/{house}/members"])
    def test_lists_cost_the_same_however_long(self, path: str, count_queries: Any, db: None) -> None:
        user, house = UserFactory(role=User.Role.PRODUCTION), OrganizationFactory()
        Membership.objects.create(user=user, organization=house)
        person, url = Api(user), ORGANIZATIONS + path.format(house=house.pk)
        one = count_queries(lambda: person.get(url))
        for _ in range(19):
            UserFactory(house=house)
            Membership.objects.create(user=user, organization=OrganizationFactory())
        assert person.get(url).json()["total"] == 20
        assert count_queries(lambda: person.get(url)) == one

    def test_an_admin_looking_into_a_foreign_house_leaves_one_trace_an_hour(
        self, api: ApiFor, at: str, people: People, house: Organization
    ) -> None:
        api("admin").get(at)
        api("admin").get(f"{at}/members")
        api("house_admin").get(at)
        event = AuditEvent.objects.get(action="accounts.admin.read_foreign")
        assert (event.actor, event.subject_id) == (people["admin"], str(house.pk))


class TestChanging:
    def test_an_admin_makes_a_house_with_a_slug_of_its_name(self, api: ApiFor, keeps_contract: Contract) -> None:
        admin = api("admin")
        first = admin.post(ORGANIZATIONS, {"name": "Studio Æther & Sons"})
        keeps_contract(first, "accessible.organizations.create")
        assert (first.json()["slug"], first.json()["member_count"]) == ("studio-ther-sons", 0)
        assert admin.post(ORGANIZATIONS, {"name": "Studio Æther: Sons"}).json()["slug"] == "studio-ther-sons-2"
        assert admin.post(ORGANIZATIONS, {"name": "東京スタジオ"}).json()["slug"] == "house"
        assert AuditEvent.objects.filter(action="accounts.organization.create").count() == 3

    @pytest.mark.parametrize(
        "body", [{"name": "NORTHLIGHT"}, {"name": "Another", "slug": "northlight"}], ids=["name", "slug"]
    )
    def test_a_name_and_a_slug_are_taken_once(self, api: ApiFor, people: People, body: dict[str, str]) -> None:
        taken = {"detail": "Organization already exists"}
        answer = api("admin").post(ORGANIZATIONS, body)
        assert (answer.status_code, answer.json()) == (409, taken)
        other = OrganizationFactory()
        answer = api("admin").patch(f"{ORGANIZATIONS}/{other.pk}", body)
        assert (answer.status_code, answer.json()) == (409, taken)

    @pytest.mark.parametrize("role", [*NOT_ADMINS, "house_admin"])
    def test_only_the_platforms_admin_makes_houses(self, role: str, api: ApiFor) -> None:
        answer = api(role).post(ORGANIZATIONS, {"not": "valid"})
        assert (answer.status_code, answer.json()["detail"]) == (403, "Insufficient role permissions")

    @pytest.mark.parametrize("role", NOT_ADMINS)
    def test_members_change_nothing(self, role: str, api: ApiFor, at: str, people: People, house: Organization) -> None:
        other = people["client" if role != "client" else "linguist"]
        for method, path in [
            ("PATCH", ""),
            ("POST", "/members"),
            ("PATCH", f"/members/{other.pk}"),
            ("DELETE", f"/members/{other.pk}"),
        ]:
            answer = api(role).call(method, at + path, {"role": 7})
            assert (answer.status_code, answer.json()["detail"]) == (403, "Insufficient role permissions")
        assert house.memberships.count() == len(NOT_ADMINS) + 1

    def test_a_house_is_renamed_and_what_cannot_be_written_is_ignored(
        self, api: ApiFor, at: str, house: Organization, keeps_contract: Contract
    ) -> None:
        answer = api("house_admin").patch(at, {"name": "Southlight", "id": str(uuid.uuid4()), "member_count": 99})
        keeps_contract(answer, "accessible.organizations.update")
        assert (answer.json()["name"], answer.json()["id"]) == ("Southlight", str(house.pk))
        assert answer.json()["member_count"] == len(NOT_ADMINS) + 1

    def test_only_the_platforms_admin_closes_a_house(self, api: ApiFor, at: str) -> None:
        assert api("house_admin").patch(at, {"is_active": False}).status_code == 403
        assert api("admin").patch(at, {"is_active": False}).json()["is_active"] is False

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": ""}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": 7}, "name"),
            ({"name": "A", "slug": "no slug"}, "slug"),
            ([], None),
        ],
    )
    def test_a_wrong_body_names_its_field(self, api: ApiFor, body: Any, field: str | None) -> None:
        answer = api("admin").post(ORGANIZATIONS, body)
        assert answer.status_code == 422
        assert field is None or answer.json()["detail"][0]["loc"] == ["body", field]


class TestMembers:
    def test_a_known_person_joins_at_once(
        self, api: ApiFor, at: str, house: Organization, keeps_contract: Contract
    ) -> None:
        someone, other = UserFactory(), UserFactory(email="known@example.com")
        answer = api("admin").post(f"{at}/members", {"user_id": str(someone.pk), "role": "linguist"})
        keeps_contract(answer, "accessible.organizations.members.add")
        answer = api("admin").post(f"{at}/members", {"email": "KNOWN@example.com", "role": "reviewer"})
        assert (answer.status_code, answer.json()["user_id"], answer.json()["status"]) == (201, str(other.pk), "active")
        assert place_of(other, house).role == "reviewer"

    def test_an_unknown_address_is_invited(self, api: ApiFor, at: str, house: Organization) -> None:
        answer = api("house_admin").post(f"{at}/members", {"email": "New@Example.com", "role": "linguist"})
        body = answer.json()
        assert answer.status_code == 201
        assert (body["user_id"], body["status"], body["email"]) == (None, "invited", "new@example.com")
        invitation = Invitation.objects.get(pk=body["invitation_id"])
        assert (invitation.organization, invitation.role) == (house, "linguist")
        assert Letter.objects.get(template="invitation").to == "new@example.com"

    def test_a_houses_admin_cannot_tell_a_foreign_address_from_an_unknown_one(
        self, api: ApiFor, at: str, people: People, house: Organization
    ) -> None:
        foreign = api("house_admin").post(f"{at}/members", {"email": people["stranger"].email, "role": "client"}).json()
        assert (foreign["user_id"], foreign["status"], foreign["name"]) == (None, "invited", None)
        assert place_of(people["stranger"], house) is None
        answer = api("house_admin").post(f"{at}/members", {"user_id": str(people["stranger"].pk), "role": "client"})
        assert (answer.status_code, answer.json()["detail"]) == (404, "User not found")

    def test_who_is_there_is_not_added_again(self, api: ApiFor, at: str, people: People) -> None:
        for who in ({"user_id": str(people["client"].pk)}, {"email": people["client"].email}):
            answer = api("house_admin").post(f"{at}/members", {**who, "role": "client"})
            assert (answer.status_code, answer.json()["detail"]) == (409, "User is already a member")

    def test_somebody_must_be_named(self, api: ApiFor, at: str) -> None:
        answer = api("admin").post(f"{at}/members", {"role": "client"})
        assert (answer.status_code, answer.json()) == (400, {"detail": "user_id or email is required"})

    @pytest.mark.parametrize("field", ["status", "is_staff", "org_id", "tier", "id"])
    def test_a_field_that_cannot_be_written_is_refused(
        self, field: str, api: ApiFor, at: str, people: People, house: Organization
    ) -> None:
        someone = UserFactory()
        for method, path, body in [
            ("POST", "/members", {"user_id": str(someone.pk), "role": "client"}),
            ("PATCH", f"/members/{people['client'].pk}", {"role": "reviewer"}),
        ]:
            answer = api("admin").call(method, at + path, {**body, field: "x"})
            assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", field])
        assert place_of(someone, house) is None
        assert place_of(people["client"], house).effective_role == "client"

    def test_a_new_role_ends_the_persons_sign_ins(
        self, api: ApiFor, at: str, people: People, house: Organization, keeps_contract: Contract
    ) -> None:
        linguist = api("linguist")
        assert linguist.get(at).status_code == 200
        answer = api("house_admin").patch(f"{at}/members/{people['linguist'].pk}", {"role": "reviewer"})
        keeps_contract(answer, "accessible.organizations.members.update")
        assert answer.json()["role"] == "reviewer"
        assert linguist.get(at).status_code == 401
        event = AuditEvent.objects.get(action="accounts.member.change_role")
        assert (event.before, event.after, event.actor) == ("linguist", "reviewer", people["house_admin"])

    def test_a_houses_admin_makes_no_admins_of_the_platform(self, api: ApiFor, at: str, people: People) -> None:
        api("house_admin").patch(f"{at}/members/{people['linguist'].pk}", {"role": "admin"})
        people["linguist"].refresh_from_db()
        assert people["linguist"].role == "linguist"
        promoted = User.objects.get(pk=people["linguist"].pk)
        assert not promoted.is_platform_admin
        assert promoted.houses_as("admin")

    def test_nobody_changes_their_own_role(self, api: ApiFor, at: str, people: People, house: Organization) -> None:
        own = f"{at}/members/{people['house_admin'].pk}"
        for answer in (api("house_admin").patch(own, {"bad": 1}), api("house_admin").delete(own)):
            assert (answer.status_code, answer.json()["reason"]) == (403, "Nobody changes their own role.")
        itself = api("admin").post(f"{at}/members", {"email": people["admin"].email, "role": "admin"})
        assert itself.status_code == 403
        assert api("client").patch(f"{at}/members/{people['client'].pk}", {"role": "admin"}).status_code == 403
        assert place_of(people["client"], house).effective_role == "client"

    def test_the_last_admin_of_a_house_stays(self, api: ApiFor, at: str, people: People, house: Organization) -> None:
        last = f"{at}/members/{people['house_admin'].pk}"
        refused = {"detail": houses.LAST_ADMIN}
        demoted, removed = api("admin").patch(last, {"role": "client"}), api("admin").delete(last)
        assert (demoted.status_code, demoted.json()) == (409, refused)
        assert (removed.status_code, removed.json()) == (409, refused)
        # Somebody who cannot sign in does not rule a house.
        closed = UserFactory(is_active=False)
        Membership.objects.create(user=closed, organization=house, role="admin")
        assert api("admin").delete(last).status_code == 409
        User.objects.filter(pk=closed.pk).update(is_active=True)
        assert api("admin").delete(last).status_code == 204

    def test_whoever_leaves_a_house_leaves_its_clients_teams_and_projects(
        self, api: ApiFor, at: str, people: People, house: Organization, client_of_house: Any
    ) -> None:
        manager, linguist = people["project_manager"], people["linguist"]
        project = ProjectFactory(client=client_of_house, collaborator=linguist)
        elsewhere = TeamFactory(client=ClientFactory(), member=linguist)
        assert api("house_admin").delete(f"{at}/members/{manager.pk}").status_code == 204
        assert api("house_admin").delete(f"{at}/members/{linguist.pk}").status_code == 204
        assert not client_of_house.managers.exists()
        assert not project.members.exists()
        assert list(linguist.teams.all()) == [elsewhere]
        assert User.objects.filter(pk=linguist.pk, is_active=True).exists()

    def test_who_stops_being_a_project_manager_manages_nothing(
        self, api: ApiFor, at: str, people: People, client_of_house: Any
    ) -> None:
        api("admin").patch(f"{at}/members/{people['project_manager'].pk}", {"role": "linguist"})
        assert not client_of_house.managers.exists()

    def test_what_a_former_admin_promised_is_void(
        self, api: ApiFor, at: str, people: People, house: Organization
    ) -> None:
        other = UserFactory()
        Membership.objects.create(user=other, organization=house, role="admin")
        sent = invitations.invite(email="friend@example.com", role="admin", organization=house, invited_by=other)
        api("admin").delete(f"{at}/members/{other.pk}")
        sent.refresh_from_db()
        assert sent.revoked_at is not None

    def test_a_person_of_no_house_is_not_found_in_it(self, api: ApiFor, at: str, people: People) -> None:
        for method in ("PATCH", "DELETE"):
            for who in (people["stranger"].pk, uuid.uuid4()):
                answer = api("house_admin").call(method, f"{at}/members/{who}", {"role": "nonsense"})
                assert (answer.status_code, answer.json()["detail"]) == (404, "User not found")

    def test_checks_come_in_one_order(self, api: ApiFor, at: str, people: People) -> None:
        wrong, member = {"role": "king"}, people["client"].pk
        right = {"user_id": str(member), "role": "client"}
        for role, body, status in [
            (None, wrong, 401),
            ("stranger", wrong, 404),
            ("production", wrong, 403),
            ("house_admin", {**right, **wrong}, 422),
            ("house_admin", right, 409),
        ]:
            assert api(role).post(f"{at}/members", body).status_code == status
        for role, who, body, status in [
            (None, uuid.uuid4(), wrong, 401),
            ("stranger", member, wrong, 404),
            ("production", uuid.uuid4(), wrong, 404),
            ("linguist", uuid.uuid4(), wrong, 403),
            ("production", member, wrong, 403),
            ("house_admin", member, wrong, 422),
            ("admin", people["house_admin"].pk, wrong, 422),
            ("admin", people["house_admin"].pk, {"role": "client"}, 409),
        ]:
            assert api(role).patch(f"{at}/members/{who}", body).status_code == status, (role, who)

    def test_an_unknown_role_is_refused(self, api: ApiFor, at: str, people: People) -> None:
        answer = api("admin").patch(f"{at}/members/{people['client'].pk}", {"role": "owner"})
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "role"])


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one() -> None:
    house: Organization = OrganizationFactory()
    first, second = (Membership.objects.create(user=UserFactory(), organization=house, role="admin") for _ in range(2))
    both, errors = threading.Barrier(2), []

    def demote(target: Membership, actor: User) -> None:
        try:
            both.wait(10)
            houses.change_member_role(target, role="client", actor=actor)
        except ConflictError as error:
            errors.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((first, second.user), (second, first.user))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == [houses.LAST_ADMIN]
    assert house.memberships.filter(role="admin").count() == 1


@pytest.mark.django_db(transaction=True)
def test_houses_made_at_once_get_slugs_of_their_own() -> None:
    admin = UserFactory(role=User.Role.ADMIN)
    start, made, refused = threading.Barrier(8), [], []

    def make(name: str) -> None:
        try:
            start.wait(20)
            made.append(houses.create_organization(name=name, actor=admin).slug)
        except ConflictError as error:
            refused.append(error.message)
        finally:
            connection.close()

    # Seven names that make the same slug, one of them twice.
    threads = [threading.Thread(target=make, args=(f"Studio{'!' * (n % 7)}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert refused == ["Organization already exists"]
    assert len(set(made)) == 7
