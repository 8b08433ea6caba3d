from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from core import audit, tasks
from core.audit import chain, verdicts
from core.audit.chain import Verdict
from core.models import AuditEvent
from core.rest.request_info import RequestInfo, current
from core.runs.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Any) -> Iterator[None]:
    """Checkpoints, verdicts and requests of other tests are not this test's."""
    settings.HOME = tmp_path
    cache.delete(verdicts.KEY)
    token = current.set(None)
    yield
    current.reset(token)


@pytest.fixture
def admin() -> User:
    return UserFactory(role=User.Role.ADMIN, name="Mara", email="mara@example.com")


def read(user: User, **query: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get("/audit", query)


def actions(response: Any) -> list[str]:
    assert response.status_code == 200
    return [event.action for event in response.context["page"].object_list]


def written(action: str, *, days_ago: int = 0, **facts: Any) -> AuditEvent:
    """A row, with the moment it was written at."""
    with pytest.MonkeyPatch.context() as patch:
        then = timezone.now() - timedelta(days=days_ago)
        patch.setattr(audit.timezone, "now", lambda: then)
        return audit.record(action, facts.pop("subject", None), actor=facts.pop("actor", None), **facts)


def test_nobody_reads_the_trail_without_signing_in() -> None:
    response = Client().get("/audit")
    assert (response.status_code, response.url) == (302, "/login?next=/audit")


@pytest.mark.parametrize("role", [role for role in User.Role.values if role != User.Role.ADMIN])
def test_the_trail_is_for_the_platforms_admins(role: str) -> None:
    client = Client()
    client.force_login(UserFactory(role=role))
    answers = [client.get("/audit"), client.get("/audit.csv"), client.post("/audit/verify")]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_a_row_says_who_did_what_to_what_and_from_where(admin: User) -> None:
    target = UserFactory()
    written("accounts.user.set_role", subject=target, actor=admin, before="client", after="reviewer", reason="asked to")
    page = read(admin).content.decode()
    assert all(
        word in page
        for word in (
            "accounts.user.set_role",
            "client → reviewer",
            "Mara",
            str(target.pk),
            "asked to",
            "mara@example.com",
        )
    )


def test_the_newest_row_stands_first_and_the_studio_has_a_name(admin: User) -> None:
    for age in (2, 1, 0):
        written(f"jobs.job.step{age}", days_ago=age)
    response = read(admin)
    assert actions(response) == ["jobs.job.step0", "jobs.job.step1", "jobs.job.step2"]
    assert "The studio" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"person": "ada"}, ["jobs.job.create"]),
        ({"person": "LOVELACE"}, ["jobs.job.create"]),
        ({"action": "auth"}, ["auth.login", "auth.login_failed"]),
        ({"action": "auth.login"}, ["auth.login"]),
        ({"object": "user"}, ["accounts.user.update"]),
        ({"object": "accounts.user"}, ["accounts.user.update"]),
        ({"category": "security"}, ["accounts.user.update", "auth.login", "auth.login_failed"]),
        ({"category": "change", "person": "ada"}, ["jobs.job.create"]),
        ({"category": "nonsense", "action": "jobs"}, ["jobs.job.create"]),
        ({"person": "%"}, []),
    ],
)
def test_filters_narrow_the_trail(admin: User, query: dict[str, str], found: list[str]) -> None:
    ada = UserFactory(name="Ada Lovelace", email="lovelace@example.com")
    written("jobs.job.create", actor=ada)
    written("accounts.user.update", subject=UserFactory(), actor=admin)
    written("auth.login")
    written("auth.login_failed")
    assert sorted(actions(read(admin, **query))) == sorted(found)


def test_an_object_has_its_own_trail(admin: User) -> None:
    target = UserFactory()
    written("accounts.user.update", subject=target)
    written("accounts.user.update", subject=UserFactory())
    assert len(actions(read(admin, object=str(target.pk)))) == 1


def test_days_are_meant_whole(admin: User) -> None:
    for age in (3, 2, 1, 0):
        written(f"jobs.job.step{age}", days_ago=age)
    today = timezone.now().date()
    since, until = str(today - timedelta(days=2)), str(today - timedelta(days=1))
    assert actions(read(admin, since=since, until=until)) == ["jobs.job.step1", "jobs.job.step2"]


