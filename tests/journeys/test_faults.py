"""The quick rows of the fault suite (docs/faults.md) as tests, on the tests' own database and broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from core.testing.browser import database_url
from faults import report
from faults.rig import Rig

pytestmark = [pytest.mark.workers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rig() -> Iterator[Rig]:
    addresses = {
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "REELWRIGHT_HOME": str(settings.HOME),
        # How long recovery takes is for `make faults` to say.
        "RUN_LEASE_SECONDS": "6",
        "RUN_HEARTBEAT_SECONDS": "1",
    }
    with Rig(addresses) as made:
        yield made


@pytest.mark.parametrize("name", ["F1", "F3", "F14", "F21"])
def test_the_studio_survives(rig: Rig, name: str) -> None:
    seen = report.rows()[name].run(rig)
    assert seen.problems == []
