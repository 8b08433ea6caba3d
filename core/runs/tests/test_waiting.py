"""Waiting for a run, in the loop and over HTTP."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connections
from django.test import Client

from core.errors import StorageFullError
from core.rest.waiting import PatientHandler
from core.runs import services, waiting
from core.runs.errors import StepError
from core.runs.models import Run
from core.runs.tests.conftest import Bench

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("core.runs.tests.waiting_urls")]


def begun(bench: Bench, work: Any = None, **params: Any) -> Run:
    return bench.start(bench.step("one", work), **params)


def over_http() -> httpx2.AsyncClient:
    """A client of the studio's own ASGI handler."""
    transport = httpx2.ASGITransport(app=PatientHandler(), raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver")


@contextmanager
def worked_on(bench: Bench, run: Run, *, after: float = 0.3) -> Iterator[None]:
    """A worker takes the run up in a moment."""

    def work() -> None:
        time.sleep(after)
        bench.work(run)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


async def test_the_wait_ends_with_the_run(bench: Bench) -> None:
    run = await sync_to_async(begun)(bench)
    with worked_on(bench, run):
        assert await waiting.finished(run.pk, 20)
    assert (await Run.objects.aget(pk=run.pk)).status == "completed"


async def test_the_wait_ends_when_patience_does(bench: Bench) -> None:
    run = await sync_to_async(begun)(bench)
    started = time.monotonic()
    assert not await waiting.finished(run.pk, 0.3)
    assert 0.25 < time.monotonic() - started < 3


async def test_a_run_that_waits_for_a_person_is_not_waited_for(bench: Bench) -> None:
    from core.runs.pipelines import StepSpec

    run = await sync_to_async(bench.start)(StepSpec("gate"))
    assert await waiting.finished(run.pk, 20)


async def test_a_run_that_is_cancelled_or_gone_is_not_waited_for(bench: Bench) -> None:
    run = await sync_to_async(begun)(bench)
    await sync_to_async(services.cancel)(run.pk)
    assert await waiting.finished(run.pk, 20)
    assert await waiting.finished(uuid.uuid4(), 20)


async def test_many_who_wait_look_at_the_database_together(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    real = waiting.stopped_among

    def counted(ids: Any) -> set[uuid.UUID]:
        looks.append(len(ids))
        return real(ids)

    monkeypatch.setattr(waiting, "stopped_among", counted)
    run = await sync_to_async(begun)(bench)
    other = await sync_to_async(begun)(bench)
    await asyncio.gather(*(waiting.finished(pk, 1) for pk in [run.pk, other.pk] * 50))
    assert max(looks) == 2
    assert len(looks) <= 11


async def test_a_database_that_is_away_for_a_moment_ends_no_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real, looks = waiting.stopped_among, iter([OperationalError("gone")])

    def away_at_first(ids: Any) -> set[uuid.UUID]:
        for error in looks:
            raise error
        return real(ids)

    monkeypatch.setattr(waiting, "stopped_among", away_at_first)
    monkeypatch.setattr(waiting, "LONG_PAUSE_SECONDS", 0.1)
    run = await sync_to_async(begun)(bench)
    with worked_on(bench, run):
        assert await waiting.finished(run.pk, 20)


async def test_an_answer_waits_for_its_run(bench: Bench) -> None:
    run = await sync_to_async(begun)(bench)
    with worked_on(bench, run):
        answer = await over_http().get(f"/api/videos/{run.pk}")
    assert (answer.status_code, answer.json()) == (200, {"text": "one"})
    # What the request's own middlewares wrote is still there.
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Location" not in answer.headers


async def test_past_its_patience_an_answer_tells_where_to_ask(bench: Bench, settings: Any) -> None:
    settings.SYNC_WAIT_SECONDS = 0.2
    run = await sync_to_async(begun)(bench)
    answer = await over_http().get(f"/api/videos/{run.pk}")
    url = f"{settings.PUBLIC_URL}/api/runs/{run.pk}"
    assert (answer.status_code, answer.json()) == (
        202,
        {"run_id": str(run.pk), "status": "running", "status_url": url},
    )
    assert (answer.headers["Location"], answer.headers["Retry-After"]) == (url, "2")


@pytest.mark.parametrize("prefer", ["respond-async", "wait=0", "handling=lenient, respond-async"])
async def test_who_prefers_not_to_wait_does_not(bench: Bench, prefer: str) -> None:
    run = await sync_to_async(begun)(bench)
    started = time.monotonic()
    answer = await over_http().get(f"/api/videos/{run.pk}", headers={"Prefer": prefer})
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] in prefer
    assert time.monotonic() - started < 3


def test_a_sync_handler_does_not_wait(bench: Bench) -> None:
    run = begun(bench)
    answer = Client().get(f"/api/videos/{run.pk}")
    assert (answer.status_code, answer.json()["run_id"]) == (202, str(run.pk))


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (StepError("The stored file is damaged."), 500, "The stored file is damaged."),
        (StorageFullError(), 507, StorageFullError.default_message),
    ],
)
async def test_a_run_that_failed_is_answered_in_the_words_of_its_step(
    bench: Bench, error: Exception, status: int, words: str
) -> None:
    def fail(ctx: Any) -> None:
        raise error

    run = await sync_to_async(begun)(bench, fail)
    with worked_on(bench, run, after=0):
        answer = await over_http().get(f"/api/videos/{run.pk}")
    assert (answer.status_code, answer.json()) == (status, {"error": words})


async def test_a_cancelled_run_is_a_conflict(bench: Bench) -> None:
    run = await sync_to_async(begun)(bench)
    await sync_to_async(services.cancel)(run.pk)
    answer = await over_http().get(f"/api/videos/{run.pk}")
    assert (answer.status_code, answer.json()) == (409, {"error": "This work was cancelled."})


async def test_a_bug_after_the_wait_is_a_bare_500(bench: Bench) -> None:
    run = await sync_to_async(begun)(bench, bug=True)
    with worked_on(bench, run, after=0):
        answer = await over_http().get(f"/api/videos/{run.pk}")
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal server error"})


async def test_a_page_goes_on_when_its_run_is_done(bench: Bench, settings: Any) -> None:
    run = await sync_to_async(begun)(bench)
    settings.SYNC_WAIT_SECONDS = 0.1
    early = await over_http().get(f"/made/{run.pk}")
    assert (early.status_code, early.content) == (202, b"It is being made.")
    await sync_to_async(bench.work)(run)
    answer = await over_http().get(f"/made/{run.pk}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/there")


async def test_a_repeated_key_gets_what_came_of_the_wait(bench: Bench) -> None:
    run = await sync_to_async(begun)(bench)
    key = {"Idempotency-Key": "once"}
    with worked_on(bench, run):
        first = await over_http().post(f"/api/videos/{run.pk}", headers=key)
    again = await over_http().post(f"/api/videos/{run.pk}", headers=key)
    assert first.status_code == again.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == {"text": "one"}


async def test_the_wait_holds_no_connection(bench: Bench, settings: Any) -> None:
    settings.SYNC_WAIT_SECONDS = 2
    run = await sync_to_async(begun)(bench)
    # Threads of earlier tests may still hold theirs.
    before = await sync_to_async(connections_to_the_database)()
    asked = [asyncio.ensure_future(over_http().get(f"/api/videos/{run.pk}")) for _ in range(30)]
    await asyncio.sleep(1.5)
    during = await sync_to_async(connections_to_the_database)()
    answers = await asyncio.gather(*asked)
    # Maybe the one that looks for all of them.
    assert during <= before + 1
    assert {answer.status_code for answer in answers} == {202}


def connections_to_the_database() -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)
