"""Transcripts: pages, the text of a time range, who speaks."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from ai import services as ai
from ai.capabilities.base import Engine
from ai.capabilities.diarize import Diarization, Turn
from ai.work import Answer as Answered
from media_library.models import Segment
from tests.contract_walk.scene import Elsewhere, Twist, scene
from tests.contract_walk.stage import Answer, Stage

UPDATE = {"start_time": 0.0, "end_time": 4.0, "new_text": "Good morning from the harbour. The lights are off."}


def update(**changed: Any) -> Any:
    return lambda stage: {"transcript_id": stage.world.ids["transcript_id"], **UPDATE, **changed}


def texts(stage: Stage) -> list[str]:
    transcript = stage.world.ids["transcript_id"]
    return [one["text"] for one in stage.send("GET", f"/api/transcripts/{transcript}").json()["segments"]]


def in_order(stage: Stage, answer: Answer) -> None:
    first, second, outside = texts(stage)
    assert (answer.json()["updated_segments"], f"{first} {second}") == (2, UPDATE["new_text"])
    assert outside == "We cast off."


scene("platform.pages.transcripts", who="production", shows="Harbour at night", alternatives=(Twist(who=None),))
scene(
    "platform.pages.transcript_detail",
    who="production",
    shows="evening",
    alternatives=(Twist(who=None),),
    errors={
        "Transcript not found": Twist(path=lambda stage: {"transcript_id": stage.world.foreign_ids["transcript_id"]})
    },
)
scene(
    "platform.transcript_segments.update",
    who="production",
    body=update(),
    errors={
        "Invalid time range": (
            *(
                Twist(body=update(**{name: value}))
                for name in ("start_time", "end_time")
                for value in (None, -1, "x", {})
            ),
            Twist(body=update(start_time=4.0)),
            Twist(body=update(end_time=1000.0)),
        ),
        "Transcript not found": (
            *(Twist(body=update(transcript_id=value)) for value in ("7c0b2a1e-0000-4000-8000-000000000000", "no-id")),
            Twist(body=lambda stage: {**UPDATE, "transcript_id": stage.world.foreign_ids["transcript_id"]}),
        ),
    },
    effects=(in_order, in_order),
)


def in_turn(_path: Path, *, spans: list[tuple[float, float]], **_: object) -> Answered[Diarization]:
    """Two people, phrase by phrase. The ledger has transactions of its own, which a walk cannot take back."""
    turns = [Turn(start, end, number % 2) for number, (start, end) in enumerate(spans)]
    heard = Diarization(turns, [[1.0] + [0.0] * 255, [0.0, 1.0] + [0.0] * 254], 0.9)
    return Answered(value=heard, engine=Engine("local", "ear"), call_id=uuid.uuid4(), reused=False)


LOGGED = Elsewhere("media_library/tests/transcripts/test_identify.py: the ledger writes it")


def two_voices(patch: Any) -> None:
    patch.setattr(ai, "diarize", in_turn)


def both_are_stored(stage: Stage, answer: Answer) -> None:
    told = answer.json()
    assert told["speakers_identified"] == len(told["speakers"]) == 2
    assert {one["id"] for one in told["speakers"]} == {"speaker_1", "speaker_2"}
    shown = stage.send("GET", f"/api/transcripts/{stage.world.ids['transcript_id']}").json()
    counted = {one["label"]: one["segments"] for one in shown["speakers"]}
    assert counted == {one["id"]: one["segments"] for one in told["speakers"]}
    assert sum(counted.values()) == len(shown["segments"])


scene(
    "platform.transcripts.identify_speakers",
    who="production",
    patch=two_voices,
    effects=(both_are_stored, both_are_stored, LOGGED),
)


def only_this_one(stage: Stage, _answer: Answer) -> None:
    segment = stage.world.ids["segment_id"]
    named = Segment.objects.filter(speaker__name="Ana").values_list("pk", flat=True)
    assert [str(pk) for pk in named] == [segment]


scene(
    "platform.segments.update_speaker",
    who="production",
    body={"speaker": "Ana"},
    errors={
        "Speaker is required": tuple(
            Twist(body=body) for body in ({}, {"speaker": ""}, {"speaker": " "}, {"speaker": None}, {"speaker": 7})
        )
    },
    effects=(only_this_one,),
)
