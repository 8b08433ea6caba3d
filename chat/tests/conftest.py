from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.testing.providers import ProviderServer
from media_library.tests.search.conftest import meaningful  # noqa: F401  (an engine of meaning that costs nothing)


@pytest.fixture
def provider(settings: object) -> Iterator[ProviderServer]:
    """An engine that writes what a test plans, on the wire, and bills like a hosted one."""
    with ProviderServer() as server:
        settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = "a-key"
        settings.OPENAI_BASE_URL = f"{server.url}/v1"
        settings.ANTHROPIC_BASE_URL = server.url
        settings.AI_ROUTES = {**settings.AI_ROUTES, "chat": "openai:gpt-4o"}
        yield server
