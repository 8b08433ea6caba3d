"""The world of the walk, and the keys of the issuer that people of it come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract_walk import issuer
from tests.contract_walk.stage import World


@pytest.fixture(scope="session", autouse=True)
def issuer_keys() -> Iterator[None]:
    with issuer.published():
        yield


@pytest.fixture(autouse=True)
def unseen_steps_are_not_lost(settings: Any) -> None:
    """A walk is undone at its end, so that no other connection sees its steps: on a slow machine each of their heartbeats would take
    them for another worker's."""
    settings.RUN_HEARTBEAT_SECONDS = 600


@pytest.fixture
def world(db: None) -> World:
    return World()
