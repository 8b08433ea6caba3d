"""The script and the cut: what is said of them, and both as files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from chat.models import Conversation, ScriptComment
from core.runs.models import Run
from core.testing.files import body_of
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

SAID = {"content": "Too long for the opening."}
CALLED = {"content": "@mv-video shorter, please"}


def first(kind: str) -> Any:
    return lambda stage: {"conversation_id": stage.world.ids["conversation_id"], f"{kind}_index": 0}


def seventh(kind: str) -> Any:
    return lambda stage: {"conversation_id": stage.world.ids["conversation_id"], f"{kind}_index": 7}


def elsewhere(kind: str) -> tuple[Twist, ...]:
    ids = (lambda stage: stage.world.foreign_ids["conversation_id"], lambda _: random_id())
    return tuple(Twist(path=lambda stage, of=of: {"conversation_id": of(stage), f"{kind}_index": 0}) for of in ids)


def way(stage: Stage, kind: str) -> str:
    return f"/api/{kind}s/{stage.world.ids['conversation_id']}/0/comments"


# Files.


def of(conversation: Any, **more: Any) -> Any:
    return lambda stage: {"conversation_id": conversation(stage), **more}


def here(stage: Stage) -> Any:
    return stage.world.ids["conversation_id"]


def an_empty_one(stage: Stage) -> Any:
    return str(Conversation.objects.create(owner=stage.world.people["client"]).pk)


def its_link_gives_the_file_for_a_day(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    left = datetime.fromisoformat(made["expires_at"]) - timezone.now()
    assert timedelta(hours=23, minutes=50) < left <= timedelta(hours=24)
    assert body_of(stage.other().send("GET", made["download_url"])).startswith(b"%PDF-")


scene(
    "platform.chat.export_script",
    who="client",
    body=of(here),
    errors={
        "Conversation not found": (
            Twist(body=of(lambda stage: stage.world.foreign_ids["conversation_id"])),
            Twist(body=of(lambda _: random_id())),
        ),
        "Unsupported format": Twist(body=of(here, format="exe")),
        "No messages found in conversation": Twist(body=of(an_empty_one)),
    },
    effects=(its_link_gives_the_file_for_a_day,),
)

# Comments.


def a_comment_of_each(stage: Stage) -> None:
    for content in ("First.", "Second."):
        stage.send("POST", way(stage, "clip"), body={"content": content})


def oldest_first(stage: Stage, answer: Answer) -> None:
    assert [one["content"] for one in answer.json()["comments"]] == ["First.", "Second."]


scene(
    "platform.clip_comments.list",
    who="client",
    path=first("clip"),
    given=a_comment_of_each,
    errors={"Conversation not found": elsewhere("clip")},
    checks=(oldest_first,),
)


def is_stored_with_its_author(stage: Stage, answer: Answer) -> None:
    comment = ScriptComment.objects.get(pk=answer.json()["comment_id"])
    assert (comment.author, comment.content) == (stage.world.people["client"], SAID["content"])


def calling_has_it_made_again(kind: str) -> Any:
    def check(stage: Stage, _answer: Answer) -> None:
        before = Run.objects.filter(kind="chat.regenerate").count()
        said = stage.send("POST", way(stage, kind), body=CALLED).json()
        assert said["regeneration_requested"] is True
        assert Run.objects.filter(kind="chat.regenerate").count() == before + 1

    return check


def without_a_call_it_is_not(stage: Stage, answer: Answer) -> None:
    assert answer.json()["regeneration_requested"] is False


for kind, missing in (("clip", "Clip not found"), ("record", "Record not found")):
    scene(
        f"platform.{kind}_comments.create",
        who="client",
        path=first(kind),
        body=SAID,
        errors={
            "Content is required": (Twist(body={}), Twist(body={"content": " \n "})),
            "Conversation not found": elsewhere(kind),
            missing: Twist(path=seventh(kind)),
        },
        effects=(is_stored_with_its_author, calling_has_it_made_again(kind)),
        checks=(without_a_call_it_is_not,),
    )
