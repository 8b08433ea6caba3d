"""One clip or one section made again, and scripts that others learn from."""

from __future__ import annotations

from typing import Any

import pytest

from ai.models import Call
from chat.models import ClipProposal, Conversation, Record, ScriptFeedback
from chat.services import feedback
from core.testing.patience import done_at_once
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.scenes.script import elsewhere, first, seventh
from tests.contract_walk.scenes.search import indexed, words_alone
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

SCRIPT = "# Harbour\n\n## Night\nThe lights come on."


def patient(patch: pytest.MonkeyPatch) -> None:
    """The walk has no workers: its own process does the work."""
    patch.setattr("chat.api.regenerate.when_done", done_at_once)
    words_alone(patch)


def is_in_the_log(_stage: Stage, _answer: Answer) -> None:
    call = Call.objects.get(purpose="chat.regenerate")
    assert (call.provider, call.model, call.outcome) == ("local", "compose", Call.Outcome.OK)


def only_that_clip_is_another(stage: Stage, answer: Answer) -> None:
    made = answer.json()["new_clip"]
    clip = ClipProposal.objects.get(pk=stage.world.ids["clip_id"])
    assert (str(clip.asset_id), clip.start, clip.end) == (made["video_id"], made["start_time"], made["end_time"])
    assert (clip.start, clip.end) != (1.0, 3.0)
    assert clip.before[0]["start"] == 1.0
    listed = stage.send("GET", f"/api/conversations/{stage.world.ids['conversation_id']}/clips").json()["clips"]
    assert [one["id"] for one in listed] == [str(clip.pk)]


def the_section_is_another(stage: Stage, answer: Answer) -> None:
    record = Record.objects.get(pk=stage.world.ids["record_id"])
    assert answer.json()["updated_record"]["content"] in {record.content, record.clip.text if record.clip else ""}


scene(
    "platform.clips.regenerate",
    who="client",
    path=first("clip"),
    body={"feedback": "Show the lights of the evening instead"},
    given=indexed,
    patch=patient,
    errors={"Conversation not found": elsewhere("clip"), "Clip not found": Twist(path=seventh("clip"))},
    effects=(only_that_clip_is_another, is_in_the_log),
)
scene(
    "platform.records.regenerate",
    who="client",
    path=first("record"),
    body={"feedback": "More about the lights of the evening"},
    given=indexed,
    patch=patient,
    errors={"Conversation not found": elsewhere("record"), "Record not found": Twist(path=seventh("record"))},
    effects=(the_section_is_another, is_in_the_log),
)


def rated(**fields: Any) -> Any:
    return lambda stage: {
        "conversation_id": stage.world.ids["conversation_id"],
        "script_content": SCRIPT,
        "feedback": "Just right.",
        "rating": 5,
        **{name: value(stage) if callable(value) else value for name, value in fields.items()},
    }


def is_kept_and_shown_to_the_house(stage: Stage, answer: Answer) -> None:
    given = ScriptFeedback.objects.get(pk=answer.json()["feedback_id"])
    assert (given.user, given.rating) == (stage.world.people["client"], 5)
    assert given.organization == Conversation.objects.get(pk=stage.world.ids["conversation_id"]).organization
    examples = stage.send("GET", "/api/script-examples").json()["examples"]
    assert [(one["title"], one["rating"]) for one in examples] == [("Harbour", 5.0)]


scene(
    "platform.script_feedback.create",
    who="client",
    body=rated(),
    errors={
        "Script content is required": (Twist(body=rated(script_content=" ")), Twist(body=rated(script_content=None))),
        "Rating must be between 1 and 5": (Twist(body=rated(rating=0)), Twist(body=rated(rating=6))),
        "Conversation not found": (
            Twist(body=rated(conversation_id=lambda _: random_id())),
            Twist(body=rated(conversation_id=lambda stage: stage.world.foreign_ids["conversation_id"])),
        ),
    },
    effects=(is_kept_and_shown_to_the_house,),
)


def two_are_rated(stage: Stage) -> None:
    for script, rating in ((SCRIPT, 4), ("# Better\n\nOnly lights.", 5)):
        feedback.rate(stage.world.people["client"], script_content=script, rating=rating)


def the_best_is_first(_stage: Stage, answer: Answer) -> None:
    assert [one["title"] for one in answer.json()["examples"]] == ["Better", "Harbour"]


scene("platform.script_examples.list", who="client", given=two_are_rated, checks=(the_best_is_first,))
