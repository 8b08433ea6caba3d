"""Telling speakers apart: short files at once, long ones as a run, each paid for in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from ai import routing
from ai.capabilities.base import Engine, Usage
from ai.capabilities.diarize import Diarization, Turn
from ai.models import Call
from ai.routing import Route
from core.runs.models import Run
from media_library.models import Passage
from media_library.services import identifying

pytestmark = pytest.mark.django_db(transaction=True)
SPEECH = min((Path(__file__).parents[3] / "tests" / "data" / "speech").glob("*.wav"))


class Ear:
    """Hears two people, phrase by phrase."""

    engine = Engine("local", "ear")
    asked: dict[str, Any]

    def diarize(self, _audio: Path, **asked: Any) -> tuple[Diarization, Usage]:
        Ear.asked = asked
        turns = [Turn(start, end, number % 2) for number, (start, end) in enumerate(asked["spans"])]
        return Diarization(turns, [[1.0] + [0.0] * 255, [0.0, 1.0] + [0.0] * 254], 0.9), Usage()


@pytest.fixture(autouse=True)
def ear(monkeypatch: pytest.MonkeyPatch) -> None:
    def routes(capability: str, **_: object) -> list[Route]:
        return [Route(Ear.engine, lambda _wire: Ear())] if capability == "diarize" else []

    monkeypatch.setattr(routing, "routes", routes)


@pytest.fixture
def heard(transcript: Any) -> Any:
    """The transcript of a recording that really sounds."""
    from core.storage import store

    asset = transcript.asset
    store().delete(asset.key)
    stored = store().put(asset.key, SPEECH, content_type="audio/wav")
    asset.size, asset.sha256 = stored.size, stored.sha256
    asset.save()
    return transcript


def ask(client: Any, transcript: Any, **body: Any) -> Any:
    return client.post(f"/api/transcripts/{transcript.pk}/identify-speakers", body, content_type="application/json")


def test_a_short_file_is_answered_at_once_and_logged(door, editor, heard):
    answer = ask(door(editor), heard, speakers=2)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["success"], told["speakers_identified"]) == (True, 2)
    assert [(one["id"], one["name"], one["segments"]) for one in told["speakers"]] == [
        ("speaker_1", "Speaker 1", 2),
        ("speaker_2", "Speaker 2", 1),
    ]
    assert told["processing_time"] >= 0
    assert Ear.asked["speakers"] == 2
    call = Call.objects.get(capability="diarize")
    assert (call.user, call.outcome, call.purpose) == (editor, "ok", "media_library.identify_speakers")
    assert heard.edits.get().action == "identify"
    heard.refresh_from_db()
    assert heard.speakers_engine == "local:ear"
    assert Passage.objects.filter(segment__transcript=heard, speaker="Speaker 2").count() == 1


def test_a_long_file_is_a_run_and_the_answer_says_where_to_ask(door, editor, heard):
    heard.asset.duration = 3600.0
    heard.asset.save()
    client = door(editor)
    answer = ask(client, heard)
    assert answer.status_code == 202
    run = Run.objects.get(kind=identifying.KIND)
    assert (answer.json()["run_id"], run.subject_id) == (str(run.pk), heard.asset_id)
    assert client.get(f"/api/runs/{run.pk}").json()["status"] == "running"
    again = ask(client, heard)
    assert again.status_code == 409


def test_nobody_asks_twice_at_once(door, editor, heard):
    cache.add(f"transcripts:identify:{heard.pk}", 1, 60)
    try:
        assert ask(door(editor), heard).status_code == 409
    finally:
        cache.delete(f"transcripts:identify:{heard.pk}")
    assert ask(door(editor), heard).status_code == 200


@pytest.mark.parametrize("wanted", [0, 21, "two", 1.5, True])
def test_a_number_of_speakers_that_is_none_is_400(door, editor, heard, wanted):
    assert ask(door(editor), heard, speakers=wanted).status_code == 400
    assert not Call.objects.exists()


def test_a_file_that_is_gone_is_409_and_changes_nothing(door, editor, heard):
    from core.storage import store

    store().delete(heard.asset.key)
    assert ask(door(editor), heard).status_code == 409
    assert not heard.edits.exists()
