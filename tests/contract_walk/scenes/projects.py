"""Projects on the platform's routes."""

from __future__ import annotations

from typing import Any

from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.scenes.conversations import in_the_project, owned_by_production
from tests.contract_walk.stage import Answer, Stage

PROJECTS = "/api/projects"
NAMELESS = "Project name is required"


def listed(stage: Stage, **query: Any) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in stage.send("GET", PROJECTS, query=query).json()["projects"]}


def way(stage: Stage) -> str:
    return f"{PROJECTS}/{stage.world.ids['project_id']}"


def those_one_sees(stage: Stage, answer: Answer) -> None:
    assert stage.world.ids["project_id"] in listed(stage)
    assert stage.world.CANARY not in answer.content.decode()


scene("platform.projects.list", who="client", checks=(those_one_sees,))


def is_the_callers(stage: Stage, answer: Answer) -> None:
    made = answer.json()["project"]
    assert (made["name"], made["color"]) == ("Season two", "#3B82F6")
    assert listed(stage)[made["id"]]["conversation_count"] == 0
    assert stage.send("PUT", f"{PROJECTS}/{made['id']}", body={"color": "#112233"}).status_code == 200


scene(
    "platform.projects.create",
    who="client",
    body={"name": "Season two"},
    errors={NAMELESS: (Twist(body={}), Twist(body={"name": " "}), Twist(body={"name": None}))},
    effects=(is_the_callers,),
)


def holds_the_conversation(stage: Stage, answer: Answer) -> None:
    (row,) = answer.json()["conversations"]
    assert (row["title"], row["message_count"]) == ("Harbour story", 2)


scene(
    "platform.projects.get",
    who="client",
    given=in_the_project,
    keeper="client",
    checks=(holds_the_conversation,),
)


def only_the_name(stage: Stage, answer: Answer) -> None:
    told = stage.send("GET", way(stage)).json()["project"]
    assert (told["name"], told["is_archived"]) == ("Season nine", False)
    assert told["updated_at"] > told["created_at"]
    assert stage.send("PUT", way(stage), body={"is_archived": True}).status_code == 200
    assert stage.world.ids["project_id"] not in listed(stage)
    assert stage.send("PUT", way(stage), body={"is_archived": False}).status_code == 200
    assert stage.world.ids["project_id"] in listed(stage)


scene(
    "platform.projects.update",
    who="production",
    given=owned_by_production,
    body={"name": "Season nine"},
    keeper="client",
    errors={NAMELESS: Twist(body={"name": ""})},
    effects=(only_the_name,),
)


def is_put_away(stage: Stage, answer: Answer) -> None:
    project = stage.world.ids["project_id"]
    assert project not in listed(stage)
    assert listed(stage, include_archived="true")[project]["is_archived"] is True
    assert stage.send("GET", way(stage)).json()["project"]["is_archived"] is True


def is_deleted(stage: Stage, answer: Answer) -> None:
    in_the_project(stage)
    assert stage.send("DELETE", way(stage), query={"permanent": "true"}).status_code == 200
    assert stage.world.ids["project_id"] not in listed(stage, include_archived="true")
    assert stage.send("GET", way(stage)).status_code == 404
    (talk,) = stage.send("GET", "/api/conversations").json()["conversations"]
    assert talk["project_id"] is None


scene(
    "platform.projects.delete",
    who="production",
    given=owned_by_production,
    keeper="client",
    effects=(is_put_away, is_deleted),
)
