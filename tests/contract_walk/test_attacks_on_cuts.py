"""Attacks on films of cuts: foreign ids in the body (P3), ranges that are none and work without end (P5)."""

from __future__ import annotations

from typing import Any

import pytest

from chat.models import Render
from core.runs.models import Run
from media_library.models import Asset
from tests.contract_walk.attacks import Attack, as_, attack, attacks_of, prove
from tests.contract_walk.stage import Answer, Stage, World

FILMS = "/api/chat/create-video"
NO_RANGE = {"error": "Invalid time range"}


def asked_for(stage: Stage, *ranges: tuple[Any, Any], **ids: str) -> Answer:
    """Nothing may have been begun by it."""
    named = {**stage.world.ids, **ids}
    Asset.objects.filter(pk=stage.world.ids["video_id"]).update(duration=3000.0)
    clips = [
        {"title": "Mine", "start_time": start, "end_time": end, "video_id": named["video_id"]} for start, end in ranges
    ]
    body = {"conversation_id": named["conversation_id"], "clips": clips}
    answer = as_(stage, "production").send("POST", FILMS, body=body)
    assert not Render.objects.exists()
    assert not Run.objects.filter(kind="chat.render").exists()
    return answer


@attack("P3", 404, {"error": "Video not found"})
def a_film_of_another_houses_footage(stage: Stage) -> Answer:
    return asked_for(stage, (0, 1), video_id=stage.world.foreign_ids["video_id"])


@attack("P3", 404, {"error": "Conversation not found"})
def a_film_in_another_houses_conversation(stage: Stage) -> Answer:
    return asked_for(stage, (0, 1), conversation_id=stage.world.foreign_ids["conversation_id"])


@attack("P5", 400, NO_RANGE)
def ranges_of_no_number(stage: Stage) -> Answer:
    for pair in ((float("nan"), 1.0), (0.0, float("inf")), (-1.0, 1.0), (2.0, 1.0)):
        answer = asked_for(stage, (0, 1), pair)
        assert (answer.status_code, answer.json()) == (400, NO_RANGE), pair
    return answer


@attack("P5", 400, NO_RANGE)
def a_film_without_end(stage: Stage) -> Answer:
    assert asked_for(stage, *[(0, 1)] * 51).status_code == 400
    return asked_for(stage, (0, 2000), (0, 1601))


@pytest.mark.parametrize("tried", attacks_of(__name__), ids=str)
def test_the_attack_gets_the_answer_that_is_written(tried: Attack, world: World) -> None:
    prove(tried, world)
