"""Invitations over HTTP, held against accessible.yaml and row T8 of the threats."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Invitation, Membership, Organization, Project, User, UserSession
from accounts.services import houses, invitations, newcomers, projects
from accounts.tests.api.conftest import Api
from accounts.tests.factories import PASSWORD, OrganizationFactory, ProjectFactory, UserFactory
from core.errors import ConflictError, DomainError, NotAllowedError, TooManyRequestsError
from core.mail.models import Letter
from core.models import AuditEvent

PREVIEW, ACCEPT = "/api/v1/invitations/preview", "/api/v1/invitations/accept"
GUEST = "guest@example.com"
LINK = re.compile(r"/invitations/accept\?token=([\w-]+)")

People = dict[str, User]
ApiFor = Callable[[str | None], Any]
Contract = Callable[[Any, str], None]


def token_for(email: str = GUEST) -> str:
    """The secret in the newest letter to this address, which is the only place that has it."""
    letter = Letter.objects.filter(to=email, template="invitation").order_by("-created_at", "-id").first()
    assert letter is not None
    found = LINK.search(letter.text)
    assert found is not None
    return found[1]


@pytest.fixture
def token(house: Organization, people: People) -> str:
    invitations.invite(email=GUEST, role="linguist", organization=house, invited_by=people["house_admin"])
    return token_for()


def accepting(token: str, **more: Any) -> dict[str, Any]:
    return {"token": token, "name": "Ada Guest", "password": PASSWORD, **more}


class TestPreview:
    def test_whoever_has_the_link_sees_where_it_leads(
        self, api: ApiFor, token: str, house: Organization, people: People, keeps_contract: Contract
    ) -> None:
        answer = api(None).post(PREVIEW, {"token": token})
        keeps_contract(answer, "accessible.invitations.preview")
        body = answer.json()
        assert body["organization"] == {"id": str(house.pk), "name": house.name}
        assert (body["role"], body["invited_by"]) == ("linguist", people["house_admin"].name)
        assert (body["email"], body["account_exists"]) == ("g•••@example.com", False)
        assert answer.headers["Cache-Control"] == "no-store"

    def test_it_says_whether_there_is_an_account_to_link(self, api: ApiFor, token: str) -> None:
        UserFactory(email=GUEST)
        assert api(None).post(PREVIEW, {"token": token}).json()["account_exists"] is True

    @pytest.mark.parametrize("path", [PREVIEW, ACCEPT])
    def test_links_that_do_not_work_say_why(self, path: str, api: ApiFor, token: str) -> None:
        def answer(**body: Any) -> tuple[int, Any]:
            given = api(None).post(path, {"token": token, **body})
            return given.status_code, given.json()["detail"]

        only = Invitation.objects.filter(email=GUEST)
        assert answer(token="x" * 43) == (404, "Invitation not found")
        only.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert answer() == (400, "Invitation has expired")
        only.update(accepted_at=timezone.now())
        assert answer() == (409, "Invitation already accepted")
        only.update(accepted_at=None, revoked_at=timezone.now())
        assert answer() == (404, "Invitation not found")

    def test_a_house_that_was_closed_takes_nobody_in(self, api: ApiFor, token: str, house: Organization) -> None:
        Organization.objects.filter(pk=house.pk).update(is_active=False)
        assert api(None).post(PREVIEW, {"token": token}).status_code == 404
        assert api(None).post(ACCEPT, accepting(token)).status_code == 404

    def test_a_token_is_needed(self, api: ApiFor) -> None:
        answer = api(None).post(PREVIEW, {})
        assert answer.status_code == 422
        assert answer.json()["detail"] == [{"loc": ["body", "token"], "msg": "Field required", "type": "missing"}]

    def test_guessing_is_slow(self, api: ApiFor, rate_limits: Any) -> None:
        answers = [api(None).post(PREVIEW, {"token": "guess"}).status_code for _ in range(31)]
        assert (set(answers[:30]), answers[30]) == ({404}, 429)


class TestNewAccount:
    def test_an_account_is_made_with_what_was_promised(
        self, api: ApiFor, token: str, house: Organization, keeps_contract: Contract
    ) -> None:
        answer = api(None).post(ACCEPT, accepting(token))
        keeps_contract(answer, "accessible.invitations.accept")
        user = User.objects.get(email=GUEST)
        assert (user.name, user.role, user.email_verified_at is not None) == ("Ada Guest", "linguist", True)
        assert user.check_password(PASSWORD)
        assert Membership.objects.get(user=user).organization == house
        me = (
            HttpClient()
            .get("/api/auth/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"})
            .json()
        )
        assert me["email"] == GUEST
        assert answer.cookies["refresh_token"]["httponly"]
        assert AuditEvent.objects.filter(action="accounts.invitation.accept", actor=user).exists()

    def test_it_works_once(self, api: ApiFor, token: str) -> None:
        api(None).post(ACCEPT, accepting(token))
        again = api(None).post(ACCEPT, accepting(token))
        assert (again.status_code, again.json()["detail"]) == (409, "Invitation already accepted")

    def test_a_password_is_needed_and_must_be_good(self, api: ApiFor, token: str) -> None:
        missing = api(None).post(ACCEPT, {"token": token})
        assert (missing.status_code, missing.json()["detail"]) == (400, "Password is required")
        for weak in ("short", GUEST):
            answer = api(None).post(ACCEPT, accepting(token, password=weak))
            assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "password"])
        assert not User.objects.filter(email=GUEST).exists()

    @pytest.mark.parametrize("field", ["role", "email", "org_id", "organization_id", "project_id", "is_staff"])
    def test_the_guest_chooses_neither_address_nor_role_nor_place(self, field: str, api: ApiFor, token: str) -> None:
        answer = api(None).post(ACCEPT, accepting(token, **{field: "admin"}))
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", field])
        assert not User.objects.filter(email=GUEST).exists()

    def test_a_houses_future_admin_is_no_admin_of_the_platform(
        self, api: ApiFor, house: Organization, people: People
    ) -> None:
        invitations.invite(email=GUEST, role="admin", organization=house, invited_by=people["house_admin"])
        api(None).post(ACCEPT, accepting(token_for()))
        user = User.objects.get(email=GUEST)
        assert (user.role, user.is_staff) == ("client", False)
        assert user.houses_as("admin") == [house.pk]

    def test_somebody_signed_in_cannot_accept_for_somebody_else(self, api: ApiFor, token: str) -> None:
        answer = api("linguist").post(ACCEPT, accepting(token))
        assert (answer.status_code, answer.json()["detail"]) == (404, invitations.UNKNOWN)
        assert not User.objects.filter(email=GUEST).exists()

    def test_where_a_second_factor_is_wanted_the_place_is_taken_and_the_set_up_comes_next(
        self, api: ApiFor, token: str, house: Organization, settings: Any
    ) -> None:
        settings.MFA_POLICY = "required"
        browser = api(None)
        answer = browser.post(ACCEPT, accepting(token))
        assert (answer.status_code, answer.json()["mfa"]["setup_required"]) == (401, True)
        user = User.objects.get(email=GUEST)
        assert Membership.objects.filter(user=user, organization=house).exists()
        assert not UserSession.objects.filter(user=user).exists()
        assert browser.client.session["pending_2fa_setup_user_id"] == str(user.pk)

    def test_an_account_that_waits_for_its_person_is_moved_into(self, api: ApiFor, people: People) -> None:
        waiting = newcomers.create_user(email=GUEST, role="reviewer", actor=people["admin"], name="Waits")
        token = token_for()
        assert api(None).post(PREVIEW, {"token": token}).json()["account_exists"] is False
        answer = api(None).post(ACCEPT, {"token": token, "password": PASSWORD})
        assert answer.status_code == 200, answer.content
        waiting.refresh_from_db()
        assert (waiting.name, waiting.role, waiting.check_password(PASSWORD)) == ("Waits", "reviewer", True)
        assert waiting.email_verified_at is not None


class TestExistingAccount:
    @pytest.fixture
    def account(self, db: None) -> User:
        return UserFactory(email=GUEST, role=User.Role.CLIENT)

    def test_its_password_is_proof(
        self, account: User, api: ApiFor, token: str, house: Organization, keeps_contract: Contract
    ) -> None:
        answer = api(None).post(ACCEPT, {"token": token, "password": PASSWORD, "name": "Somebody new"})
        keeps_contract(answer, "accessible.invitations.accept")
        account.refresh_from_db()
        assert (account.name, account.role) != ("Somebody new", "linguist")
        assert Membership.objects.get(user=account, organization=house).role == "linguist"

    @pytest.mark.parametrize("body", [{}, {"password": "not-their-password"}])
    def test_nobody_else_accepts_with_the_link_alone(
        self, body: dict[str, str], account: User, api: ApiFor, token: str
    ) -> None:
        answer = api(None).post(ACCEPT, {"token": token, **body})
        assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid email or password")
        assert not account.memberships.exists()
        assert Invitation.objects.get(email=GUEST).accepted_at is None

    def test_a_live_sign_in_of_that_person_is_proof(self, account: User, api: ApiFor, token: str) -> None:
        assert Api(account).post(ACCEPT, {"token": token}).status_code == 200
        assert account.memberships.exists()

    def test_a_bearer_of_that_person_is_proof_and_one_of_another_is_refused(
        self, account: User, people: People, token: str
    ) -> None:
        def bearer(user: User) -> dict[str, str]:
            given = Api().post("/api/v1/auth/login", {"email": user.email, "password": PASSWORD}).json()
            return {"Authorization": f"Bearer {given['access_token']}"}

        other = Api().post(ACCEPT, {"token": token, "password": PASSWORD}, **bearer(people["client"]))
        assert (other.status_code, other.json()["detail"]) == (404, invitations.UNKNOWN)
        assert Api().post(ACCEPT, {"token": token}, Authorization="Bearer junk").status_code == 401
        assert Api().post(ACCEPT, {"token": token}, **bearer(account)).status_code == 200

    def test_another_persons_browser_is_refused(self, account: User, api: ApiFor, token: str) -> None:
        answer = api("admin").post(ACCEPT, {"token": token, "password": PASSWORD})
        assert (answer.status_code, answer.json()["detail"]) == (404, invitations.UNKNOWN)
        assert not account.memberships.exists()

    def test_its_second_factor_is_asked_for(self, account: User, api: ApiFor, token: str) -> None:
        device = TOTPDevice.objects.create(user=account, name="app", confirmed=True)
        first = api(None).post(ACCEPT, {"token": token, "password": PASSWORD})
        mfa = first.json()["mfa"]
        assert (first.status_code, mfa["methods"]) == (401, ["totp"])
        assert not account.memberships.exists()
        code = f"{totp(device.bin_key):06d}"
        second = api(None).post(ACCEPT, {"token": token, "challenge": mfa["challenge"], "otp": code})
        assert second.status_code == 200, second.content
        assert account.memberships.exists()

    @pytest.mark.parametrize("state", [{"is_active": False}, {"email_verified_at": None}])
    def test_accounts_that_cannot_sign_in_accept_nothing(
        self, state: dict[str, Any], account: User, api: ApiFor, token: str
    ) -> None:
        User.objects.filter(pk=account.pk).update(**state)
        answer = api(None).post(ACCEPT, {"token": token, "password": PASSWORD})
        assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid email or password")

    def test_a_place_that_is_theirs_already_keeps_its_role(
        self, account: User, api: ApiFor, token: str, house: Organization
    ) -> None:
        Membership.objects.create(user=account, organization=house, role="reviewer")
        assert Api(account).post(ACCEPT, {"token": token}).status_code == 200
        assert Membership.objects.get(user=account, organization=house).role == "reviewer"


class TestSending:
    def test_the_secret_is_kept_nowhere(self, token: str) -> None:
        invitation = Invitation.objects.get(email=GUEST)
        assert token not in str(Invitation.objects.filter(pk=invitation.pk).values().get())
        assert token not in str(list(AuditEvent.objects.values()))

    def test_a_new_invitation_to_the_same_place_replaces_the_open_one(
        self, api: ApiFor, token: str, house: Organization, people: People
    ) -> None:
        invitations.invite(email=GUEST.upper(), role="reviewer", organization=house, invited_by=people["house_admin"])
        assert api(None).post(PREVIEW, {"token": token}).status_code == 404
        assert api(None).post(PREVIEW, {"token": token_for()}).json()["role"] == "reviewer"
        assert Invitation.objects.open().filter(email=GUEST).count() == 1

    def test_an_invitation_elsewhere_stays(self, api: ApiFor, token: str, people: People) -> None:
        invitations.invite(email=GUEST, organization=OrganizationFactory(), invited_by=people["admin"])
        assert api(None).post(PREVIEW, {"token": token}).status_code == 200

    @pytest.mark.parametrize("name", ["Ada\r\nBcc: all@example.com", "Ada\n", "\u2028Ada"])
    def test_a_name_with_a_line_break_is_refused(self, name: str, people: People) -> None:
        with pytest.raises(DomainError) as error:
            invitations.invite(email=GUEST, name=name, invited_by=people["admin"])
        assert error.value.status_code == 400
        assert not Letter.objects.exists()

    def test_twenty_an_hour_are_enough(self, people: People, house: Organization, rate_limits: Any) -> None:
        def send(number: int) -> None:
            invitations.invite(email=f"guest{number}@example.com", organization=house, invited_by=people["house_admin"])

        for number in range(20):
            send(number)
        with pytest.raises(TooManyRequestsError):
            send(20)
        assert Letter.objects.count() == 20

    @pytest.mark.parametrize("role", ["client", "linguist", "reviewer", "production", "project_manager", "stranger"])
    def test_only_admins_invite_to_a_house(self, role: str, people: People, house: Organization) -> None:
        with pytest.raises(NotAllowedError):
            invitations.invite(email=GUEST, organization=house, invited_by=people[role])
        with pytest.raises(NotAllowedError):
            invitations.invite(email=GUEST, invited_by=people[role])

    def test_whoever_is_here_already_is_not_invited_to_the_studio(self, people: People) -> None:
        with pytest.raises(ConflictError, match="Email already registered"):
            invitations.invite(email=people["client"].email, invited_by=people["admin"])

    def test_an_invitation_is_taken_back_once(self, api: ApiFor, token: str, people: People) -> None:
        invitation = Invitation.objects.get(email=GUEST)
        invitations.revoke(invitation, actor=people["house_admin"])
        assert api(None).post(PREVIEW, {"token": token}).status_code == 404
        with pytest.raises(ConflictError):
            invitations.revoke(invitation, actor=people["house_admin"])


class TestProjects:
    def test_a_collaborator_comes_in_by_invitation_known_or_not(self, api: ApiFor, db: None) -> None:
        project: Project = ProjectFactory()
        known = UserFactory()
        for email in (GUEST, known.email):
            sent = projects.add_collaborator(project, email=email, role="viewer", invited_by=project.owner)
            assert (sent.project, sent.project_role, sent.organization) == (project, "viewer", None)
            with pytest.raises(ConflictError, match="Already invited"):
                projects.add_collaborator(project, email=email, role="viewer", invited_by=project.owner)
        preview = Api().post(PREVIEW, {"token": token_for()}).json()
        assert (preview["organization"], preview["role"]) == (None, "viewer")
        assert Api().post(ACCEPT, accepting(token_for())).status_code == 200
        assert Api().post(ACCEPT, {"token": token_for(known.email), "password": PASSWORD}).status_code == 200
        assert {member.user.email: member.role for member in project.memberships.all()} == {
            GUEST: "viewer",
            known.email: "viewer",
        }
        assert User.objects.get(email=GUEST).role == "client"
        with pytest.raises(ConflictError, match="Already invited"):
            projects.add_collaborator(project, email=GUEST, role="collaborator", invited_by=project.owner)

    def test_only_the_owner_shares(self, db: None) -> None:
        collaborator = UserFactory()
        project: Project = ProjectFactory(collaborator=collaborator)
        with pytest.raises(NotAllowedError):
            projects.add_collaborator(project, email=GUEST, role="viewer", invited_by=collaborator)

    def test_a_deleted_project_takes_nobody_in(self, db: None) -> None:
        project: Project = ProjectFactory()
        projects.add_collaborator(project, email=GUEST, role="viewer", invited_by=project.owner)
        projects.delete_project(project, actor=project.owner)
        assert Api().post(ACCEPT, accepting(token_for())).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [False, True], ids=["a new account", "an existing account"])
def test_of_twenty_who_accept_at_once_one_does(known: bool) -> None:
    admin = UserFactory(role=User.Role.ADMIN)
    house = OrganizationFactory()
    houses.add_member(house, email=GUEST, role="linguist", actor=admin)
    token = token_for()
    if known:
        UserFactory(email=GUEST)
    start, statuses = threading.Barrier(20), []

    def accept() -> None:
        try:
            client = HttpClient()
            start.wait(20)
            statuses.append(client.post(ACCEPT, accepting(token), content_type="application/json").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200] + [409] * 19
    assert User.objects.filter(email=GUEST).count() == 1
    assert house.memberships.filter(user__email=GUEST).count() == 1
    assert UserSession.objects.count() == 1
