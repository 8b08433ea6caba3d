"""What tests of this app share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ai.providers import orders
from core.testing.patience import done_at_once
from core.testing.providers import ProviderServer
from media_library.tests.conftest import numbered_film  # noqa: F401  (a fixture: found by its name)


@pytest.fixture
def replicate(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderServer]:
    """Pictures and clips come from Replicate, played on the wire, and are billed like it."""
    monkeypatch.setattr(orders, "FIRST_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(orders, "LONGEST_PAUSE_SECONDS", 0.01)
    settings.AI_READ_SECONDS, settings.AI_TOTAL_SECONDS = 5, 20
    with ProviderServer() as server:
        settings.REPLICATE_API_TOKEN, settings.REPLICATE_BASE_URL = "a-token", server.url
        # Where the results lie.
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        routes = {"generate_image": "replicate:flux-schnell", "generate_video": "replicate:gen-4-turbo"}
        settings.AI_ROUTES = {**settings.AI_ROUTES, **routes}
        yield server


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that wait for a round carry it out themselves."""
    monkeypatch.setattr("core.rest.waiting.when_done", done_at_once)
