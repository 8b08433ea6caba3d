"""Probes, asked over HTTP, with dependencies that are really gone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import AsyncClient, Client

from core.rest import health

pytestmark = [pytest.mark.urls("core.rest.tests.urls"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(health, "readiness", health.Readiness())
    health.broker_client.cache_clear()
    yield
    health.broker_client.cache_clear()


async def test_a_sound_studio_is_ready() -> None:
    response = await AsyncClient().get("/readyz")
    assert response.json() == {
        "status": "ready",
        "checks": dict.fromkeys(["database", "migrations", "redis", "storage", "disk"], "ok"),
    }


async def test_a_dead_broker_makes_it_unready_but_not_dead(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = await AsyncClient().get("/readyz")
    assert (response.status_code, response.json()["checks"]["redis"]) == (503, "cannot be reached")
    assert response.json()["checks"]["database"] == "ok"
    assert (await AsyncClient().get("/healthz")).status_code == 200


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
