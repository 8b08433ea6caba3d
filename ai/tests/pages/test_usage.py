from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from ai.models import Call
from ai.queries import SPANS
from ai.tests.factories import BudgetFactory, CallFactory
from core.rest.models import RequestLog

pytestmark = pytest.mark.django_db

R = User.Role


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory(name="Hawthorn")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def read(user: User, path: str = "/usage") -> Any:
    response = signed_in(user).get(path)
    assert response.status_code == 200
    return response


def rows_of(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_nobody_reads_usage_without_signing_in() -> None:
    response = Client().get("/usage")
    assert (response.status_code, response.url) == (302, "/login?next=/usage")


@pytest.mark.parametrize("path", ["/usage", "/usage/models.csv", "/usage/requests.csv"])
@pytest.mark.parametrize(
    ("role", "status"), [(R.CLIENT, 403), (R.LINGUIST, 403), (R.REVIEWER, 403), (R.PRODUCTION, 200)]
)
def test_usage_is_for_those_who_plan_the_work(house: Organization, role: str, status: int, path: str) -> None:
    assert signed_in(UserFactory(role=role, house=house)).get(path).status_code == status


def test_whoever_plans_the_work_of_one_house_reads_usage_though_a_client_elsewhere(house: Organization) -> None:
    person = UserFactory(role=R.CLIENT, house=OrganizationFactory())
    Membership.objects.create(organization=house, user=person, role=R.PROJECT_MANAGER)
    CallFactory(organization=house, model="whisper-small")
    assert b"whisper-small" in read(person).content


def test_an_admin_sees_everybodys_use(house: Organization) -> None:
    CallFactory(organization=house, model="whisper-small")
    CallFactory(organization=OrganizationFactory(), model="opus-mt")
    CallFactory(model="piper")
    page = read(UserFactory(role=R.ADMIN))
    assert page.context["total"].calls == 3
    assert all(word in page.content for word in (b"whisper-small", b"opus-mt", b"piper"))


@pytest.mark.parametrize("role", [R.PRODUCTION, R.PROJECT_MANAGER])
def test_production_and_project_managers_see_the_use_of_their_own_houses_only(house: Organization, role: str) -> None:
    person = UserFactory(role=role, house=house)
    CallFactory(organization=house, model="whisper-small")
    CallFactory(organization=OrganizationFactory(), model="opus-mt")
    CallFactory(model="piper")
    page = read(person)
    assert page.context["total"].calls == 1
    assert b"opus-mt" not in page.content
    assert b"piper" not in page.content
    taken = rows_of(read(person, "/usage/models.csv"))
    assert [row["model"] for row in taken] == ["whisper-small"]


def test_sums_are_by_model_capability_and_person(house: Organization) -> None:
    ada = UserFactory(name="Ada", house=house)
    for tokens in (10, 20):
        CallFactory(
            user=ada, capability="chat", provider="openai", model="gpt", input_tokens=tokens, cost=Decimal("0.5")
        )
    CallFactory(user=ada, capability="chat", provider="openai", model="gpt", outcome=Call.Outcome.BUSY)
    CallFactory(capability="speech_to_text", seconds=90)
    page = read(UserFactory(role=R.ADMIN))
    (chat, hearing) = page.context["capabilities"].lines
    assert (chat.name, chat.use.calls, chat.use.failed, chat.use.tokens_in) == ("Chat", 3, 1, 30)
    assert (chat.use.cost, hearing.use.seconds) == (Decimal(1), 90)
    assert [(line.name, line.sub) for line in page.context["models"].lines] == [("gpt", "openai"), ("argos", "local")]
    assert [line.name for line in page.context["people"].lines] == ["Ada", "The studio itself"]
    assert "$1.00" in page.content.decode()
    assert "1 min 30 s" in page.content.decode()


def test_a_period_holds_whole_days_and_the_one_that_runs() -> None:
    now = datetime(2026, 3, 30, 15, 20, tzinfo=UTC)
    assert SPANS["7d"].starts(now)[0] == datetime(2026, 3, 24, tzinfo=UTC)
    assert SPANS["7d"].starts(now)[-1] == datetime(2026, 3, 30, tzinfo=UTC)
    assert SPANS["24h"].starts(now)[0] == datetime(2026, 3, 29, 16, tzinfo=UTC)
    assert [len(span.starts(now)) for span in SPANS.values()] == [24, 7, 30]


@pytest.mark.parametrize(("period", "calls"), [("24h", 1), ("7d", 2), ("30d", 3), ("", 2), ("a-year", 2)])
def test_the_period_stands_in_the_address(period: str, calls: int) -> None:
    now = timezone.now()
    for age in (timedelta(minutes=1), timedelta(days=3), timedelta(days=20), timedelta(days=40)):
        CallFactory(at=now - age)
    page = read(UserFactory(role=R.ADMIN), f"/usage?period={period}")
    assert page.context["total"].calls == calls
    assert sum(step.use.calls for step in page.context["steps"]) == calls


def test_charts_say_in_words_what_they_show() -> None:
    CallFactory.create_batch(3)
    CallFactory(outcome=Call.Outcome.FAILED)
    page = read(UserFactory(role=R.ADMIN)).content.decode()
    assert 'role="img" aria-label="Model calls each day in the last 7 days: 4 in all, most on ' in page
    assert "Cost each day" not in page


def test_where_something_cost_money_there_is_a_chart_of_it() -> None:
    CallFactory(cost=Decimal("0.0042"))
    page = read(UserFactory(role=R.ADMIN)).content.decode()
    assert "Cost each day in the last 7 days: $0.0042 in all" in page


def test_budgets_show_what_is_used_of_them(house: Organization) -> None:
    ada = UserFactory(name="Ada", house=house)
    BudgetFactory(limit_usd=Decimal(10))
    BudgetFactory(organization=house, limit_usd=Decimal(5))
    BudgetFactory(user=ada, limit_usd=Decimal(4))
    CallFactory(user=ada, organization=house, cost=Decimal(4))
    CallFactory(cost=Decimal(1), reserved=Decimal("0.5"))
    shown = {row.budget.holder: (row.spent, row.state) for row in read(UserFactory(role=R.ADMIN)).context["budgets"]}
    assert shown == {
        "the studio": (Decimal("5.5"), "free"),
        "Hawthorn": (Decimal(4), "near"),
        "Ada": (Decimal(4), "used"),
    }


def test_production_sees_the_budgets_of_its_houses_only(house: Organization) -> None:
    BudgetFactory()
    BudgetFactory(organization=OrganizationFactory())
    BudgetFactory(organization=house)
    page = read(UserFactory(role=R.PRODUCTION, house=house))
    assert [row.budget.organization for row in page.context["budgets"]] == [house]


def test_the_download_holds_the_ledger_by_day_capability_model_and_person() -> None:
    ada = UserFactory(name="Ada", email="ada@example.com")
    CallFactory.create_batch(2, user=ada, input_tokens=5, cost=Decimal("0.25"))
    CallFactory()
    response = read(UserFactory(role=R.ADMIN), "/usage/models.csv?period=30d")
    assert response.headers["Content-Type"].startswith("text/csv")
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Disposition"].startswith('attachment; filename="usage-models-')
    assert "-30d.csv" in response.headers["Content-Disposition"]
    (mine, studio) = sorted(rows_of(response), key=lambda row: row["person"])
    assert (mine["person"], mine["address"], mine["calls"], mine["tokens_in"]) == ("Ada", "ada@example.com", "2", "10")
    assert Decimal(mine["cost_usd"]) == Decimal("0.5")
    assert studio["person"] == "The studio itself"


def asked(user: User | None = None, *, endpoint: str = "/api/v1/jobs", status: int = 200, ms: int = 10) -> None:
    RequestLog.objects.create(
        user=user,
        endpoint=endpoint,
        method="GET",
        response_status=status,
        response_time_ms=ms,
        created_at=timezone.now(),
    )


def test_requests_are_counted_by_day_route_and_person() -> None:
    ada = UserFactory(name="Ada", email="ada@example.com")
    for ms in (10, 30):
        asked(ada, ms=ms)
    asked(ada, status=404)
    asked(status=500, endpoint="/api/v1/clients")
    page = read(UserFactory(role=R.ADMIN))
    requests = page.context["requests"]
    assert (requests.count, requests.refused, requests.failed) == (4, 1, 1)
    assert page.context["steps"][-1].requests.count == 4
    assert [(line.name, line.requests.count) for line in page.context["routes"].lines] == [
        ("/api/v1/jobs", 3),
        ("/api/v1/clients", 1),
    ]
    assert [(line.name, line.requests.count) for line in page.context["people"].lines] == [
        ("Ada", 3),
        ("Nobody signed in", 1),
    ]
    (mine, nobodys) = rows_of(read(UserFactory(role=R.ADMIN), "/usage/requests.csv"))
    assert (mine["person"], mine["address"], mine["requests"]) == ("Ada", "ada@example.com", "3")
    assert (nobodys["route"], nobodys["failed"]) == ("/api/v1/clients", "1")


def test_production_sees_the_requests_of_the_people_of_its_houses_only(house: Organization) -> None:
    asked(UserFactory(house=house))
    asked(UserFactory(house=OrganizationFactory()))
    asked()
    person = UserFactory(role=R.PRODUCTION, house=house)
    assert read(person).context["requests"].count == 1
    assert len(rows_of(read(person, "/usage/requests.csv"))) == 1


def test_who_has_no_part_in_a_house_is_not_counted_for_a_client_of_it(house: Organization) -> None:
    person = UserFactory(role=R.CLIENT, house=house)
    elsewhere = OrganizationFactory()
    Membership.objects.create(organization=elsewhere, user=person, role=R.PRODUCTION)
    asked(UserFactory(house=house))
    asked(UserFactory(house=elsewhere))
    assert read(person).context["requests"].count == 1


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1+1", " =1+1", "＝1"])
def test_a_name_never_becomes_a_formula_of_the_readers_spreadsheet(name: str) -> None:
    CallFactory(user=UserFactory(name=name))
    (row,) = rows_of(read(UserFactory(role=R.ADMIN), "/usage/models.csv"))
    assert row["person"] == f"'{name}"


@pytest.mark.parametrize("people", [1, 20])
def test_the_page_costs_the_same_however_much_was_used(
    people: int, house: Organization, django_assert_num_queries: Any
) -> None:
    for person in UserFactory.create_batch(people, house=house):
        CallFactory(user=person, organization=house, model=f"model-{person.pk}")
        BudgetFactory(user=person)
        asked(person, endpoint=f"/api/{person.pk}")
    client = signed_in(UserFactory(role=R.ADMIN))
    with django_assert_num_queries(13):
        client.get("/usage")


def test_an_empty_studio_says_so() -> None:
    assert "Nothing was used" in read(UserFactory(role=R.ADMIN)).content.decode()