def test_a_filter_that_cannot_be_read_finds_nothing_and_says_so(admin: User) -> None:
    written("auth.login")
    response = read(admin, since="the other day")
    assert response.status_code == 422
    assert "Enter a valid date." in response.content.decode()
    assert response.context["page"].paginator.count == 0


def test_what_somebody_typed_is_shown_and_not_run(admin: User) -> None:
    written("auth.login_failed", reason="<script>alert(1)</script>")
    page = read(admin).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_whoever_failed_to_sign_in_is_nobody_and_not_the_studio(admin: User) -> None:
    token = current.set(RequestInfo("request-1", "203.0.113.7", "Browser/1"))
    try:
        written("auth.login_failed")
    finally:
        current.reset(token)
    page = read(admin).content.decode()
    assert "Nobody signed in" in page
    assert "203.0.113.7" in page


def test_the_trail_outlives_whom_it_speaks_of(admin: User) -> None:
    ada = UserFactory(email="ada@example.com")
    written("jobs.job.create", actor=ada)
    ada.delete()
    assert "ada@example.com" in read(admin).content.decode()


@pytest.mark.parametrize("rows", [1, 20])
def test_the_page_costs_the_same_however_long_the_trail_is(
    rows: int, admin: User, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        written("jobs.job.create", actor=UserFactory(), subject=UserFactory())
    client = Client()
    client.force_login(admin)
    with django_assert_num_queries(7):
        client.get("/audit")


def test_the_trail_comes_in_pages(admin: User) -> None:
    for number in range(60):
        written(f"jobs.job.step{number}")
    assert len(actions(read(admin))) == 50
    assert len(actions(read(admin, page="2"))) == 10


def test_the_download_holds_what_the_filters_find_and_is_itself_a_row(admin: User) -> None:
    written("jobs.job.create", actor=UserFactory(name="=1+1", email="ada@example.com"), note="=HYPERLINK(1)")
    written("auth.login", actor=admin)
    client = Client()
    client.force_login(admin)
    response = client.get("/audit.csv", {"action": "jobs", "category": "change"})
    (row,) = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    assert (row["action"], row["actor"], row["details"]) == (
        "jobs.job.create",
        "ada@example.com",
        "note==HYPERLINK(1)",
    )
    exported = AuditEvent.objects.get(action="core.audit.export")
    assert (exported.actor, exported.category) == (admin, "security")
    assert exported.details == {"rows": 1, "filters": {"action": "jobs", "category": "change"}}


class TestStanding:
    def test_a_trail_that_nobody_walked_says_so(self, admin: User) -> None:
        written("auth.login")
        page = read(admin).content.decode()
        assert "Not verified yet" in page
        assert "1 row waits for the seal." in page

    def test_a_walk_is_remembered_with_what_came_after(self, admin: User) -> None:
        for _ in range(3):
            written("auth.login")
        tasks.verify_audit_trail()
        written("auth.login")
        chain.seal()
        response = read(admin)
        assert "Verified up to row 3" in response.content.decode()
        assert "1 row sealed since then." in response.content.decode()
        assert response.context["standing"].pending == 0

    def test_a_broken_trail_cannot_be_overlooked(self, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
        broken = Verdict(rows=2, removed=0, position=2, broken="row 2 was changed")
        monkeypatch.setattr(chain, "verify", lambda: broken)
        tasks.verify_audit_trail()
        page = read(admin).content.decode()
        assert "The trail does not verify:" in page
        assert "row 2 was changed" in page
        assert "note--error" in page

    def test_a_verdict_that_we_did_not_write_counts_for_nothing(self, admin: User) -> None:
        tasks.verify_audit_trail()
        facts = cache.get(verdicts.KEY)
        cache.set(verdicts.KEY, {**facts, "position": 1_000_000})
        assert "Not verified yet" in read(admin).content.decode()

    def test_rows_that_nobody_seals_are_told_of(self, admin: User) -> None:
        written("auth.login", days_ago=1)
        assert "Does the scheduler run?" in read(admin).content.decode()

    def test_an_admin_has_the_trail_walked_by_a_worker(self, admin: User) -> None:
        client = Client()
        client.force_login(admin)
        assert client.post("/audit/verify").url == "/audit"
        message = OutboxMessage.objects.get(task=verdicts.VERIFY)
        assert (message.queue, message.kwargs) == ("media", {})
