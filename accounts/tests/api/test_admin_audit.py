"""The admin's routes to the audit trail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.api.test_admin_users import NOBODY, signed_in
from accounts.tests.factories import OrganizationFactory, UserFactory
from core import audit
from core.audit import chain
from core.models import AuditEvent, AuditTombstone
from core.rest.request_info import RequestInfo, current
from core.testing.contract import differences, endpoint

pytestmark = pytest.mark.django_db

LOGS = "/api/v1/admin/audit-logs"
R = User.Role


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def admin() -> User:
    return UserFactory(role=R.ADMIN, email="admin@example.com")


@pytest.fixture
def browser(admin: User) -> Client:
    return signed_in(admin)


def written(action: str, subject: Any = None, *, actor: User | None = None, days: float = 0, **details: Any) -> Any:
    """A row of so many days ago."""
    then = timezone.now() - timedelta(days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit.timezone, "now", lambda: then)
        return audit.record(action, subject, actor=actor, **details)


ROUTES = {
    "list": ("get", LOGS),
    "user": ("get", f"{LOGS}/user/{{user}}"),
    "security": ("get", f"{LOGS}/security"),
    "cleanup": ("delete", f"{LOGS}/cleanup"),
}


def ask(client: Client, name: str, user: Any = NOBODY) -> Any:
    method, path = ROUTES[name]
    return getattr(client, method)(path.format(user=getattr(user, "pk", user)))


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_answers_as_the_contract_says(browser: Client, admin: User, name: str) -> None:
    token = current.set(RequestInfo("request-1", "203.0.113.7", "Browser/1"))
    try:
        audit.record("accounts.user.change_role", admin, actor=admin, before="client", after="admin")
    finally:
        current.reset(token)
    audit.record("auth.login_failed", None, actor=None, reason="unknown")
    answer = ask(browser, name, admin)
    assert answer.status_code == 200, answer.content
    assert differences(answer.json(), endpoint(f"accessible.admin.audit_logs.{name}")["success"]["shape"]) == []
    if name != "cleanup":
        assert answer.json()["items"]


@pytest.mark.parametrize("name", ROUTES)
def test_nobody_is_asked_to_sign_in(name: str) -> None:
    answer = ask(Client(), name)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("role", [role for role in R.values if role != R.ADMIN])
def test_other_roles_are_refused_before_any_look_up(role: str, name: str) -> None:
    user = UserFactory(role=role)
    for whom in (user, NOBODY):
        answer = ask(signed_in(user), name, whom)
        assert answer.status_code == 403
        assert answer.json()["detail"] == "Insufficient role permissions"


@pytest.mark.parametrize("rows", [1, 20])
@pytest.mark.parametrize("name", ["list", "user", "security"])
def test_a_list_costs_the_same_however_many_rows(
    browser: Client, admin: User, rows: int, name: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(rows):
        audit.record("auth.login", admin, actor=UserFactory())
    ask(browser, name, admin)
    with django_assert_max_num_queries(5):
        assert len(ask(browser, name, admin).json()["items"]) == rows


def test_a_row_tells_all_it_knows(browser: Client, admin: User) -> None:
    token = current.set(RequestInfo("", "203.0.113.7", "Browser/1"))
    try:
        audit.record("accounts.user.change_role", admin, actor=admin, before="client", after="admin", note="Why")
    finally:
        current.reset(token)
    (item,) = browser.get(LOGS).json()["items"]
    assert item["resource_type"] == "accounts.user"
    assert {"before": "client", "after": "admin", "note": "Why"}.items() <= item["details"].items()
    assert (item["ip_address"], item["user_agent"], item["actor_email"]) == (
        "203.0.113.7",
        "Browser/1",
        "admin@example.com",
    )


def test_the_list_filters_by_person_action_thing_and_time(browser: Client, admin: User) -> None:
    other, house = UserFactory(), OrganizationFactory()
    written("auth.login", other, actor=other, days=10)
    written("auth.login_failed", other, days=5)
    written("accounts.organization.update", house, actor=admin, days=1)

    def found(path: str = LOGS, **query: Any) -> list[str]:
        return [item["action"] for item in browser.get(path, query).json()["items"]]

    assert found() == ["accounts.organization.update", "auth.login_failed", "auth.login"]
    assert found(user_id=other.pk) == ["auth.login"]
    assert found(action="auth.login") == ["auth.login"]
    assert found(action="auth") == ["auth.login_failed", "auth.login"]
    assert found(resource_type="organization") == found(resource_type="accounts.organization")
    assert found(resource_type="organization") == ["accounts.organization.update"]
    day = timezone.now() - timedelta(days=7)
    assert found(**{"from": day.isoformat()}) == ["accounts.organization.update", "auth.login_failed"]
    assert found(to=day.isoformat()) == ["auth.login"]
    assert found(f"{LOGS}/security") == ["auth.login_failed", "auth.login"]
    assert found(f"{LOGS}/user/{other.pk}") == ["auth.login_failed", "auth.login"]
    assert found(f"{LOGS}/user/{admin.pk}") == ["accounts.organization.update"]
    assert browser.get(LOGS, {"size": 999}).json()["size"] == 100


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"to": "2026-13-01T00:00:00Z"},
        {"user_id": "somebody"},
        {"page": "0"},
        {"size": "-1"},
        {"to": "0001-01-01T00:00:00+23:59"},
    ],
)
@pytest.mark.parametrize("path", [LOGS, f"{LOGS}/security"])
def test_a_filter_that_makes_no_sense_is_refused(browser: Client, path: str, query: dict[str, str]) -> None:
    assert browser.get(path, query).status_code == 422


def test_the_log_of_somebody_unknown_or_deleted_is_not_found(browser: Client) -> None:
    for whom in (NOBODY, UserFactory(deleted_at=timezone.now()).pk):
        answer = browser.get(f"{LOGS}/user/{whom}")
        assert (answer.status_code, answer.json()) == (404, {"detail": "User not found"})


# Cleaning up.


def test_a_clean_up_keeps_to_the_floors_and_is_written_down(browser: Client, admin: User) -> None:
    for action, days in (("auth.login", 400), ("jobs.job.create", 200), ("auth.login", 200), ("jobs.job.create", 80)):
        written(action, admin, actor=admin, days=days)
    answer = browser.delete(f"{LOGS}/cleanup")
    assert answer.json()["deleted"] == 2
    left = AuditEvent.objects.order_by("at").values_list("action", flat=True)
    assert list(left) == ["auth.login", "jobs.job.create", "core.audit.clean_up"]
    assert AuditEvent.objects.get(action="core.audit.clean_up").actor == admin
    assert [str(grave) for grave in AuditTombstone.objects.all()] == ["1 to 2"]
    assert not chain.verify().broken


def test_a_clean_up_takes_its_age_in_days(browser: Client, admin: User) -> None:
    written("jobs.job.create", admin, days=150)
    assert browser.delete(f"{LOGS}/cleanup?older_than_days=180").json()["deleted"] == 0
    assert browser.delete(f"{LOGS}/cleanup?older_than_days=120").json()["deleted"] == 1


@pytest.mark.parametrize("days", ["89", "1", "0", "-5", "many", "99999999999999999999"])
def test_the_floor_cannot_be_undercut(browser: Client, admin: User, days: str) -> None:
    written("jobs.job.create", admin, days=1000)
    answer = browser.delete(f"{LOGS}/cleanup?older_than_days={days}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == "older_than_days"
    assert AuditEvent.objects.filter(action="jobs.job.create").exists()


def test_a_clean_up_wants_a_recent_sign_in(admin: User) -> None:
    written("jobs.job.create", admin, days=1000)
    answer = signed_in(admin, since=timedelta(minutes=6)).delete(f"{LOGS}/cleanup")
    assert answer.status_code == 403
    assert answer.json()["code"] == "reauthentication_required"
    assert AuditEvent.objects.filter(action="jobs.job.create").exists()


# Refusals.


def test_a_refusal_is_written_down_once_a_minute() -> None:
    user = UserFactory(role=R.CLIENT)
    client = signed_in(user)
    for _ in range(3):
        assert client.get(f"{LOGS}/user/{NOBODY}").status_code == 403
    assert client.get(LOGS).status_code == 403
    events = AuditEvent.objects.filter(action="access.denied").order_by("at")
    assert [event.details["route"] for event in events] == [
        "/api/v1/admin/audit-logs/user/{user_id}",
        "/api/v1/admin/audit-logs",
    ]
    first = events[0]
    assert (first.actor, first.category, first.details["method"]) == (user, "security", "GET")
    assert first.details["wanted"] == "accounts.admin.use"
    assert NOBODY not in str(first.details)


def test_a_refusal_answers_as_ever_when_it_cannot_be_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no disk")

    monkeypatch.setattr(audit, "record", broken)
    assert signed_in(UserFactory(role=R.CLIENT)).get(LOGS).status_code == 403


def test_what_is_not_found_is_no_refusal(browser: Client) -> None:
    browser.get(f"{LOGS}/user/{NOBODY}")
    assert not AuditEvent.objects.filter(action="access.denied").exists()
