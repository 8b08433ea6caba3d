"""Conversations: the house's production owns one, the client edits in it, the linguist looks on."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from ai.models import Call
from chat.models import Conversation, Participant
from core.testing.files import body_of
from tests.contract_walk.scene import Elsewhere, Twist, scene
from tests.contract_walk.stage import Answer, Stage

TALKS = "/api/conversations"
NOTES = b"The harbour opens at five.\n"


def way(stage: Stage, rest: str = "") -> str:
    return f"{TALKS}/{stage.world.ids['conversation_id']}{rest}"


def talks(stage: Stage) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = stage.send("GET", TALKS).json()["conversations"]
    return rows


def as_somebody_else(stage: Stage, who: str) -> Stage:
    other = stage.other()
    other.sign_in(who)
    return other


def in_the_project(stage: Stage) -> None:
    Conversation.objects.filter(pk=stage.world.ids["conversation_id"]).update(project=stage.world.project)


# Pages.

scene("platform.home.redirect", who="client", headers={"Accept": "text/html"}, alternatives=(Twist(who=None),))


def nothing_of_others(stage: Stage, answer: Answer) -> None:
    assert stage.world.CANARY not in answer.content.decode()


scene(
    "platform.pages.chat_recents",
    who="client",
    shows="Harbour story",
    alternatives=(Twist(who=None),),
    checks=(nothing_of_others,),
)
scene(
    "platform.pages.projects",
    who="client",
    shows="Season one",
    alternatives=(Twist(who=None),),
    checks=(nothing_of_others,),
)
scene(
    "platform.pages.project_detail",
    who="client",
    given=in_the_project,
    shows=r"Season one.*Harbour story",
    alternatives=(Twist(who=None),),
    errors={"Project not found": Twist(path=lambda stage: {"project_id": stage.world.foreign_ids["project_id"]})},
)

# Conversations.


def its_own(stage: Stage, answer: Answer) -> None:
    (row,) = answer.json()["conversations"]
    assert (row["title"], row["message_count"]) == ("Harbour story", 2)


def in_its_project(stage: Stage, answer: Answer) -> None:
    in_the_project(stage)
    (row,) = talks(stage)
    assert row["project"]["name"] == "Season one"


scene("platform.conversations.list", who="client", checks=(its_own, in_its_project))


def is_empty_and_ones_own(stage: Stage, answer: Answer) -> None:
    made = answer.json()["conversation"]
    assert made["title"] == "Night"
    assert stage.send("GET", f"{TALKS}/{made['id']}").json()["messages"] == []
    assert as_somebody_else(stage, "client").send("GET", f"{TALKS}/{made['id']}").status_code == 404
    assert stage.send("POST", TALKS).json()["conversation"]["title"] == "New Conversation"


scene(
    "platform.conversations.create",
    who="production",
    body={"title": "Night"},
    errors={
        "Project not found": (
            Twist(body=lambda stage: {"project_id": stage.world.foreign_ids["project_id"]}),
            Twist(body={"project_id": "no-id"}),
        )
    },
    effects=(is_empty_and_ones_own,),
)


def oldest_first(stage: Stage, answer: Answer) -> None:
    assert [one["role"] for one in answer.json()["messages"]] == ["user", "assistant"]


def has_accepted(stage: Stage, answer: Answer) -> None:
    part = Participant.objects.get(conversation=stage.world.ids["conversation_id"], user=stage.world.people["client"])
    assert part.accepted_at is not None


scene("platform.conversations.get", who="client", checks=(oldest_first,), effects=(has_accepted,))


def is_renamed(stage: Stage, answer: Answer) -> None:
    (row,) = talks(stage)
    assert row["title"] == "Dawn"
    assert row["updated_at"] > row["created_at"]


scene(
    "platform.conversations.update",
    who="client",
    body={"title": "Dawn"},
    errors={"Title is required": (Twist(body={}), Twist(body={"title": "  "}))},
    effects=(is_renamed,),
)


def is_kept(stage: Stage, answer: Answer) -> None:
    assert [row["starred"] for row in talks(stage)] == [True]


def is_ones_own(stage: Stage, answer: Answer) -> None:
    assert [row["starred"] for row in talks(as_somebody_else(stage, "production"))] == [False]


scene(
    "platform.conversations.star",
    who="linguist",
    body={"starred": True},
    errors={"starred is required": (Twist(body={}), Twist(body={"starred": "yes"}), Twist(body={"starred": None}))},
    effects=(is_kept, is_ones_own),
)


def is_called_that(stage: Stage, answer: Answer) -> None:
    (row,) = talks(stage)
    assert row["title"] == answer.json()["title"] != ""


def is_logged(stage: Stage, answer: Answer) -> None:
    assert Call.objects.filter(conversation_id=stage.world.ids["conversation_id"]).exists()


def nothing_was_said(stage: Stage) -> None:
    stage.world.conversation.messages.all().delete()


scene(
    "platform.conversations.generate_title",
    who="client",
    errors={"No messages found in conversation": Twist(given=nothing_was_said)},
    effects=(is_called_that, is_logged),
)


def is_gone_and_its_row_stays(stage: Stage, answer: Answer) -> None:
    assert talks(stage) == []
    assert stage.send("GET", way(stage)).status_code == 404
    assert Conversation.objects.get(pk=stage.world.ids["conversation_id"]).deleted_at is not None


scene(
    "platform.conversations.delete",
    who="production",
    effects=(is_gone_and_its_row_stays, Elsewhere("D24: a participant gets 403; chat/tests/api/test_conversations.py")),
)


def counts_follow(stage: Stage, answer: Answer) -> None:
    project = f"/api/projects/{stage.world.ids['project_id']}"
    (row,) = stage.send("GET", project).json()["conversations"]
    assert row["id"] == stage.world.ids["conversation_id"]
    counts = {one["id"]: one["conversation_count"] for one in stage.send("GET", "/api/projects").json()["projects"]}
    assert counts[stage.world.ids["project_id"]] == 1
    assert stage.send("PUT", way(stage, "/project"), body={"project_id": None}).status_code == 200
    assert stage.send("GET", project).json()["conversations"] == []


def owned_by_production(stage: Stage) -> None:
    stage.world.project.owner = stage.world.people["production"]
    stage.world.project.save(update_fields=["owner"])


scene(
    "platform.conversations.assign_project",
    who="production",
    given=owned_by_production,
    body=lambda stage: {"project_id": stage.world.ids["project_id"]},
    errors={
        "Project not found": (
            Twist(body=lambda stage: {"project_id": stage.world.foreign_ids["project_id"]}),
            Twist(body={"project_id": "no-id"}),
        )
    },
    effects=(counts_follow,),
)

# People.


def the_owner_is_named_once(stage: Stage, answer: Answer) -> None:
    told = answer.json()
    assert told["owner"]["id"] == stage.world.id_of("production")
    people = {one["user"]["id"]: one["role"] for one in told["participants"]}
    assert people == {stage.world.id_of("client"): "editor", stage.world.id_of("linguist"): "viewer"}


scene(
    "platform.participants.list",
    who="linguist",
    errors={"Access denied": Twist(who="project_manager", given=in_the_project)},
    checks=(the_owner_is_named_once,),
)


def of(*people: str) -> Any:
    return lambda stage: {"user_ids": [stage.world.id_of(one) for one in people]}


def is_in(stage: Stage, answer: Answer) -> None:
    assert answer.json()["invited_count"] == 1
    rows = stage.send("GET", way(stage, "/participants")).json()["participants"]
    (row,) = [one for one in rows if one["user"]["id"] == stage.world.id_of("colleague")]
    assert (row["role"], row["accepted_at"]) == ("editor", None)


def only_new_ones_count(stage: Stage, answer: Answer) -> None:
    again = stage.send(
        "POST", way(stage, "/invite"), body=of("production", "client", "colleague", "stranger", "reviewer")(stage)
    )
    assert again.json()["invited_count"] == 1


scene(
    "platform.participants.invite",
    who="production",
    body=of("colleague"),
    errors={"user_ids is required": tuple(Twist(body=body) for body in ({}, {"user_ids": []}, {"user_ids": "all"}))},
    effects=(is_in, only_new_ones_count),
)


def is_out(stage: Stage, answer: Answer) -> None:
    assert talks(stage) == []
    assert stage.send("GET", way(stage)).status_code == 404


scene(
    "platform.participants.leave",
    who="client",
    errors={
        "Conversation owner cannot leave": Twist(who="production"),
        "Access denied": Twist(who="project_manager", given=in_the_project),
    },
    effects=(is_out,),
)

# Files.


def notes(_stage: Stage) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("notes.txt", NOTES, "text/plain")}


def is_served_as_it_came(stage: Stage, answer: Answer) -> None:
    url = answer.json()["attachment"]["url"]
    assert body_of(stage.other().send("GET", url[url.index("/files/") :])) == NOTES


def names_are_both_told(stage: Stage, answer: Answer) -> None:
    told = answer.json()["attachment"]
    assert (told["filename"], told["original_filename"]) == ("notes.txt", "notes.txt")


scene(
    "platform.attachments.upload",
    who="client",
    body=notes,
    errors={
        "No file provided": (Twist(body={}), Twist(body={"file": "no file"})),
        "File too large": Twist(settings={"ATTACHMENT_MAX_BYTES": 10}),
        "File size exceeds limit": Twist(settings={"UPLOAD_DIRECT_MAX_BYTES": 10}),
    },
    effects=(is_served_as_it_came, names_are_both_told),
)
