from __future__ import annotations

from pathlib import Path

import pytest

from media_library.tests import working


@pytest.fixture(scope="session")
def numbered_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return working.numbered_film(tmp_path_factory.mktemp("film") / "numbered.mp4")


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return working.recording(tmp_path_factory.mktemp("sound") / "talk.mp3")
