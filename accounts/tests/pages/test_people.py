"""The page of people."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db

R = User.Role
LISTERS = [R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER]


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory(name="Northlight Film")


@pytest.fixture
def admin() -> User:
    return UserFactory(role=R.ADMIN, is_staff=True, name="Mara Lindqvist")


def see(browser: Browser, user: User, path: str = "/people", **query: Any) -> str:
    browser.force_login(user)
    answer = browser.get(path, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in(client: Browser) -> None:
    answer = client.get("/people")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=/people")


@pytest.mark.parametrize("role", LISTERS)
def test_people_see_their_own_houses_and_nobody_of_another(client: Browser, house: Organization, role: str) -> None:
    UserFactory(name="Colleague Canary", house=house)
    UserFactory(name="Stranger Canary", house=OrganizationFactory())
    UserFactory(name="Homeless Canary")
    page = see(client, UserFactory(role=role, house=house))
    assert "Colleague Canary" in page
    assert "Stranger Canary" not in page
    assert "Homeless Canary" not in page


@pytest.mark.parametrize("role", [R.LINGUIST, R.REVIEWER])
def test_a_linguist_and_a_reviewer_cannot_list_people(client: Browser, house: Organization, role: str) -> None:
    client.force_login(UserFactory(role=role, house=house))
    assert client.get("/people").status_code == 403


def test_the_rail_shows_people_to_those_who_may_list_them_only(client: Browser, house: Organization) -> None:
    for role, shown in ((R.PRODUCTION, True), (R.LINGUIST, False)):
        assert ('href="/people"' in see(client, UserFactory(role=role, house=house), "/projects")) is shown


def test_an_admin_sees_everybody_but_the_deleted(client: Browser, admin: User) -> None:
    UserFactory(name="Anybody")
    UserFactory(name="Long Gone", deleted_at=admin.created_at)
    page = see(client, admin)
    assert "Anybody" in page
    assert "Long Gone" not in page


def test_a_client_sees_names_and_no_addresses(client: Browser, house: Organization) -> None:
    UserFactory(name="Ada Byron", email="ada@example.com", house=house)
    viewer = UserFactory(role=R.CLIENT, house=house)
    assert "Ada Byron" in see(client, viewer)
    assert "ada@example.com" not in see(client, viewer)
    # Not by guessing at them either.
    assert "Ada Byron" not in see(client, viewer, q="ada@example")


def test_people_are_found_by_name_address_role_and_house(client: Browser, house: Organization, admin: User) -> None:
    UserFactory(name="Ada Byron", email="ada@example.com", role=R.LINGUIST, house=house)
    for query in ({"q": "byron"}, {"q": "ada@"}, {"role": "linguist"}, {"house": str(house.pk)}):
        page = see(client, admin, **query)
        assert "Ada Byron" in page
        assert "1 person" in page
    assert "Nobody fits" in see(client, admin, q="100%_nobody")


def test_a_role_in_a_house_is_found_and_shown_beside_the_house(
    client: Browser, house: Organization, admin: User
) -> None:
    Membership.objects.create(user=UserFactory(name="Ada Byron"), organization=house, role=R.REVIEWER)
    assert "as Reviewer" in see(client, admin, role="reviewer")


def test_junk_in_the_address_changes_nothing(client: Browser, admin: User) -> None:
    page = see(client, admin, role="emperor", house="not-a-uuid", page="minus one")
    assert "1 person" in page


def test_only_an_admin_is_offered_to_invite(client: Browser, house: Organization, admin: User) -> None:
    assert "/admin/invite" in see(client, admin)
    assert "/admin/invite" not in see(client, UserFactory(role=R.PRODUCTION, house=house))


def queries_of(browser: Browser, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


def test_the_list_costs_the_same_for_one_person_and_for_twenty(
    client: Browser, house: Organization, admin: User
) -> None:
    client.force_login(admin)
    UserFactory(house=house)
    few = queries_of(client, "/people")
    for _ in range(15):
        UserFactory(house=house)
    assert queries_of(client, "/people") == few


def test_addresses_are_seen_in_those_houses_only_where_the_role_allows_it(client: Browser, house: Organization) -> None:
    UserFactory(name="Ada Byron", email="ada@example.com", house=house)
    elsewhere = OrganizationFactory()
    UserFactory(name="Ben Babbage", email="ben@example.com", house=elsewhere)
    viewer = UserFactory(role=R.PRODUCTION, house=house)
    Membership.objects.create(user=viewer, organization=elsewhere, role=R.CLIENT)
    page = see(client, viewer)
    assert "ada@example.com" in page
    assert "Ben Babbage" in page
    assert "ben@example.com" not in page
    assert "Ada Byron" in see(client, viewer, q="ada@example")
    assert "Ben Babbage" not in see(client, viewer, q="ben@example")


def test_the_address_of_somebody_without_a_name_is_not_shown_in_its_place(client: Browser, house: Organization) -> None:
    UserFactory(name="", email="nameless@example.com", house=house)
    page = see(client, UserFactory(role=R.CLIENT, house=house))
    assert "Somebody without a name" in page
    assert "nameless@example.com" not in page
