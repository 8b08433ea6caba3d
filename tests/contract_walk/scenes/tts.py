"""Voices: which there are, and how one sounds."""

from __future__ import annotations

from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

PREVIEW = {"text": "The keeper climbs the stairs.", "voice": "Kore", "provider": "gemini", "model": "flash"}
# Spoken by the quickest engine, so that the walk is about the route.
QUICK = {"AI_ROUTES": {"text_to_speech": "local:espeak"}}


def every_provider(_stage: Stage, answer: Answer) -> None:
    found = {one["provider"]: one["voices"] for one in answer.json()["providers"]}
    assert list(found) == ["gemini", "openai", "local"]
    assert "Kore" in {voice["id"] for voice in found["gemini"]}


def the_documents_own_choice(_stage: Stage, answer: Answer) -> None:
    options = answer.json()
    gemini = next(one for one in options["providers"] if one["id"] == "gemini")
    assert (gemini["default_model"], gemini["default_voice"]) == ("flash", "Kore")
    assert options["defaults"] == {"provider": "gemini", "model": "flash", "default_voice": "Kore"}


def spanish_is_spoken(_stage: Stage, answer: Answer) -> None:
    assert {"code": "es", "name": "Spanish"} in answer.json()["languages"]


def names_who_spoke(_stage: Stage, answer: Answer) -> None:
    assert answer.headers["X-Engine"] == "local:espeak"
    assert answer.content[:3] == b"ID3" or answer.content[:1] == b"\xff"


scene(
    "accessible.tts.voices",
    who="client",
    errors={"fields": (Twist(query={"provider": "discovery"}), Twist(query={"language": "no language"}))},
    checks=(every_provider,),
)
scene("accessible.tts.languages", who="linguist", checks=(spanish_is_spoken,))
scene("accessible.tts.options", who="linguist", checks=(the_documents_own_choice,))
scene(
    "accessible.tts.preview",
    who="linguist",
    body=PREVIEW,
    settings=QUICK,
    errors={
        "Unknown voice": (
            Twist(body={**PREVIEW, "voice": "hal9000"}),
            Twist(body={**PREVIEW, "provider": "discovery"}),
            Twist(body={**PREVIEW, "model": "tts-1"}),
            Twist(body={**PREVIEW, "language": "tlh"}),
            Twist(body={**PREVIEW, "language": "no language"}),
        ),
    },
    checks=(names_who_spoke,),
)
