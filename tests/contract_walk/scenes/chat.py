"""One question and its answer in one piece."""

from __future__ import annotations

from typing import Any

import pytest

from ai.models import Call
from chat.models import Conversation
from core.testing.patience import done_at_once
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.scenes.search import indexed, words_alone
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

# A hosted engine of which nothing is there but its address.
NOBODY_ANSWERS = {
    "AI_ROUTES": {"chat": "openai:gpt-4o"},
    "OPENAI_API_KEY": "a-key",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
}


def asking(message: Any = "Write a script about the lights of the harbour", **more: Any) -> Any:
    return lambda stage: {"message": message, "conversation_id": stage.world.ids["conversation_id"], **more}


def in_another(conversation_id: Any) -> Any:
    return lambda stage: {"message": "Hello", "conversation_id": conversation_id(stage)}


def patient(patch: pytest.MonkeyPatch) -> None:
    """The walk has no workers: its own process does the work."""
    patch.setattr("chat.api.chat.when_done", done_at_once)
    words_alone(patch)


def both_are_stored(stage: Stage, answer: Answer) -> None:
    (row,) = stage.send("GET", "/api/conversations").json()["conversations"]
    assert row["message_count"] == 4
    talk = stage.send("GET", f"/api/conversations/{answer.json()['conversation_id']}").json()
    assert [one["role"] for one in talk["messages"]] == ["user", "assistant"] * 2
    assert talk["messages"][-1]["content"] == answer.json()["response"]
    assert talk["conversation"]["updated_at"] >= talk["messages"][-1]["created_at"]


def is_in_the_log(stage: Stage, answer: Answer) -> None:
    call = Call.objects.get(purpose="chat.answer", endpoint="/api/chat")
    assert (call.user, call.outcome) == (stage.world.people["client"], Call.Outcome.OK)
    assert f"{call.provider}:{call.model}" == answer.json()["model_used"]


def is_in_the_log_too(stage: Stage, _answer: Answer) -> None:
    failed = Call.objects.filter(endpoint="/api/chat", provider="openai").exclude(error="")
    assert {call.outcome for call in failed} == {Call.Outcome.BUSY}


def clips_have_their_place(stage: Stage, answer: Answer) -> None:
    clips = answer.json()["clips"]
    assert clips
    assert {clip["video_id"] for clip in clips} == {stage.world.ids["video_id"]}
    kept = stage.send("GET", f"/api/conversations/{answer.json()['conversation_id']}/clips").json()["clips"]
    assert [clip["index"] for clip in kept] == list(range(len(kept)))
    assert {clip["id"] for clip in clips} <= {clip["id"] for clip in kept}


def plain_copy_has_none(stage: Stage, _answer: Answer) -> None:
    plain = stage.send("POST", "/api/chat", body={"message": "Hello"})
    assert (plain.status_code, plain.json()["clips"]) == (200, [])
    assert Conversation.objects.get(pk=plain.json()["conversation_id"]).owner == stage.world.people["client"]


scene(
    "platform.chat.send",
    who="client",
    body=asking(),
    given=indexed,
    patch=patient,
    errors={
        "No message provided": (Twist(body={}), Twist(body=asking(None)), Twist(body=asking(" \n "))),
        "AI service error": Twist(settings=NOBODY_ANSWERS, check=is_in_the_log_too),
        "Conversation not found": (
            Twist(body=in_another(lambda _: random_id())),
            Twist(body=in_another(lambda _: "no-id")),
            Twist(body=in_another(lambda stage: stage.world.foreign_ids["conversation_id"])),
        ),
    },
    effects=(both_are_stored, is_in_the_log, clips_have_their_place, plain_copy_has_none),
)
