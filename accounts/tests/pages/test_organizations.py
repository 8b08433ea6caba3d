"""Pages of organisations and who belongs to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Invitation, Membership, Organization, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from core.mail.models import Letter
from core.models import AuditEvent

pytestmark = pytest.mark.django_db

R = User.Role


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory(name="Northlight Film")


@pytest.fixture
def admin() -> User:
    return UserFactory(role=R.ADMIN, is_staff=True, name="Mara Lindqvist")


@pytest.fixture
def keeper(house: Organization) -> User:
    """Admin of the house, and of nothing else."""
    user = UserFactory(name="Kit Keeper", role=R.PRODUCTION)
    Membership.objects.create(user=user, organization=house, role=R.ADMIN)
    return user


@pytest.fixture
def ada(house: Organization) -> User:
    return UserFactory(name="Ada Byron", email="ada@example.com", role=R.LINGUIST, house=house)


def see(browser: Browser, user: User, path: str, **query: Any) -> str:
    browser.force_login(user)
    answer = browser.get(path, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def way_to(house: Organization, rest: str = "") -> str:
    return f"/organizations/{house.pk}{rest}"


# ---- the list


def test_people_see_the_houses_they_belong_to(client: Browser, house: Organization, ada: User, admin: User) -> None:
    OrganizationFactory(name="Southdark Film")
    page = see(client, ada, "/organizations")
    assert "Northlight Film" in page
    assert "Southdark Film" not in page
    assert "Southdark Film" in see(client, admin, "/organizations")
    assert "No organisation fits" in see(client, admin, "/organizations", q="nothing like it")


def test_an_admin_makes_an_organisation(client: Browser, admin: User) -> None:
    client.force_login(admin)
    answer = client.post("/organizations", {"name": "Eastwind Pictures"}, follow=True)
    assert "Eastwind Pictures" in answer.content.decode()
    assert Organization.objects.get().slug == "eastwind-pictures"


def test_a_name_that_is_taken_is_refused_and_kept_in_the_form(
    client: Browser, house: Organization, admin: User
) -> None:
    client.force_login(admin)
    answer = client.post("/organizations", {"name": "northlight FILM"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Organization already exists" in page
    assert 'value="northlight FILM"' in page
    assert client.post("/organizations", {"name": ""}).status_code == 422


def test_only_the_studios_admins_make_organisations(client: Browser, keeper: User) -> None:
    assert "New organisation" not in see(client, keeper, "/organizations")
    assert client.post("/organizations", {"name": ""}).status_code == 403


def test_the_list_of_houses_costs_the_same_for_one_and_for_twenty(client: Browser, admin: User) -> None:
    client.force_login(admin)
    OrganizationFactory()
    few = queries_of(client, "/organizations")
    for _ in range(15):
        UserFactory(house=OrganizationFactory())
    assert queries_of(client, "/organizations") == few


def queries_of(browser: Browser, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


# ---- one house


def test_a_foreign_house_does_not_exist(client: Browser, house: Organization, ada: User) -> None:
    other = OrganizationFactory()
    client.force_login(ada)
    unknown = client.get("/organizations/0b5e5b0e-0000-4000-8000-000000000000")
    foreign = client.get(way_to(other))
    assert unknown.status_code == foreign.status_code == 404
    assert unknown.content == foreign.content
    for rest in ("/members", f"/members/{ada.pk}", f"/members/{ada.pk}/remove"):
        assert client.post(way_to(other, rest), {"role": "junk"}).status_code == 404


def test_a_linguist_sees_the_name_of_the_house_and_not_its_people(
    client: Browser, house: Organization, ada: User
) -> None:
    UserFactory(name="Colleague Canary", house=house)
    page = see(client, ada, way_to(house))
    assert "Northlight Film" in page
    assert "Colleague Canary" not in page
    assert "Linguists and reviewers see the people of their own work." in page


def test_a_client_sees_names_and_no_addresses(client: Browser, house: Organization, ada: User) -> None:
    page = see(client, UserFactory(role=R.CLIENT, house=house), way_to(house))
    assert "Ada Byron" in page
    assert "ada@example.com" not in page


def test_the_page_costs_the_same_for_one_member_and_for_fifteen(
    client: Browser, house: Organization, keeper: User
) -> None:
    client.force_login(keeper)
    few = queries_of(client, way_to(house))
    for _ in range(15):
        UserFactory(house=house)
        ClientFactory(organization=house)
    assert queries_of(client, way_to(house)) == few


def test_an_admin_who_looks_into_a_house_that_is_not_theirs_leaves_a_trace(
    client: Browser, house: Organization, admin: User, keeper: User
) -> None:
    for viewer in (keeper, admin, admin):
        see(client, viewer, way_to(house))
    event = AuditEvent.objects.get(action="accounts.admin.read_foreign")
    assert (event.actor_id, event.subject_id) == (admin.pk, str(house.pk))


# ---- changing who belongs to it


def test_a_houses_admin_adds_somebody_they_know(client: Browser, house: Organization, keeper: User) -> None:
    other_house = OrganizationFactory()
    Membership.objects.create(user=keeper, organization=other_house)
    known = UserFactory(email="known@example.com", house=other_house)
    client.force_login(keeper)
    answer = client.post(way_to(house, "/members"), {"email": "Known@example.com", "role": "reviewer"}, follow=True)
    assert f"{known} belongs to Northlight Film now." in answer.content.decode()
    assert Membership.objects.get(user=known, organization=house).role == R.REVIEWER


def test_an_unknown_address_gets_an_invitation_that_can_be_sent_again_and_withdrawn(
    client: Browser, house: Organization, keeper: User
) -> None:
    client.force_login(keeper)
    client.post(way_to(house, "/members"), {"email": "new@example.com", "role": "linguist"})
    first = Invitation.objects.get()
    assert "new@example.com" in see(client, keeper, way_to(house))

    client.post(f"/invitations/{first.pk}/resend", {"back": way_to(house)})
    second = Invitation.objects.open().get()
    assert (second.pk != first.pk, second.role) == (True, R.LINGUIST)
    assert Letter.objects.filter(to="new@example.com").count() == 2

    assert "Withdraw the invitation of new@example.com?" in see(client, keeper, f"/invitations/{second.pk}/revoke")
    answer = client.post(f"/invitations/{second.pk}/revoke")
    assert answer.headers["Location"] == way_to(house)
    assert not Invitation.objects.open().exists()


def test_an_address_that_is_none_is_refused_beside_its_field(
    client: Browser, house: Organization, keeper: User
) -> None:
    client.force_login(keeper)
    answer = client.post(way_to(house, "/members"), {"email": "nobody", "role": "linguist"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-describedby="id_email_hint id_email_error"' in page
    assert 'value="nobody"' in page


def test_somebody_who_belongs_already_is_refused(client: Browser, house: Organization, keeper: User, ada: User) -> None:
    client.force_login(keeper)
    answer = client.post(way_to(house, "/members"), {"email": ada.email, "role": "linguist"})
    assert answer.status_code == 409
    assert "User is already a member" in answer.content.decode()


def test_a_new_role_is_kept_audited_and_ends_the_persons_sign_ins(
    client: Browser, house: Organization, keeper: User, ada: User
) -> None:
    client.force_login(keeper)
    version = ada.token_version
    answer = client.post(way_to(house, f"/members/{ada.pk}"), {"role": "reviewer"}, follow=True)
    assert "Ada Byron is reviewer here now" in answer.content.decode()
    assert Membership.objects.get(user=ada).role == R.REVIEWER
    ada.refresh_from_db()
    assert ada.token_version > version
    assert AuditEvent.objects.filter(action="accounts.member.change_role", actor=keeper).exists()


def test_nobody_changes_or_removes_themselves(client: Browser, house: Organization, keeper: User) -> None:
    page = see(client, keeper, way_to(house))
    assert f"/members/{keeper.pk}" not in page
    assert client.post(way_to(house, f"/members/{keeper.pk}"), {"role": "client"}).status_code == 403
    assert client.post(way_to(house, f"/members/{keeper.pk}/remove")).status_code == 403


def test_the_last_admin_of_a_house_stays(client: Browser, house: Organization, keeper: User, admin: User) -> None:
    client.force_login(admin)
    answer = client.post(way_to(house, f"/members/{keeper.pk}/remove"), follow=True)
    assert "An organization keeps at least one admin." in answer.content.decode()
    assert Membership.objects.filter(user=keeper, organization=house).exists()


def test_removing_asks_once_and_names_the_person(client: Browser, house: Organization, keeper: User, ada: User) -> None:
    path = way_to(house, f"/members/{ada.pk}/remove")
    assert "Remove Ada Byron from Northlight Film?" in see(client, keeper, path)
    assert Membership.objects.filter(user=ada).exists()
    assert client.post(path).headers["Location"] == way_to(house)
    assert not Membership.objects.filter(user=ada).exists()


@pytest.mark.parametrize("role", [R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, R.LINGUIST, R.REVIEWER])
def test_other_roles_cannot_change_a_house(client: Browser, house: Organization, ada: User, role: str) -> None:
    page = see(client, UserFactory(role=role, house=house), way_to(house))
    for rest in ("/edit", "/members", f"/members/{ada.pk}", f"/members/{ada.pk}/remove"):
        assert f'"{way_to(house, rest)}"' not in page
        assert client.post(way_to(house, rest), {"role": "junk"}).status_code == 403


def test_a_houses_admin_renames_it(client: Browser, house: Organization, keeper: User) -> None:
    assert "Northlight Film" in see(client, keeper, way_to(house, "/edit"))
    client.post(way_to(house, "/edit"), {"name": "Northern Light"})
    house.refresh_from_db()
    assert house.name == "Northern Light"
