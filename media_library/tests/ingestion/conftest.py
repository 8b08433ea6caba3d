from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.testing.providers import ProviderServer


@pytest.fixture
def engines(settings: Any, tmp_path: Path) -> Iterator[ProviderServer]:
    """Quick engines: one server hears, sees, embeds and tells speakers apart as OpenAI does on the wire."""
    settings.STORAGE_ROOT = tmp_path / "store"
    with ProviderServer() as server:
        settings.OPENAI_API_KEY = "a-key"
        settings.OPENAI_BASE_URL = f"{server.url}/v1"
        settings.AI_ROUTES = {"embed": "openai:text-embedding-3-small", "diarize": "openai:gpt-4o-transcribe-diarize"}
        yield server


@pytest.fixture
def owner(transactional_db: None) -> User:
    return UserFactory(role=User.Role.PRODUCTION, house=OrganizationFactory())
