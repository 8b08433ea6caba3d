"""Every entry of the contract answers as written. The package's docstring says how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tests.contract_walk.scenes  # noqa: F401  (registers the scenes)
from tests.contract_walk.scene import SCENES
from tests.contract_walk.stage import World
from tests.contract_walk.walk import Walk
from tests.contract_walk.walked import entries


@pytest.mark.parametrize("entry", entries())
def test_the_entry_answers_as_written(
    entry: str,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    assert entry in SCENES, "this entry has no scene"
    walk = Walk(entry, world, monkeypatch, settings, lambda: request.getfixturevalue("rate_limits"))
    try:
        walk.run()
    finally:
        record_property("contract_entry", entry)
        record_property("contract_answers", walk.answers)
    record_property("contract_whole", not walk.findings)
    assert walk.findings == [], "\n".join(walk.findings)
