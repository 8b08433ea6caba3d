"""What was asked of the API, from the request to the figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models.functions import TruncDay
from django.test import AsyncClient, Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.rest import counters, queries, tasks, usage
from core.rest.models import RequestLog

pytestmark = [pytest.mark.urls("core.rest.tests.urls"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def empty() -> None:
    usage.lines.flush()
    counters.store().client.delete(usage.LIST)


def kept() -> list[RequestLog]:
    usage.lines.flush()
    tasks.keep_usage()
    return list(RequestLog.objects.order_by("created_at", "pk"))


def test_a_request_is_written_down_with_who_what_and_how_long() -> None:
    user = UserFactory()
    web = Client(REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="probe/1\0")
    web.force_login(user)
    web.get("/api/v1/jobs/limited", {"token": "sesame"})
    (row,) = kept()
    assert row.user_id == user.pk
    assert (row.method, row.response_status, row.ip_address) == ("GET", 200, "203.0.113.7")
    assert (row.endpoint, row.user_agent) == ("/^api/v1/(?:projects|voices|jobs)/limited$", "probe/1")
    assert 0 <= row.response_time_ms < 60_000
    assert timezone.now() - row.created_at < timedelta(seconds=30)


def test_strangers_and_unknown_paths_count_without_their_text() -> None:
    Client().get("/api/v1/jobs/limited")
    Client().get("/api/sesame/void")
    assert [(row.user_id, row.endpoint, row.response_status) for row in kept()] == [
        (None, "/^api/v1/(?:projects|voices|jobs)/limited$", 401),
        (None, "(none)", 404),
    ]


async def test_requests_under_asgi_are_written_too() -> None:
    await AsyncClient().get("/api/void")
    assert len(usage.lines.waiting) + counters.store().client.llen(usage.LIST) == 1


def test_pages_and_probes_are_not_api_requests() -> None:
    Client().get("/healthz")
    Client().get("/nowhere")
    assert kept() == []


def test_writing_it_down_costs_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Client().get("/api/v1/jobs/limited")


def test_a_crash_between_writing_and_taking_off_writes_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    Client().get("/api/void")
    usage.lines.flush()
    with monkeypatch.context() as patched:
        patched.setattr(usage, "take_off", lambda count: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            usage.keep()
    assert RequestLog.objects.count() == 1
    assert len(kept()) == 1
    assert counters.store().client.llen(usage.LIST) == 0


def test_a_line_that_cannot_be_read_holds_up_nobody() -> None:
    counters.store().client.rpush(usage.LIST, b"nonsense", b"{}", b"[1]")
    Client().get("/api/void")
    assert len(kept()) == 1


def test_somebody_deleted_meanwhile_is_nobody() -> None:
    user = UserFactory()
    usage.note(user_id=str(user.pk), endpoint="/x", method="GET", address=None, user_agent="", status=200, ms=1)
    get_user_model().objects.filter(pk=user.pk).delete()
    assert [row.user_id for row in kept()] == [None]


def test_without_the_store_lines_are_dropped_and_requests_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gone = counters.Store("redis://127.0.0.1:1/0")
    monkeypatch.setattr(usage, "store", lambda: gone)
    assert Client().get("/api/void").status_code == 404
    usage.lines.flush()
    tasks.keep_usage()
    assert "usage.dropped" in caplog.text
    assert RequestLog.objects.count() == 0


def test_memory_and_store_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_IN_MEMORY", 5)
    monkeypatch.setattr(usage, "MOST_IN_STORE", 3)
    lines = usage.Lines()
    monkeypatch.setattr(lines, "start", lambda: None)
    for _ in range(9):
        lines.add({"id": "x"})
    assert len(lines.waiting) == 5
    lines.flush()
    lines.add({"id": "y"})
    lines.flush()
    assert counters.store().client.llen(usage.LIST) == 5


def log(*, days: int, status: int = 200, ms: int = 10, user: Any = None, endpoint: str = "/api/a") -> None:
    RequestLog.objects.create(
        user=user,
        endpoint=endpoint,
        method="GET",
        response_status=status,
        response_time_ms=ms,
        created_at=timezone.now() - timedelta(days=days),
    )


def test_figures_by_day_person_and_route(django_assert_num_queries: Any) -> None:
    mara = UserFactory(name="Mara")
    for ms in (10, 20, 30):
        log(days=0, ms=ms, user=mara)
    log(days=0, status=404, endpoint="/api/b")
    log(days=1, status=500, user=mara)
    log(days=40)
    since = timezone.now() - timedelta(days=30)
    requests = queries.requests_since(since)
    with django_assert_num_queries(3):
        days, people, routes = (
            list(queries.by_step(requests, TruncDay)),
            list(queries.by(requests, *queries.PERSON)),
            list(queries.by(requests, "endpoint", "method")),
        )
    assert [(row["requests"], row["refused"], row["failed"], row["people"]) for row in days] == [
        (4, 1, 0, 1),
        (1, 0, 1, 1),
    ]
    assert [(row["user__name"], row["requests"]) for row in people] == [("Mara", 4), (None, 1)]
    assert [(row["endpoint"], row["requests"]) for row in routes] == [("/api/a", 4), ("/api/b", 1)]
    assert people[0]["average_ms"] == pytest.approx(17.5)
    assert people[0]["p95_ms"] == pytest.approx(28.5)
    ours = queries.requests_since(since, people=User.objects.filter(name="Mara").values("pk"))
    assert queries.totals(ours)["requests"] == 4


def test_rows_older_than_the_floor_are_swept(settings: Any) -> None:
    settings.REQUEST_LOG_DAYS = 90
    log(days=91)
    log(days=89)
    tasks.sweep()
    assert RequestLog.objects.count() == 1
