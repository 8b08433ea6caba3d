"""The log of model use."""

from __future__ import annotations

from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage


def of_ones_own_house(stage: Stage, answer: Answer) -> None:
    rows = answer.json()["logs"]
    assert [row["id"] for row in rows] == [str(stage.world.call.pk)]
    foreign = stage.send("GET", "/api/ai-logs", query={"user": stage.world.id_of("stranger")}).json()
    assert (foreign["logs"], foreign["total"], foreign["has_more"]) == ([], 0, False)


def without_addresses(_stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert body["request_data"]["turns_newest_first"][0]["text"] == "Write to [e-mail]."
    assert body["response_data"] == {"text": "Yes."}


def without_foreign_models(stage: Stage, answer: Answer) -> None:
    text = answer.content.decode()
    assert stage.world.CANARY not in text
    assert all(f'name="{name}"' in text for name in ("start", "end", "model", "user"))


scene(
    "platform.pages.ai_logs",
    who="house_admin",
    shows=r"From .*To .*Model .*Person .*1 call\b.*Who",
    alternatives=(Twist(who=None),),
    checks=(without_foreign_models,),
)
scene(
    "platform.ai_logs.list",
    who="house_admin",
    query={"start": "2020-01-01", "end": "2100-12-31"},
    errors={"Invalid date": (Twist(query={"start": "soon"}), Twist(query={"end": "2026-02-30"}))},
    checks=(of_ones_own_house,),
)
scene("platform.ai_logs.get", who="production", checks=(without_addresses,))
