from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.testing.providers import ProviderServer
from jobs.tests import working


@pytest.fixture(scope="session")
def short_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return working.film(tmp_path_factory.mktemp("film") / "launch.mp4")


@pytest.fixture
def own_store(settings: object, tmp_path: Path) -> None:
    """A store that nobody else has put anything into."""
    settings.STORAGE_ROOT = tmp_path / "store"


@pytest.fixture
def engines(settings: object, own_store: None) -> Iterator[ProviderServer]:
    """Quick engines: one server hears, sees and translates as OpenAI does on the wire, espeak-ng speaks."""
    with ProviderServer() as server:
        settings.OPENAI_API_KEY = "a-key"
        settings.OPENAI_BASE_URL = f"{server.url}/v1"
        settings.AI_ROUTES = {"text_to_speech": "local:espeak"}
        yield server


@pytest.fixture
def crew(transactional_db: None) -> dict[str, User]:
    """One person of each role in one house."""
    house: Organization = OrganizationFactory()
    return {role: UserFactory(role=role, house=house) for role in User.Role.values}
