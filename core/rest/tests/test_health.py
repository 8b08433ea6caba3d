"""Probes, asked over HTTP, with dependencies that are really gone."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from celery import signals
from django.db import DatabaseError
from django.test import AsyncClient, Client

from core import beat
from core.rest import health

pytestmark = [pytest.mark.urls("core.rest.tests.urls"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(health, "readiness", health.Readiness())
    health.broker_client.cache_clear()
    beat._client().delete(beat.KEY)
    yield
    health.broker_client.cache_clear()
    beat._client().delete(beat.KEY)


async def test_a_sound_studio_is_ready() -> None:
    response = await AsyncClient().get("/readyz")
    assert response.json() == {
        "status": "ready",
        "checks": dict.fromkeys(["database", "migrations", "redis", "storage", "disk", "beat"], "ok"),
    }


async def test_a_dead_broker_makes_it_unready_but_not_dead(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = await AsyncClient().get("/readyz")
    assert (response.status_code, response.json()["checks"]["redis"]) == (503, "cannot be reached")
    assert response.json()["checks"]["database"] == "ok"
    assert (await AsyncClient().get("/healthz")).status_code == 200


async def test_a_beat_that_fell_silent_makes_it_unready(monkeypatch: pytest.MonkeyPatch) -> None:
    beat.tick()
    began = time.time()
    monkeypatch.setattr(beat, "time", SimpleNamespace(time=lambda: began + 50))
    assert (await AsyncClient().get("/readyz")).status_code == 200
    monkeypatch.setattr(health, "readiness", health.Readiness())
    monkeypatch.setattr(beat, "time", SimpleNamespace(time=lambda: began + 75))
    response = await AsyncClient().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["beat"].startswith("beat has been silent for 7")


async def test_a_tick_of_the_last_time_it_ran_does_not_count_against_a_fresh_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beat.tick()
    later = time.time() + 3600
    monkeypatch.setattr(beat, "_started", later)
    monkeypatch.setattr(beat, "time", SimpleNamespace(time=lambda: later + 5))
    assert (await AsyncClient().get("/readyz")).json()["checks"]["beat"] == "ok"


@pytest.mark.parametrize(("production", "answer"), [(False, ""), (True, "beat has never run")])
def test_where_no_beat_ever_ran_production_expects_one(
    settings: Any, monkeypatch: pytest.MonkeyPatch, production: bool, answer: str
) -> None:
    settings.PRODUCTION = production
    monkeypatch.setattr(beat, "_started", time.time() - 100)
    assert beat.complaint() == answer


def test_beat_ticks_when_it_has_sent_a_task() -> None:
    try:
        beat.follow()
        beat._client().delete(beat.KEY)
        signals.after_task_publish.send(sender="core.runs.tasks.sweep")
        assert beat.silence() is not None
    finally:
        signals.after_task_publish.disconnect(beat.tick)


async def test_answers_are_kept_for_a_moment(settings: Any) -> None:
    assert (await AsyncClient().get("/readyz")).status_code == 200
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    health.broker_client.cache_clear()
    assert (await AsyncClient().get("/readyz")).status_code == 200


def test_the_pipelines_health_asks_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().get("/health").json() == {
        "status": "healthy",
        "database": "connected",
        "services": {"orchestrator": "ready", "websocket": "ready"},
    }

    def gone() -> None:
        raise DatabaseError

    monkeypatch.setattr(health, "database", gone)
    response = Client().get("/health")
    assert (response.status_code, response.json()["database"]) == (503, "disconnected")
