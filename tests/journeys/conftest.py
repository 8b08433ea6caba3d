"""A browser, the studio, and one small film for all journeys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys import scenes


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenes.film(tmp_path_factory.mktemp("film") / "launch.mp4")
