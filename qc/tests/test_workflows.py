from __future__ import annotations

import pytest

from core.testing.contract import document
from qc.models import LanguageReview
from qc.workflows import REVIEW

STATES = document("accessible")["language_states"]


def test_the_machine_has_the_contracts_states() -> None:
    assert {state["state"] for state in STATES["states"]} == set(LanguageReview.State.values)


@pytest.mark.parametrize("row", STATES["transitions"], ids=lambda row: row["action"])
def test_every_move_is_the_contracts(row: dict) -> None:
    move = REVIEW.moves[row["action"]]
    sources = set(LanguageReview.State.values) if row["from"] == ["(any)"] else set(row["from"])
    assert set(move.sources) == sources
    if row["to"] in LanguageReview.State.values:
        assert move.target == row["to"]
