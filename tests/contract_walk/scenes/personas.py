"""Personas."""

from __future__ import annotations

from typing import Any

from media_library.models import Persona
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

PERSONAS = "/api/personas"
SAID = {
    "name": "Anchor",
    "description": "Reads the news.",
    "tone": "plain",
    "style_notes": "Short sentences.",
    "topics": ["weather"],
    "vocabulary": ["gale"],
    "speaker_name_in_videos": "Ana",
    "avatar_url": "https://pictures.example/ana.png",
}


def listed(stage: Stage) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = stage.send("GET", PERSONAS).json()
    return rows


def only_ones_own_house(stage: Stage, answer: Answer) -> None:
    assert [one["name"] for one in answer.json()] == ["Narrator"]


def is_listed(stage: Stage, answer: Answer) -> None:
    (found,) = [one for one in listed(stage) if one["id"] == answer.json()["id"]]
    assert {name: found[name] for name in SAID} == SAID


def nothing_is_made(stage: Stage, answer: Answer) -> None:
    before = len(listed(stage))
    assert stage.send("POST", PERSONAS, body={**SAID, "name": " "}).status_code == 400
    assert len(listed(stage)) == before


def a_second(stage: Stage) -> None:
    assert stage.send("POST", PERSONAS, body={"name": "Anchor"}).status_code == 200


scene("platform.personas.list", who="linguist", checks=(only_ones_own_house,))
scene(
    "platform.personas.create",
    who="production",
    body=SAID,
    errors={
        "Name is required": (Twist(body={**SAID, "name": " "}), Twist(body={"tone": "dry"})),
        "A persona with this name already exists": Twist(body={"name": "NARRATOR"}),
    },
    refused=(),
    effects=(is_listed, nothing_is_made),
)


def only_the_tone(stage: Stage, answer: Answer) -> None:
    (found,) = listed(stage)
    assert (found["name"], found["tone"], found["topics"]) == ("Narrator", "warm", [])


scene(
    "platform.personas.update",
    who="production",
    body={"tone": "warm"},
    errors={
        "Name is required": Twist(body={"name": ""}),
        "A persona with this name already exists": Twist(given=a_second, body={"name": "ANCHOR"}),
    },
    refused=("client",),
    effects=(only_the_tone,),
)


def the_row_stays(stage: Stage, answer: Answer) -> None:
    assert listed(stage) == []
    assert Persona.objects.get(pk=stage.world.ids["persona_id"]).is_active is False


def it_is_gone(stage: Stage, answer: Answer) -> None:
    path = f"{PERSONAS}/{stage.world.ids['persona_id']}"
    assert stage.send("DELETE", path).status_code == 404
    assert stage.send("PUT", path, body={"tone": "dry"}).status_code == 404
    browser = stage.other()
    browser.sign_in("production")
    assert browser.send("GET", f"/personas/{stage.world.ids['persona_id']}").status_code == 404


scene("platform.personas.delete", who="production", refused=("client",), effects=(the_row_stays, it_is_gone))
scene("platform.pages.personas", who="client", shows="Narrator", alternatives=(Twist(who=None),))
scene(
    "platform.pages.persona_detail",
    who="client",
    shows="Narrator",
    alternatives=(Twist(who=None),),
    errors={"Persona not found": Twist(path=lambda stage: {"persona_id": stage.world.foreign_ids["persona_id"]})},
)
