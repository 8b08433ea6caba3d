"""The Django admin: every table is there, every page opens, lists cost the same for one row and for twenty, and what is
changed goes through the services."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection, models
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import (
    ApiKey,
    Client,
    Invitation,
    Membership,
    OneTimeLink,
    Organization,
    Project,
    RecoveryCode,
    RefreshToken,
    Team,
    User,
    UserSession,
)
from accounts.services import sign_in
from accounts.tests.admin_rows import MAKERS, SECRET, a_key, a_letter, a_session, an_invitation, soon, unique
from accounts.tests.factories import OrganizationFactory, ProjectFactory, UserFactory
from ai.models import Budget, Call
from core.live.models import LiveEvent
from core.mail.models import Letter
from core.models import AuditEvent, AuditHead
from core.rest.models import RequestLog
from core.runs.models import Run, Step
from jobs.models import Job
from jobs.tests.factories import JobFactory
from media_library.models import (
    Asset,
    TrackVersion,
)
from qc.models import LanguageReview

pytestmark = pytest.mark.django_db

R = User.Role
OURS = {
    "core",
    "runs",
    "live",
    "mail",
    "rest",
    "storage",
    "accounts",
    "ai",
    "media_library",
    "jobs",
    "generation",
    "dubbing",
    "qc",
    "chat",
    "otp_totp",
}


# One row at most, and there is nothing to multiply.
SINGLE = {AuditHead}


@pytest.fixture
def mara(client: Browser) -> User:
    user = UserFactory(role=R.ADMIN, is_staff=True, is_superuser=True, name="Mara Lindqvist")
    client.force_login(user)
    session = client.session
    session[sign_in.PROVED_AT] = timezone.now().timestamp()
    session.save()
    return user


def way_to(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def test_every_table_of_ours_is_in_the_admin_and_those_that_mean_nothing_here_are_not() -> None:
    assert [model.__name__ for model in our_models() if not admin.site.is_registered(model)] == []
    foreign = {model._meta.label for model in admin.site._registry if model._meta.app_label not in OURS}
    assert foreign == set()
    assert set(MAKERS) | SINGLE == set(our_models())


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_list_costs_the_same_for_one_row_and_for_twenty(
    client: Browser, mara: User, model: type[models.Model]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(way_to(model, "changelist")).status_code == 200
        return len(queries)

    MAKERS[model]()
    client.get(way_to(model, "changelist"))
    few = cost()
    for _ in range(19):
        MAKERS[model]()
    assert cost() == few


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_every_page_opens_and_every_search_answers(client: Browser, mara: User, model: type[models.Model]) -> None:
    row = MAKERS[model]()
    assert client.get(way_to(model, "change", row.pk)).status_code == 200
    may_add = admin.site._registry[model].has_add_permission(type("Request", (), {"user": mara})())
    assert client.get(way_to(model, "add")).status_code == (200 if may_add else 403)
    assert client.get(way_to(model, "changelist"), {"q": "nothing like it"}).status_code == 200


def test_every_filter_answers(client: Browser, mara: User) -> None:
    for model in (User, Invitation, Letter):
        MAKERS[model]()
        for value in ("active", "closed", "unproved", "deleted", "open", "accepted", "withdrawn", "expired", "waiting"):
            assert client.get(way_to(model, "changelist"), {"state": value}).status_code in {200, 302}


def test_only_admins_get_in(client: Browser) -> None:
    for role in R.values:
        client.force_login(UserFactory(role=role))
        assert client.get("/admin/").status_code == 302


HISTORY = [
    AuditEvent, Letter, RequestLog, Call, Run, Step, LiveEvent, UserSession, RefreshToken, OneTimeLink, RecoveryCode, ApiKey,
    TOTPDevice, Job, Asset, TrackVersion, Invitation, LanguageReview,
]  # fmt: skip


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_history_is_looked_at_and_nothing_else(client: Browser, mara: User, model: type[models.Model]) -> None:
    row = MAKERS[model]()
    assert client.get(way_to(model, "add")).status_code == 403
    assert client.post(way_to(model, "change", row.pk), {}).status_code == 403
    assert client.post(way_to(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


def test_no_secret_is_shown_anywhere(client: Browser, mara: User) -> None:
    device = TOTPDevice.objects.create(user=UserFactory(), name="App", confirmed=True, key=SECRET)
    session = a_session()
    UserSession.objects.update(access_token=SECRET, refresh_token=SECRET, session_key=SECRET[:40])
    token = RefreshToken.objects.create(session=session, token_hash=SECRET)
    key, code = a_key(), RecoveryCode.objects.create(user=UserFactory(), code_hash=SECRET)
    ApiKey.objects.update(token_hash=SECRET)
    link, guest, letter = MAKERS[OneTimeLink](), an_invitation(), a_letter()
    OneTimeLink.objects.update(token_hash=SECRET)
    Invitation.objects.update(token_hash=SECRET)
    for row in (device, session, token, key, code, link, guest, letter, session.user, key.user):
        for path in (way_to(type(row), "change", row.pk), way_to(type(row), "changelist")):
            page = client.get(path).content.decode()
            assert SECRET not in page, path
            assert SECRET[:40] not in page, path


# ---- what is changed goes through the services


def person_form(user: User, **changes: Any) -> dict[str, Any]:
    prefixes = ("memberships", "management", "team_memberships", "project_memberships", "sign_ins", "api_keys")
    empty = {f"{prefix}-{name}": "0" for prefix in prefixes for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    fields = {"email": user.email, "name": user.name, "role": user.role, "tier": user.tier, "is_active": "on"}
    return {**empty, **fields, **changes}


def messages_of(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_new_role_ends_the_persons_sign_ins_and_is_audited(client: Browser, mara: User) -> None:
    session = a_session()
    user = session.user
    client.post(way_to(User, "change", user.pk), person_form(user, role="reviewer", name="Ada B."), follow=True)
    user.refresh_from_db()
    session.refresh_from_db()
    assert (user.role, user.name, user.is_staff, session.is_revoked) == (R.REVIEWER, "Ada B.", False, True)
    event = AuditEvent.objects.get(action="accounts.user.change_role")
    assert (event.actor_id, event.before, event.after) == (mara.pk, "client", "reviewer")


def test_closing_an_account_signs_the_person_out(client: Browser, mara: User) -> None:
    session = a_session()
    form = person_form(session.user)
    del form["is_active"]
    client.post(way_to(User, "change", session.user.pk), form)
    session.refresh_from_db()
    assert session.is_revoked
    assert AuditEvent.objects.filter(action="accounts.user.deactivate", actor_id=mara.pk).exists()


def test_a_refusal_is_a_sentence_and_changes_nothing(client: Browser, mara: User) -> None:
    answer = client.post(way_to(User, "change", mara.pk), person_form(mara, role="client"), follow=True)
    assert answer.status_code == 200
    assert messages_of(answer)
    mara.refresh_from_db()
    assert mara.role == R.ADMIN
    assert not LogEntry.objects.exists()


def test_a_new_person_gets_a_letter_and_no_password(client: Browser, mara: User) -> None:
    fields = {"email": "new@example.com", "name": "Nia", "role": "linguist"}
    answer = client.post(way_to(User, "add"), fields, follow=True)
    made = User.objects.get(email="new@example.com")
    assert answer.redirect_chain[-1][0] == way_to(User, "changelist")
    assert (made.has_usable_password(), made.email_verified_at) == (False, None)
    assert Letter.objects.get().to == "new@example.com"


def test_nobody_sets_a_password_for_somebody_else_here(client: Browser, mara: User) -> None:
    assert client.get(f"/admin/accounts/user/{UserFactory().pk}/password/").status_code in {302, 404}


def test_deleting_a_person_closes_the_account_after_a_recent_sign_in_only(client: Browser, mara: User) -> None:
    project = ProjectFactory()
    path = way_to(User, "delete", project.owner.pk)
    session = client.session
    session[sign_in.PROVED_AT] = 0
    session.save()
    assert client.post(path, {"post": "yes"}).headers["Location"].startswith("/account/confirm?next=")
    session[sign_in.PROVED_AT] = timezone.now().timestamp()
    session.save()
    assert str(project.owner) in client.get(path).content.decode()
    client.post(path, {"post": "yes"})
    project.owner.refresh_from_db()
    assert project.owner.deleted_at is not None
    assert Project.objects.filter(pk=project.pk).exists()
    assert AuditEvent.objects.filter(action="accounts.user.delete", actor_id=mara.pk).exists()


def act(client: Browser, model: type[models.Model], action: str, *rows: models.Model) -> Any:
    fields = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(way_to(model, "changelist"), fields, follow=True)


def test_actions_on_people(client: Browser, mara: User) -> None:
    key = a_key()
    user = key.user
    session = UserSession.objects.create(user=user, kind="browser", expires_at=soon())
    assert "1 sign-ins ended" in messages_of(act(client, User, "end_sign_ins", user))
    session.refresh_from_db()
    assert session.is_revoked
    assert "1 API keys revoked" in messages_of(act(client, User, "revoke_keys", user))
    assert "1 letters" in messages_of(act(client, User, "send_reset", user))
    assert Letter.objects.filter(to=user.email, template="password_reset").exists()
    assert "1 accounts closed" in messages_of(act(client, User, "close", user))
    assert "0 letters" in messages_of(act(client, User, "send_reset", user))
    assert "1 accounts opened" in messages_of(act(client, User, "open_again", user))


def test_an_admin_cannot_close_their_own_account_by_an_action(client: Browser, mara: User) -> None:
    UserFactory(role=R.ADMIN)
    answer = act(client, User, "close", mara)
    assert answer.status_code == 200
    mara.refresh_from_db()
    assert mara.is_active


def test_actions_on_credentials(client: Browser, mara: User) -> None:
    session, key, device = a_session(), a_key(), MAKERS[TOTPDevice]()
    act(client, UserSession, "end", session)
    act(client, ApiKey, "revoke", key)
    act(client, TOTPDevice, "remove", device)
    session.refresh_from_db()
    key.refresh_from_db()
    assert session.is_revoked
    assert key.revoked_at is not None
    assert not TOTPDevice.objects.exists()
    assert AuditEvent.objects.filter(action="accounts.second_factor.remove", actor_id=mara.pk).exists()


def test_actions_on_invitations_and_letters(client: Browser, mara: User) -> None:
    invitation = Invitation.objects.create(
        email="a@example.com", organization=OrganizationFactory(), token_hash=unique(), expires_at=soon()
    )
    act(client, Invitation, "send_again", invitation)
    letter = Letter.objects.get(to="a@example.com")
    act(client, Invitation, "withdraw", Invitation.objects.open().get())
    assert not Invitation.objects.open().exists()
    Letter.objects.filter(pk=letter.pk).update(given_up_at=timezone.now())
    act(client, Letter, "send_again", letter)
    letter.refresh_from_db()
    assert letter.given_up_at is None


def test_actions_on_jobs_go_through_the_workflow_and_say_who_refused(client: Browser, mara: User) -> None:
    failed, new = JobFactory(status=Job.Status.FAILED), JobFactory(title="Brand new")
    answer = act(client, Job, "try_again", failed, new)
    assert "Brand new: Cannot retry a job in status 'created'" in messages_of(answer)
    assert "1 jobs cancelled" in messages_of(act(client, Job, "cancel", new))
    new.refresh_from_db()
    assert new.status == Job.Status.CANCELLED


def test_members_of_a_house_change_through_their_services(client: Browser, mara: User) -> None:
    house, ada, ben = OrganizationFactory(), UserFactory(), UserFactory()
    membership = Membership.objects.create(user=ada, organization=house, role=R.LINGUIST)
    fields = {
        "name": house.name, "slug": house.slug, "is_active": "on",
        "clients-TOTAL_FORMS": "0", "clients-INITIAL_FORMS": "0",
        "memberships-TOTAL_FORMS": "2", "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk), "memberships-0-organization": str(house.pk),
        "memberships-0-user": str(ada.pk), "memberships-0-role": "reviewer",
        "memberships-1-organization": str(house.pk), "memberships-1-user": str(ben.pk), "memberships-1-role": "client",
    }  # fmt: skip
    client.post(way_to(Organization, "change", house.pk), fields)
    assert set(house.memberships.values_list("user", "role")) == {(ada.pk, "reviewer"), (ben.pk, "client")}
    actions = set(AuditEvent.objects.filter(actor_id=mara.pk).values_list("action", flat=True))
    assert {"accounts.member.change_role", "accounts.member.add"} <= actions
    client.post(way_to(Membership, "delete", membership.pk), {"post": "yes"})
    assert AuditEvent.objects.filter(action="accounts.member.remove").exists()


def test_a_place_is_not_handed_on_to_somebody_else(client: Browser, mara: User) -> None:
    house, ada, ben = OrganizationFactory(), UserFactory(), UserFactory()
    membership = Membership.objects.create(user=ada, organization=house, role=R.LINGUIST)
    fields = {
        "name": "Another name", "slug": house.slug, "is_active": "on",
        "clients-TOTAL_FORMS": "0", "clients-INITIAL_FORMS": "0",
        "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk), "memberships-0-organization": str(house.pk),
        "memberships-0-user": str(ben.pk), "memberships-0-role": "admin",
    }  # fmt: skip
    answer = client.post(way_to(Organization, "change", house.pk), fields, follow=True)
    assert "a place is not handed on" in messages_of(answer)
    membership.refresh_from_db()
    house.refresh_from_db()
    assert (membership.user, membership.role) == (ada, R.LINGUIST)
    # What stood beside it in the form is rolled back with it.
    assert house.name != "Another name"


def test_houses_clients_teams_and_projects_are_made_and_closed_by_their_services(client: Browser, mara: User) -> None:
    client.post(way_to(Organization, "add"), {"name": "Northlight", "slug": "north"})
    house = Organization.objects.get(slug="north")
    client.post(way_to(Client, "add"), {"name": "Museum", "organization": house.pk, "contact_email": "", "notes": ""})
    museum = Client.objects.get(name="Museum")
    client.post(way_to(Team, "add"), {"name": "Captions", "client": museum.pk})
    client.post(
        way_to(Project, "add"),
        {"name": "Spring", "owner": mara.pk, "client": museum.pk, "description": "", "color": ""},
    )
    project, team = Project.objects.get(name="Spring"), Team.objects.get(name="Captions")
    empty = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    client.post(
        way_to(Project, "change", project.pk),
        {**empty, "name": "Summer", "description": "", "color": "", "status": "completed"},
    )
    project.refresh_from_db()
    assert (project.name, project.status) == ("Summer", "completed")
    client.post(way_to(Team, "change", team.pk), {**empty, "name": "Voices"})
    team.refresh_from_db()
    assert team.name == "Voices"
    client.post(way_to(Client, "delete", museum.pk), {"post": "yes"})
    museum.refresh_from_db()
    assert museum.deleted_at is not None
    assert client.get(way_to(Client, "change", museum.pk)).status_code == 200
    assert client.post(way_to(Client, "change", museum.pk), {}).status_code == 403
    done = set(AuditEvent.objects.filter(actor_id=mara.pk).values_list("action", flat=True))
    assert {
        "accounts.organization.create", "accounts.client.create", "accounts.team.create", "accounts.project.create",
        "accounts.project.update", "accounts.project.complete", "accounts.team.update", "accounts.client.delete",
    } <= done  # fmt: skip


def test_budgets_are_audited(client: Browser, mara: User) -> None:
    client.post(way_to(Budget, "add"), {"user": mara.pk, "period": "day", "limit_usd": "5", "alert_fraction": "0.5"})
    budget = Budget.objects.get()
    client.post(way_to(Budget, "delete", budget.pk), {"post": "yes"})
    actions = set(AuditEvent.objects.filter(actor_id=mara.pk).values_list("action", flat=True))
    assert {"ai.budget.set", "ai.budget.remove"} <= actions
