"""The admin's routes to people."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, Invitation, Membership, OneTimeLink, TeamMember, User, UserSession
from accounts.services import people, sign_in
from accounts.tests.factories import PASSWORD, OrganizationFactory, TeamFactory, UserFactory
from core.errors import ConflictError
from core.mail.models import Letter
from core.models import AuditEvent
from core.testing.contract import differences, endpoint

pytestmark = pytest.mark.django_db

USERS = "/api/v1/admin/users"
R = User.Role
NOBODY = "00000000-0000-4000-8000-000000000000"


def signed_in(user: User, *, since: timedelta = timedelta(0)) -> Client:
    """A browser of theirs, signed in so long ago."""
    client = Client()
    client.force_login(user)
    session = client.session
    session[sign_in.PROVED_AT] = (timezone.now() - since).timestamp()
    session[sign_in.METHODS] = ["pwd"]
    session.save()
    return client


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(path, body, content_type="application/json")


@pytest.fixture
def admin() -> User:
    return UserFactory(role=R.ADMIN, is_staff=True, is_superuser=True, email="admin@example.com")


@pytest.fixture
def browser(admin: User) -> Client:
    return signed_in(admin)


ROUTES: dict[str, tuple[str, str, Any]] = {
    "users.list": ("get", USERS, None),
    "users.create": ("post", USERS, {"email": "new@example.com", "role": "client", "password": PASSWORD}),
    "users.get": ("get", f"{USERS}/{{user}}", None),
    "users.update": ("patch", f"{USERS}/{{user}}", {"name": "Someone"}),
    "users.delete": ("delete", f"{USERS}/{{user}}", None),
    "users.send_password_reset": ("post", f"{USERS}/{{user}}/reset-password", None),
    "users.set_password": ("post", f"{USERS}/{{user}}/password/reset", {"new_password": "a-new-long-password"}),
}


def ask(client: Client, name: str, user: Any) -> Any:
    method, path, body = ROUTES[name]
    return send(client, method, path.format(user=getattr(user, "pk", user)), body)


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_answers_as_the_contract_says(browser: Client, name: str) -> None:
    answer = ask(browser, name, UserFactory())
    success = endpoint(f"accessible.admin.{name}")["success"]
    assert answer.status_code == success["status"], answer.content
    if success["status"] != 204:
        assert differences(answer.json(), success["shape"]) == []


@pytest.mark.parametrize("name", ROUTES)
def test_nobody_is_asked_to_sign_in(name: str) -> None:
    answer = ask(Client(), name, UserFactory())
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("role", [role for role in R.values if role != R.ADMIN])
def test_other_roles_are_refused_before_any_look_up(role: str, name: str) -> None:
    client = signed_in(UserFactory(role=role))
    for whom in (UserFactory(), NOBODY):
        answer = ask(client, name, whom)
        assert answer.status_code == 403
        assert answer.json()["detail"] == "Insufficient role permissions"


def test_the_admin_of_a_house_is_no_admin_of_the_platform() -> None:
    user = UserFactory(role=R.CLIENT)
    Membership.objects.create(organization=OrganizationFactory(), user=user, role=R.ADMIN)
    assert signed_in(user).get(USERS).status_code == 403


@pytest.mark.parametrize("name", [name for name in ROUTES if "{user}" in ROUTES[name][1]])
@pytest.mark.parametrize("whom", [NOBODY, "deleted"])
def test_the_unknown_and_the_deleted_look_alike(browser: Client, name: str, whom: str) -> None:
    if whom == "deleted":
        whom = UserFactory(deleted_at=timezone.now()).pk
    answer = ask(browser, name, whom)
    assert (answer.status_code, answer.json()) == (404, {"detail": "User not found"})


# Lists.


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_costs_the_same_however_many_people(
    browser: Client, count: int, django_assert_num_queries: Any
) -> None:
    for user in UserFactory.create_batch(count):
        UserSession.objects.create(user=user, kind="token", expires_at=timezone.now())
    browser.get(USERS)
    with django_assert_num_queries(4):
        assert browser.get(USERS, {"size": 100}).json()["total"] == count + 1


def test_the_list_filters_searches_and_pages(browser: Client, admin: User) -> None:
    UserFactory(name="Anna Larsen", role=R.LINGUIST)
    UserFactory(email="larsen@example.com", role=R.REVIEWER, is_active=False)
    UserFactory(name="Bo", role=R.LINGUIST)
    UserFactory(name="Gone Larsen", deleted_at=timezone.now())

    def found(**query: Any) -> int:
        return browser.get(USERS, query).json()["total"]

    assert found() == 4
    assert found(role="linguist") == 2
    assert found(is_active="false") == 1
    assert found(search="LARSEN") == 2
    assert found(search="larsen", role="linguist", is_active="true") == 1
    page = browser.get(USERS, {"page": 2, "size": 3}).json()
    assert (len(page["items"]), page["total"], page["page"], page["size"]) == (1, 4, 2, 3)
    assert browser.get(USERS, {"size": 5000}).json()["size"] == 100


@pytest.mark.parametrize("query", [{"role": "king"}, {"is_active": "perhaps"}, {"page": "0"}, {"size": "x"}])
def test_a_filter_that_makes_no_sense_is_refused(browser: Client, query: dict[str, str]) -> None:
    assert browser.get(USERS, query).status_code == 422


def test_the_last_login_of_browsers_and_programs_shows(browser: Client) -> None:
    user = UserFactory(last_login=None)
    assert browser.get(f"{USERS}/{user.pk}").json()["last_login_at"] is None
    row = UserSession.objects.create(user=user, kind="token", expires_at=timezone.now())
    shown = browser.get(f"{USERS}/{user.pk}").json()["last_login_at"]
    assert shown.startswith(row.created_at.strftime("%Y-%m-%dT%H:%M:%S"))


# Making people.


def test_somebody_made_with_a_password_comes_in_at_once(browser: Client, admin: User) -> None:
    house = OrganizationFactory()
    body = {"email": " New@Example.com ", "role": "linguist", "name": "New", "password": PASSWORD, "org_id": house.pk}
    made = send(browser, "post", USERS, body).json()
    assert (made["email"], made["role"], made["is_active"]) == ("new@example.com", "linguist", True)
    user = User.objects.get(pk=made["id"])
    assert user.role_in(house.pk) == R.LINGUIST
    assert house.pk in user.roles_by_house
    assert sign_in.check_password(email="new@example.com", password=PASSWORD, address=None) == user
    event = AuditEvent.objects.get(action="accounts.user.create")
    assert (event.actor, event.details["role"]) == (admin, "linguist")


def test_somebody_made_without_a_password_is_invited(browser: Client, admin: User) -> None:
    made = send(browser, "post", USERS, {"email": "new@example.com", "role": "reviewer"}).json()
    user = User.objects.get(pk=made["id"])
    assert not user.has_usable_password()
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.invited_by) == (user.email, "reviewer", admin)
    letter = Letter.objects.get()
    assert letter.to == "new@example.com"
    token = letter.text.split("token=")[1].split()[0]
    from accounts.services import invitations

    accepted = invitations.accept(token, guest=None, name="Newly Named", password="a-quite-long-password")
    assert accepted == user
    user.refresh_from_db()
    assert (user.role, user.name) == ("reviewer", "Newly Named")
    assert sign_in.check_password(email=user.email, password="a-quite-long-password", address=None) == user


def test_a_new_admin_may_enter_the_django_admin(browser: Client) -> None:
    made = send(browser, "post", USERS, {"email": "new@example.com", "role": "admin", "password": PASSWORD}).json()
    user = User.objects.get(pk=made["id"])
    assert user.is_staff
    assert user.is_superuser


@pytest.mark.parametrize("password", [{}, {"password": PASSWORD}])
@pytest.mark.parametrize("verified", [None, timezone.now()])
def test_an_address_is_given_once(browser: Client, password: dict[str, str], verified: Any) -> None:
    UserFactory(email="taken@example.com", email_verified_at=verified)
    answer = send(browser, "post", USERS, {"email": "Taken@example.com", "role": "client", **password})
    assert (answer.status_code, answer.json()) == (409, {"detail": "Email already registered"})
    assert not Letter.objects.exists()


GOOD = {"email": "new@example.com", "role": "client", "password": PASSWORD}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "not an address"}, "email"),
        ({"role": "king"}, "role"),
        ({"password": "short"}, "password"),
        ({"password": "new@example.com"}, "password"),
        ({"org_id": NOBODY}, "org_id"),
        ({"org_id": "x"}, "org_id"),
        ({"name": "n" * 151}, "name"),
        ({"is_staff": True}, "is_staff"),
        ({"id": NOBODY}, "id"),
    ],
)
def test_what_cannot_be_is_refused_by_field(browser: Client, change: dict[str, Any], field: str) -> None:
    answer = send(browser, "post", USERS, {**GOOD, **change})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", field]
    assert User.objects.count() == 1


def test_a_missing_field_is_named(browser: Client) -> None:
    answer = send(browser, "post", USERS, {"email": "new@example.com"})
    assert answer.json()["detail"] == [{"loc": ["body", "role"], "msg": "Field required", "type": "missing"}]


# Changing people.


def test_a_change_is_written_down_with_what_was_before(browser: Client, admin: User) -> None:
    user = UserFactory(role=R.CLIENT, name="Old", email="old@example.com")
    body = {"email": "New@example.com", "name": "New", "role": "reviewer", "subscription_tier": "pro"}
    answer = send(browser, "patch", f"{USERS}/{user.pk}", body)
    assert answer.status_code == 200, answer.content
    assert {"email": "new@example.com", "name": "New", "role": "reviewer"}.items() <= answer.json().items()
    user.refresh_from_db()
    assert (user.email, user.name, user.role, user.tier) == ("new@example.com", "New", "reviewer", "pro")
    events = {event.action.rpartition(".")[2]: event for event in AuditEvent.objects.filter(subject_id=user.pk)}
    assert set(events) >= {"change_role", "change_tier", "change_email", "update"}
    role = events["change_role"]
    assert (role.before, role.after, role.actor, role.category) == ("client", "reviewer", admin, "security")
    assert events["change_email"].details == {"changed": {"email": ["old@example.com", "new@example.com"]}}
    assert {letter.to for letter in Letter.objects.all()} == {"old@example.com", "new@example.com"}


@pytest.mark.parametrize("change", [{"role": "reviewer"}, {"is_active": False}])
def test_another_role_or_activity_ends_the_sign_ins(browser: Client, change: dict[str, Any]) -> None:
    user = UserFactory(role=R.CLIENT)
    theirs = signed_in(user)
    row = UserSession.objects.create(user=user, kind="token", expires_at=timezone.now() + timedelta(days=1))
    assert theirs.get("/api/v1/jobs").status_code == 200
    assert send(browser, "patch", f"{USERS}/{user.pk}", change).status_code == 200
    assert theirs.get("/api/v1/jobs").status_code == 401
    row.refresh_from_db()
    assert row.is_revoked


def test_another_name_ends_no_sign_in(browser: Client) -> None:
    user = UserFactory()
    theirs = signed_in(user)
    send(browser, "patch", f"{USERS}/{user.pk}", {"name": "Other"})
    assert theirs.get("/api/v1/jobs").status_code == 200


def test_a_change_to_what_is_already_so_changes_nothing(browser: Client) -> None:
    user = UserFactory(role=R.CLIENT, name="Same")
    body = {"role": "client", "name": "Same", "is_active": True, "email": user.email.upper()}
    assert send(browser, "patch", f"{USERS}/{user.pk}", body).status_code == 200
    assert not AuditEvent.objects.filter(subject_id=user.pk).exists()


def test_the_django_admin_follows_the_role(browser: Client) -> None:
    user = UserFactory(role=R.CLIENT)
    for role, staff in (("admin", True), ("linguist", False)):
        send(browser, "patch", f"{USERS}/{user.pk}", {"role": role})
        user.refresh_from_db()
        assert (user.is_staff, user.is_superuser) == (staff, staff)


@pytest.mark.parametrize(
    "body",
    [
        {"is_staff": True},
        {"is_superuser": True},
        {"id": NOBODY},
        {"password": PASSWORD},
        {"tier": "pro"},
        {"created_at": "2026-01-01T00:00:00Z"},
        {"role": "king"},
        {"role": None},
        {"email": ""},
        {"is_active": "perhaps"},
        {"subscription_tier": "gold"},
        ["role"],
    ],
)
def test_unknown_and_read_only_fields_are_refused(browser: Client, body: Any) -> None:
    user = UserFactory()
    before = User.objects.filter(pk=user.pk).values().get()
    assert send(browser, "patch", f"{USERS}/{user.pk}", body).status_code == 422
    assert User.objects.filter(pk=user.pk).values().get() == before


def test_an_address_of_somebody_else_is_refused(browser: Client) -> None:
    UserFactory(email="taken@example.com")
    user = UserFactory()
    answer = send(browser, "patch", f"{USERS}/{user.pk}", {"email": "TAKEN@example.com", "name": "Changed"})
    assert (answer.status_code, answer.json()) == (409, {"detail": "Email already registered"})
    user.refresh_from_db()
    assert user.name != "Changed"


@pytest.mark.parametrize("change", [{"role": "client"}, {"is_active": False}])
def test_the_last_admin_stays(browser: Client, admin: User, change: dict[str, Any]) -> None:
    # Neither counts: one cannot sign in, the other has never proved the address.
    UserFactory(role=R.ADMIN, is_active=False)
    UserFactory(role=R.ADMIN, email_verified_at=None)
    answer = send(browser, "patch", f"{USERS}/{admin.pk}", change)
    assert (answer.status_code, answer.json()) == (409, {"detail": "Cannot remove the last admin"})


@pytest.mark.parametrize("change", [{"role": "client"}, {"is_active": False}])
def test_nobody_changes_their_own_role(browser: Client, admin: User, change: dict[str, Any]) -> None:
    UserFactory(role=R.ADMIN)
    answer = send(browser, "patch", f"{USERS}/{admin.pk}", change)
    assert answer.status_code == 403
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (R.ADMIN, True)


def test_a_mistake_in_the_body_counts_before_the_last_admin(browser: Client, admin: User) -> None:
    assert send(browser, "patch", f"{USERS}/{admin.pk}", {"role": "client", "x": 1}).status_code == 422


def together(*calls: Callable[[], object]) -> list[object]:
    """What each call returned or raised, all at once and each on a connection of its own."""
    results: list[object] = []
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            results.append(call())
        except Exception as error:  # noqa: BLE001  (whatever it is, the test compares it)
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one() -> None:
    one, two = UserFactory(role=R.ADMIN), UserFactory(role=R.ADMIN)
    results = together(
        lambda: people.update_user(one, actor=two, changes={"role": R.CLIENT}),
        lambda: people.update_user(two, actor=one, changes={"role": R.CLIENT}),
    )
    assert sum(isinstance(result, ConflictError) for result in results) == 1
    assert User.objects.filter(role=R.ADMIN).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_delete_each_other_at_once_leave_one() -> None:
    one, two = UserFactory(role=R.ADMIN), UserFactory(role=R.ADMIN)
    results = together(lambda: people.delete_user(one, actor=two), lambda: people.delete_user(two, actor=one))
    assert [str(result) for result in results if result] == ["Cannot delete this user"]
    assert User.objects.active().filter(role=R.ADMIN).count() == 1


# Deleting people.


def test_a_deleted_person_loses_everything_but_their_work(browser: Client, admin: User) -> None:
    house = OrganizationFactory()
    user = UserFactory(email="gone@example.com", house=house, name="Gone")
    TeamFactory(client__organization=house, member=user)
    key = ApiKey.objects.create(user=user, name="k", prefix="rwk_", token_hash="x", scopes=["read"])
    link = OneTimeLink.objects.create(
        user=user, purpose="reset_password", email=user.email, token_hash="x", expires_at=timezone.now()
    )
    theirs = signed_in(user)
    assert browser.delete(f"{USERS}/{user.pk}").status_code == 204
    user.refresh_from_db()
    key.refresh_from_db()
    link.refresh_from_db()
    assert user.deleted_at
    assert (user.is_active, user.has_usable_password(), user.name) == (False, False, "Gone")
    assert key.revoked_at
    assert link.used_at
    assert not Membership.objects.filter(user=user).exists()
    assert not TeamMember.objects.filter(user=user).exists()
    assert theirs.get("/api/v1/jobs").status_code == 401
    event = AuditEvent.objects.get(action="accounts.user.delete")
    assert (event.actor, event.details["email"]) == (admin, "gone@example.com")
    assert Letter.objects.filter(to="gone@example.com").exists()
    again = send(browser, "post", USERS, {"email": "gone@example.com", "role": "client", "password": PASSWORD})
    assert again.status_code == 201
    assert browser.delete(f"{USERS}/{user.pk}").status_code == 404


def test_nobody_deletes_themselves(browser: Client, admin: User) -> None:
    UserFactory(role=R.ADMIN)
    answer = browser.delete(f"{USERS}/{admin.pk}")
    assert (answer.status_code, answer.json()) == (409, {"detail": "Cannot delete this user"})
    admin.refresh_from_db()
    assert admin.deleted_at is None


# Passwords.


def test_a_set_password_ends_the_sign_ins_and_is_told(browser: Client, admin: User) -> None:
    user = UserFactory()
    theirs = signed_in(user)
    answer = send(browser, "post", f"{USERS}/{user.pk}/password/reset", {"password": "a-new-long-password"})
    assert answer.status_code == 200, answer.content
    assert theirs.get("/api/v1/jobs").status_code == 401
    assert sign_in.check_password(email=user.email, password="a-new-long-password", address=None) == user
    assert AuditEvent.objects.get(action="accounts.user.set_password").actor == admin
    assert Letter.objects.filter(to=user.email).exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"new_password": "short"},
        {"new_password": "password1234"},
        {"new_password": ["a-new-long-password"]},
        {"new_password": "a-new-long-password", "password": "another-long-password"},
        {"new_password": "a-new-long-password", "user": NOBODY},
    ],
)
def test_a_password_that_will_not_do_is_refused(browser: Client, body: dict[str, Any]) -> None:
    user = UserFactory()
    answer = send(browser, "post", f"{USERS}/{user.pk}/password/reset", body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_reset_link_is_mailed(browser: Client, admin: User) -> None:
    user = UserFactory()
    assert browser.post(f"{USERS}/{user.pk}/reset-password").status_code == 200
    assert "token=" in Letter.objects.get(to=user.email).text
    assert OneTimeLink.objects.get().user == user
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("name", ["users.delete", "users.set_password"])
def test_what_takes_somebody_over_wants_a_recent_sign_in(admin: User, name: str) -> None:
    user = UserFactory()
    left_open = signed_in(admin, since=timedelta(minutes=6))
    answer = ask(left_open, name, user)
    assert answer.status_code == 403
    assert answer.json()["code"] == "reauthentication_required"
    user.refresh_from_db()
    assert user.deleted_at is None
    assert user.check_password(PASSWORD)
    assert ask(left_open, name, NOBODY).status_code == 404
    assert ask(signed_in(admin, since=timedelta(minutes=4)), name, user).status_code in {200, 204}
