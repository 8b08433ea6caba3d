"""The world of the walk, and the keys of the issuer that people of it come from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract_walk import issuer
from tests.contract_walk.stage import World


@pytest.fixture(scope="session", autouse=True)
def issuer_keys() -> Iterator[None]:
    with issuer.published():
        yield


@pytest.fixture
def world(db: None) -> World:
    return World()
