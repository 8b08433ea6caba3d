"""Nothing of the contract is left out of the walk."""

from __future__ import annotations

import pytest

import tests.contract_walk.scenes  # noqa: F401  (registers the scenes)
from tests.contract_walk import holding, provoke
from tests.contract_walk.overrides import OVERRIDES
from tests.contract_walk.scene import SCENES
from tests.contract_walk.walk import AUTOMATIC
from tests.contract_walk.walked import entries


def test_every_entry_has_a_scene_and_every_scene_an_entry() -> None:
    assert set(SCENES) == set(entries())


@pytest.mark.parametrize("entry", entries())
def test_every_line_of_the_entry_has_its_counterpart(entry: str) -> None:
    about, told = entries()[entry], SCENES[entry]
    assert len(told.alternatives) == len(about.get("alternatives") or []), "alternatives"
    assert len(told.effects) == len(about["effects"]), "effects"
    for error in about["errors"]:
        message = holding.message_of(error["body"])
        automatic = (
            error["status"] in AUTOMATIC
            or provoke.unknown_id(error["when"], about["path"])
            or provoke.BODY_ID.match(error["when"])
        )
        assert message in told.errors or automatic, f"nothing provokes {error['status']} {message}"
    messages = {holding.message_of(error["body"]) for error in about["errors"]}
    assert set(told.errors) <= messages, "errors that the contract does not know"


def test_every_override_is_of_an_entry_that_is_walked() -> None:
    assert {entry for entry, _ in OVERRIDES} <= set(entries())
    assert all(override.because for override in OVERRIDES.values())
