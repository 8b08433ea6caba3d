"""A browser, the studio, and one small film for all journeys."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import Organization, User
from tests.journeys import scenes


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenes.film(tmp_path_factory.mktemp("film") / "launch.mp4")


@pytest.fixture
def house(transactional_db: None) -> Organization:
    return scenes.house()


@pytest.fixture
def mara(house: Organization) -> User:
    return scenes.person(User.Role.ADMIN, house=house)
