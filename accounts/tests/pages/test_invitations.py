"""Pages of invitations: sending them, and answering one's own."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, ProjectMember, User, UserSession
from accounts.services import invitations
from accounts.tests.factories import OrganizationFactory, ProjectFactory, UserFactory
from core.mail.models import Letter

pytestmark = pytest.mark.django_db

R = User.Role
NEW_PASSWORD = "seven quiet otters at noon"


@pytest.fixture
def admin() -> User:
    return UserFactory(role=R.ADMIN, is_staff=True, name="Mara Lindqvist")


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory(name="Northlight Film")


@pytest.fixture
def invited(admin: User, house: Organization) -> Invitation:
    return invitations.invite(
        email="guest@example.com", name="Gus", role=R.LINGUIST, organization=house, invited_by=admin
    )


def token_in_letter(to: str = "guest@example.com") -> str:
    letter = Letter.objects.filter(to=to).latest("created_at")
    found = re.search(r"/invitations/accept\?token=([\w-]+)", letter.text)
    assert found is not None
    return found[1]


def join(browser: Browser, token: str, **fields: Any) -> Any:
    given = {"token": token, "name": "Gus Guest", "password": NEW_PASSWORD, **fields}
    return browser.post("/invitations/accept", given)


# ---- the admin's form (platform.admin_invite)


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in(client: Browser) -> None:
    answer = client.get("/admin/invite")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=/admin/invite")
    assert client.post("/admin/invite", {"email": "a@example.com"}).status_code == 302


@pytest.mark.parametrize("role", [role for role in R.values if role != R.ADMIN])
def test_others_than_admins_are_refused(client: Browser, role: str, house: Organization) -> None:
    client.force_login(UserFactory(role=role, house=house))
    assert client.get("/admin/invite").status_code == 403
    assert client.post("/admin/invite", {"email": "junk"}).status_code == 403


def test_the_admin_of_one_house_does_not_invite_to_the_studio(client: Browser, house: Organization) -> None:
    keeper = UserFactory(role=R.PRODUCTION)
    Membership.objects.create(user=keeper, organization=house, role=R.ADMIN)
    client.force_login(keeper)
    assert client.get("/admin/invite").status_code == 403


def test_an_admin_sends_an_invitation_with_address_and_name_alone(client: Browser, admin: User) -> None:
    client.force_login(admin)
    page = client.get("/admin/invite").content.decode()
    assert 'method="post"' in page
    assert 'name="email"' in page
    assert 'name="name"' in page
    answer = client.post("/admin/invite", {"email": "new@example.com", "name": "Nia"})
    assert answer.status_code == 200
    assert "The invitation is on its way to" in answer.content.decode()
    made = Invitation.objects.get()
    assert (made.email, made.name, made.role, made.invited_by) == ("new@example.com", "Nia", R.CLIENT, admin)
    assert Letter.objects.get().to == "new@example.com"


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 250 + "@example.com"])
def test_an_address_that_is_none_is_refused_beside_its_field(client: Browser, admin: User, email: str) -> None:
    client.force_login(admin)
    answer = client.post("/admin/invite", {"email": email, "name": "Nia"})
    assert answer.status_code == 400
    assert "id_email_error" in answer.content.decode()
    assert not Letter.objects.exists()


def test_somebody_who_is_here_already_is_not_invited(client: Browser, admin: User) -> None:
    UserFactory(email="here@example.com")
    client.force_login(admin)
    answer = client.post("/admin/invite", {"email": "Here@example.com"})
    assert answer.status_code == 409
    assert "Email already registered" in answer.content.decode()


def test_nobody_is_invited_as_an_admin_and_no_name_has_line_breaks(client: Browser, admin: User) -> None:
    client.force_login(admin)
    assert client.post("/admin/invite", {"email": "new@example.com", "role": "admin"}).status_code == 400
    assert client.post("/admin/invite", {"email": "new@example.com", "name": "Nia\r\nBcc: x"}).status_code == 400
    assert not Letter.objects.exists()


# ---- the list


def test_everybody_sees_the_invitations_they_sent_and_no_others(
    client: Browser, admin: User, invited: Invitation
) -> None:
    project = ProjectFactory()
    invitations.invite(email="friend@example.com", project=project, project_role="viewer", invited_by=project.owner)
    client.force_login(project.owner)
    page = client.get("/invitations").content.decode()
    assert "friend@example.com" in page
    assert "guest@example.com" not in page
    for path in (f"/invitations/{invited.pk}/resend", f"/invitations/{invited.pk}/revoke"):
        assert client.post(path).status_code == 404


def test_invitations_are_told_apart_by_their_state(client: Browser, admin: User, house: Organization) -> None:
    past = timezone.now() - timedelta(minutes=1)
    for state, change in {
        "open": {},
        "accepted": {"accepted_at": past},
        "expired": {"expires_at": past},
        "withdrawn": {"revoked_at": past},
    }.items():
        made = invitations.invite(email=f"{state}@example.com", organization=house, invited_by=admin)
        Invitation.objects.filter(pk=made.pk).update(**change)
    client.force_login(admin)
    for state in ("open", "accepted", "expired", "withdrawn"):
        page = client.get("/invitations", {"state": state}).content.decode()
        assert re.findall(r">(\w+)@example\.com<", page) == [state]


def test_the_list_costs_the_same_for_one_and_for_fifteen(client: Browser, admin: User, invited: Invitation) -> None:
    client.force_login(admin)

    def cost() -> int:
        client.get("/invitations")
        with CaptureQueriesContext(connection) as queries:
            client.get("/invitations")
        return len(queries)

    few = cost()
    for n in range(15):
        invitations.invite(email=f"g{n}@example.com", organization=OrganizationFactory(), invited_by=admin)
    assert cost() == few


def test_sending_again_goes_back_on_this_host_only(client: Browser, admin: User, invited: Invitation) -> None:
    client.force_login(admin)
    answer = client.post(f"/invitations/{invited.pk}/resend", {"back": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/invitations"


# ---- answering


def test_the_link_shows_who_invites_to_what_and_hides_the_address(client: Browser, invited: Invitation) -> None:
    page = client.get("/invitations/accept", {"token": token_in_letter()}).content.decode()
    assert "Join Northlight Film" in page
    assert "Mara Lindqvist" in page
    assert "g•••@example.com" in page
    assert "guest@example.com" not in page
    assert "as linguist" in page


def test_a_guest_makes_an_account_and_has_the_promised_place_in_this_browser(
    client: Browser, invited: Invitation, house: Organization
) -> None:
    answer = join(client, token_in_letter(), role="admin", email="other@example.com")
    assert answer.headers["Location"] == f"/organizations/{house.pk}"
    guest = User.objects.get(email="guest@example.com")
    assert (guest.name, guest.role, guest.is_staff) == ("Gus Guest", R.LINGUIST, False)
    assert guest.email_verified_at is not None
    assert Membership.objects.get(user=guest).organization == house
    assert UserSession.objects.filter(user=guest, kind="browser").exists()
    assert client.get(f"/organizations/{house.pk}").status_code == 200


def test_where_a_second_factor_is_wanted_the_guest_goes_on_to_its_set_up(
    client: Browser, invited: Invitation, settings: Any
) -> None:
    settings.MFA_POLICY = "required"
    answer = join(client, token_in_letter())
    assert answer.headers["Location"] == "/setup-2fa-required"
    assert Membership.objects.filter(user__email="guest@example.com").exists()
    assert client.get("/projects").status_code == 302


def test_a_weak_password_is_refused_beside_its_field_and_the_name_is_kept(client: Browser, invited: Invitation) -> None:
    answer = join(client, token_in_letter(), password="short")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "id_password_error" in page
    assert 'value="Gus Guest"' in page
    assert not User.objects.filter(email="guest@example.com").exists()


def test_somebody_with_an_account_signs_in_first_and_comes_back(
    client: Browser, invited: Invitation, house: Organization
) -> None:
    guest = UserFactory(email="guest@example.com")
    token = token_in_letter()
    page = client.get("/invitations/accept", {"token": token}).content.decode()
    assert f'href="/login?next=%2Finvitations%2Faccept%3Ftoken%3D{token}"' in page
    assert 'name="password"' not in page
    assert join(client, token).status_code == 403
    client.force_login(guest)
    assert f"Accept as {guest}" in client.get("/invitations/accept", {"token": token}).content.decode()
    answer = client.post("/invitations/accept", {"token": token})
    assert answer.headers["Location"] == f"/organizations/{house.pk}"
    assert Membership.objects.filter(user=guest, organization=house).exists()


def test_somebody_else_cannot_accept(client: Browser, invited: Invitation) -> None:
    other = UserFactory()
    client.force_login(other)
    token = token_in_letter()
    assert "is for somebody else" in client.get("/invitations/accept", {"token": token}).content.decode()
    assert client.post("/invitations/accept", {"token": token}).status_code == 403
    assert not Membership.objects.filter(user=other).exists()
    assert Invitation.objects.open().filter(pk=invited.pk).exists()


def test_a_link_works_once(client: Browser, invited: Invitation) -> None:
    token = token_in_letter()
    join(client, token)
    again = Browser().get("/invitations/accept", {"token": token})
    assert again.status_code == 409
    assert "accepted already" in again.content.decode()
    assert join(Browser(), token).status_code == 409


def test_links_that_are_over_say_so_plainly(client: Browser, invited: Invitation) -> None:
    token = token_in_letter()
    for bad in ("", "junk", "x" * 5000):
        answer = client.get("/invitations/accept", {"token": bad})
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.get("/invitations/accept", {"token": token})
    assert answer.status_code == 400
    assert "has expired" in answer.content.decode()
    Invitation.objects.update(revoked_at=timezone.now())
    assert client.get("/invitations/accept", {"token": token}).status_code == 404


def test_a_collaborator_accepts_a_project(client: Browser) -> None:
    project = ProjectFactory(name="Night Train")
    invitations.invite(
        email="guest@example.com", project=project, project_role="collaborator", invited_by=project.owner
    )
    answer = join(client, token_in_letter())
    assert answer.headers["Location"] == f"/projects/{project.pk}"
    member = ProjectMember.objects.get(project=project)
    assert (member.user.email, member.role) == ("guest@example.com", "collaborator")
    assert client.get(f"/projects/{project.pk}").status_code == 200


def test_joining_counts_with_the_other_doors_that_sign_people_in(
    client: Browser, invited: Invitation, settings: Any
) -> None:
    settings.RATE_LIMITS = True
    token = token_in_letter()
    tries = [join(client, token, password="short").status_code for _ in range(6)]
    assert tries == [422] * 5 + [429]
