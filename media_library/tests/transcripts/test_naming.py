"""Names are proposed from what is said and from known voices, and written only when a person takes them."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.tests.factories import OrganizationFactory, UserFactory
from media_library.models import Suggestion, Transcript
from media_library.services import naming, suggestions
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db
EAR = "local:resemblyzer"


def voice(angle: float) -> list[float]:
    """Unit vectors whose likeness to `voice(0)` is `angle`."""
    return [angle, (1 - angle**2) ** 0.5] + [0.0] * 254


def talk(owner: Any, house: Any, *lines: str, voices: tuple[float, ...] = (), **asset: Any) -> Transcript:
    """Lines of two people in turn."""
    made = transcript_of(AssetFactory(owner=owner, organization=house, **asset), *lines)
    for number, segment in enumerate(made.segments.order_by("position")):
        segment.speaker, new = made.speakers.get_or_create(label=f"speaker_{number % 2 + 1}")
        segment.save()
        if new and number < len(voices):
            segment.speaker.voice, segment.speaker.voice_engine = voice(voices[number]), EAR
            segment.speaker.save()
    return made


def test_names_that_are_said_are_proposed_and_not_written(editor, house):
    made = talk(editor, house, "Good evening, my name is Ana.", "Thanks, Ana. I'm Ben.")
    suggestion = naming.suggest_names(made, by=None)
    assert suggestion is not None
    assert suggestion.content == [
        {"label": "speaker_1", "name": "Ana", "because": "“my name is Ana”"},
        {"label": "speaker_2", "name": "Ben", "because": "“I'm Ben”"},
    ]
    assert (suggestion.measured, suggestion.kind) == (True, "speakers")
    assert not made.speakers.exclude(name="").exists()
    suggestions.decide(suggestion, actor=editor, accept=["speaker_2"])
    assert [one.name for one in made.speakers.order_by("label")] == ["", "Ben"]
    assert made.edits.get().action == "rename"


def test_a_known_voice_is_recognised_in_the_house(editor, house):
    there = talk(editor, house, "Ahoy.", voices=(1.0,), title="The first film")
    there.speakers.update(name="Zoe")
    here = talk(editor, house, "Something else.", "And more.", voices=(0.9, 0.5))
    suggestion = naming.suggest_names(here, by=None)
    assert suggestion is not None
    assert suggestion.content == [
        {"label": "speaker_1", "name": "Zoe", "because": "sounds like Zoe in “The first film”"}
    ]


@pytest.mark.parametrize("likeness", [0.84, 0.2])
def test_a_voice_that_is_merely_similar_is_somebody_else(editor, house, likeness):
    talk(editor, house, "Ahoy.", voices=(1.0,)).speakers.update(name="Zoe")
    assert naming.suggest_names(talk(editor, house, "Else.", voices=(likeness,)), by=None) is None


def test_voices_of_other_houses_and_of_another_engine_are_unknown(editor, house):
    elsewhere = OrganizationFactory()
    stranger = UserFactory(house=elsewhere)
    talk(stranger, elsewhere, "Ahoy.", voices=(1.0,)).speakers.update(name="Zoe")
    talk(stranger, None, "Ahoy.", voices=(1.0,)).speakers.update(name="Yva")
    talk(editor, house, "Ahoy.", voices=(1.0,)).speakers.update(name="Xia", voice_engine="other:ear")
    deleted = talk(editor, house, "Ahoy.", voices=(1.0,))
    deleted.speakers.update(name="Wim")
    deleted.asset.deleted_at = deleted.created_at
    deleted.asset.save()
    assert naming.suggest_names(talk(editor, house, "Else.", voices=(1.0,)), by=None) is None


def test_a_name_that_somebody_has_already_is_not_proposed_again(editor, house):
    made = talk(editor, house, "Good evening, my name is Ana.", "My name is Ana too.")
    made.speakers.filter(label="speaker_2").update(name="ana")
    assert naming.suggest_names(made, by=None) is None


def test_a_new_proposal_takes_the_place_of_the_open_one(editor, house):
    made = talk(editor, house, "My name is Ana.")
    first = naming.suggest_names(made, by=None)
    second = naming.suggest_names(made, by=None)
    assert first is not None
    assert list(Suggestion.objects.filter(asset=made.asset)) == [second]


def test_what_a_model_says_is_data(editor, house, monkeypatch):
    made = talk(editor, house, "Hello there.", "Hello.")
    rows = [
        naming.Proposal("speaker_1", "Ana\n<b>", "she says so"),
        naming.Proposal("speaker_9", "Nobody", "not there"),
        naming.Proposal("speaker_2", " ", "no name"),
    ]
    monkeypatch.setattr(naming, "_by_reading", lambda *_, **__: (rows, "openai:gpt", None))
    suggestion = naming.suggest_names(made, by=editor)
    assert suggestion is not None
    assert suggestion.content == [{"label": "speaker_1", "name": "Ana <b>", "because": "she says so"}]
    assert (suggestion.engine, suggestion.measured) == ("openai:gpt", False)


def test_names_are_asked_for_over_http(door, editor, house):
    made = talk(editor, house, "My name is Ana.", "Hello.")
    client = door(editor)
    told = client.post(f"/api/transcripts/{made.pk}/suggest-names", {}, content_type="application/json")
    assert told.status_code == 200
    assert told.json()["speakers"][0]["name"] == "Ana"
    shown = client.post(f"/transcripts/{made.pk}/names", follow=True).content.decode()
    assert "“my name is Ana”".casefold() in shown.casefold()
