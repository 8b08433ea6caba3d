from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from ai.models import Call
from ai.tests.factories import CallFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return UserFactory(role=User.Role.CLIENT, house=OrganizationFactory())


def page(reader: User, path: str = "/ai-logs", **query: Any) -> Any:
    client = Client()
    client.force_login(reader)
    return client.get(path, query)


def test_nobody_reads_the_log_without_signing_in() -> None:
    response = Client().get("/ai-logs")
    assert (response.status_code, response.url) == (302, "/login?next=/ai-logs")


def test_the_page_sums_what_the_filters_find(ana: User) -> None:
    CallFactory(user=ana, model="opus-mt", cost="0.25", input_tokens=10, output_tokens=5, latency_ms=100)
    CallFactory(user=ana, model="gpt-4o", outcome=Call.Outcome.FAILED, error="No reply.", latency_ms=300)
    CallFactory(user=ana, model="old", at=timezone.now() - timedelta(days=60))
    CallFactory(model="somebody-elses")
    response = page(ana)
    totals = response.context["totals"]
    assert (totals.use.calls, totals.use.failed, totals.use.tokens, float(totals.use.cost)) == (2, 1, 15, 0.25)
    assert (totals.median_ms, totals.p95_ms) == (200, 290)
    assert [chart.name for chart in response.context["charts"]] == ["Cost by day", "Cost by model", "Cost by person"]
    assert b"somebody-elses" not in response.content
    assert len(page(ana, start="2020-01-01").context["page"].object_list) == 3
    assert [call.model for call in page(ana, model="gpt-4o").context["page"].object_list] == ["gpt-4o"]
    assert [call.model for call in page(ana, failed="on").context["page"].object_list] == ["gpt-4o"]


def test_a_long_time_is_shown_by_months_and_every_day_of_a_short_one(ana: User) -> None:
    CallFactory(user=ana, at=datetime(2026, 3, 3, 12, tzinfo=UTC))
    short = page(ana, start="2026-03-01", end="2026-03-05").context["steps"]
    assert [(step.start.day, step.use.calls) for step in short.rows] == [(1, 0), (2, 0), (3, 1), (4, 0), (5, 0)]
    long = page(ana, start="2026-01-01", end="2026-06-30").context["steps"]
    assert (long.months, [step.use.calls for step in long.rows]) == (True, [0, 0, 1, 0, 0, 0])


@pytest.mark.parametrize("query", [{"start": "soon"}, {"user": "x"}, {"model": "unheard-of"}, {"start": "2026-13-01"}])
def test_a_filter_that_cannot_be_read_finds_nothing(ana: User, query: dict[str, str]) -> None:
    CallFactory(user=ana)
    response = page(ana, **query)
    assert (response.status_code, list(response.context["page"].object_list)) == (422, [])


def test_one_call_shows_what_was_asked_and_what_was_taken_out(ana: User) -> None:
    call = CallFactory(user=ana, request={"system": "Mail ana@studio.example <b>x</b>"}, response={"text": "Yes."})
    text = page(ana, f"/ai-logs/{call.pk}").content.decode()
    assert "ana@studio.example" not in text
    assert "Mail [e-mail] &lt;b&gt;x&lt;/b&gt;" in text
    assert "Yes." in text
    other = CallFactory()
    assert page(ana, f"/ai-logs/{other.pk}").status_code == 404


def test_the_download_is_text_to_a_spreadsheet_and_holds_no_contents(ana: User) -> None:
    CallFactory(user=ana, purpose="=HYPERLINK(1)", request={"system": "private"}, error="+1")
    response = page(ana, "/ai-logs.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert (rows[0]["purpose"], rows[0]["error"], rows[0]["address"]) == ("'=HYPERLINK(1)", "'+1", ana.email)
    assert "private" not in json.dumps(rows)


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_costs_the_same_however_many_calls(ana: User, count: int, django_assert_max_num_queries: Any) -> None:
    CallFactory.create_batch(count, user=ana)
    client = Client()
    client.force_login(ana)
    with django_assert_max_num_queries(22):
        client.get("/ai-logs")
