"""The walk itself sees what it is there to see."""

from __future__ import annotations

from typing import Any

import pytest

import tests.contract_walk.scenes  # noqa: F401  (registers the scenes)
from tests.contract_walk import provoke
from tests.contract_walk.holding import Page, body_differences, literal_differences, message_of, rendering_differences
from tests.contract_walk.scene import SCENES, Twist, scene
from tests.contract_walk.stage import World
from tests.contract_walk.walk import Walk
from tests.contract_walk.walked import entries

PROBLEM = {"loc": ["body", "name"], "msg": "Field required", "type": "missing"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"detail": "Job not found"}, {"detail": "Client not found"}),
        ({"error": "x"}, {"detail": "x"}),
        ({"detail": []}, {"detail": [PROBLEM]}),
        ({"detail": [{"msg": "x", "type": "y"}]}, {"detail": [PROBLEM]}),
        ({"detail": "x"}, {"detail": [PROBLEM]}),
        ({"detail": "Cannot reprocess a job"}, {"detail": "Cannot reprocess a job in status '<status>'"}),
        ({"retry_after": 61}, {"retry_after": 60}),
        ({"requestId": ""}, {"requestId": "req-abc123"}),
        ({"error": {"code": "X", "details": []}}, {"error": {"code": "X", "details": [{"field": "email"}]}}),
    ],
)
def test_a_wrong_body_is_found(value: Any, expected: Any) -> None:
    assert body_differences(value, expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"detail": "x", "reason": "more is fine"}, {"detail": "x"}),
        ({"detail": [PROBLEM]}, {"detail": [{"loc": ["body", "<field>"], "msg": "Field required", "type": "missing"}]}),
        ({"detail": "A sentence."}, {"detail": "list of {loc, msg, type} objects, or a string"}),
        ({"retry_after": 17}, {"retry_after": 60}),
    ],
)
def test_a_right_body_is_not(value: Any, expected: Any) -> None:
    assert body_differences(value, expected) == []


def test_literals_are_found_in_their_place() -> None:
    assert literal_differences({"services": {"websocket": "ready"}}, {"services.websocket": "ready"}) == []
    assert literal_differences({"services": {}}, {"services.websocket": "ready"})


def test_a_form_is_known_by_its_fields() -> None:
    page = Page('<form method="post" action="/login"><input name="email"><input name="password"></form>')
    assert rendering_differences(page, "form method=post action=/login with fields email, password", "") == []
    assert rendering_differences(page, "form method=post with field token", "")
    assert rendering_differences(page, "form method=post action=/register with fields email, password", "")
    assert rendering_differences(page, "QR code of an otpauth:// URI", "")


def test_every_way_for_a_field_to_be_wrong_is_tried() -> None:
    fields = entries()["accessible.organizations.members.add"]
    bad = list(provoke.bad_bodies(fields, {"user_id": "x", "role": "client"}, ()))
    assert {(one.field, one.missing) for one in bad} == {
        ("user_id", False),
        ("email", False),
        ("role", True),
        ("role", False),
    }
    assert "no-such-word" in [one.values.get("role") for one in bad]


def test_an_error_is_named_by_its_sentence() -> None:
    assert message_of({"detail": "x", "error": "y"}) == "x"
    assert message_of({"error": {"message": "y"}}) == "y"
    assert message_of({"html": "z"}) == "z"


def test_a_scene_that_goes_wrong_is_reported_and_not_counted(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """A member who may not create is no success, and an admin is not refused."""
    entry = "accessible.clients.teams.create"
    monkeypatch.delitem(SCENES, entry)
    scene(entry, who="client", body={"name": "x"}, refused=("admin",), errors={"Team already exists": Twist()})
    walk = Walk(entry, world, monkeypatch, settings, lambda: settings)
    walk.run()
    found = "\n".join(walk.findings)
    for line in (
        "success: 403 instead of 201",
        "403 Insufficient role permissions: 201",
        "409 Team already exists: 403",
    ):
        assert line in found, found
