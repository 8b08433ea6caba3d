"""Listening again because somebody asked: the new words take the place of the old, which can be had back."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from ai import services as ai
from ai.capabilities.base import Engine
from ai.capabilities.diarize import Diarization, Turn
from ai.capabilities.speech_to_text import Segment, Transcription, Word
from ai.work import Answer
from core.runs.models import Run
from media_library.services import history
from media_library.tests.working import work

pytestmark = pytest.mark.django_db(transaction=True)
EAR = Engine("local", "ear")


def hears(_path: Path, *, language: str | None, **_: object) -> Answer[Transcription]:
    words = [Word("Hola", 0.0, 0.5, 0.9), Word("puerto.", 0.5, 1.0, 0.8)]
    heard = Transcription(language or "es", 0.9, 10.0, [Segment(0.0, 1.0, "Hola puerto.", words)])
    return Answer(heard, EAR, uuid.uuid4(), reused=False)


def tells(_path: Path, *, spans: list[tuple[float, float]], **_: object) -> Answer[Diarization]:
    found = Diarization([Turn(start, end, 0) for start, end in spans], [[1.0] + [0.0] * 255], 1.0)
    return Answer(found, EAR, uuid.uuid4(), reused=False)


@pytest.fixture(autouse=True)
def engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ai, "transcribe", hears)
    monkeypatch.setattr(ai, "diarize", tells)


def test_a_file_is_heard_again_in_another_language(door, editor, transcript):
    client = door(editor)
    asked = client.post(
        f"/api/library/assets/{transcript.asset_id}/transcribe", {"language": "es"}, content_type="application/json"
    )
    assert asked.status_code == 202
    work(Run.objects.get(kind="media_library.transcribe"))
    told = client.get(f"/api/runs/{asked.json()['run_id']}").json()
    assert (told["status"], told["result"]) == (
        "completed",
        {"asset_id": str(transcript.asset_id), "transcript_id": str(transcript.pk)},
    ), told
    now = client.get(f"/api/transcripts/{transcript.pk}").json()
    assert (now["language"], now["engine"], now["revision"]) == ("es", "local:ear", 2)
    assert [(one["text"], one["speaker"]) for one in now["segments"]] == [("Hola puerto.", "Speaker 1")]
    for _ in range(2):
        history.undo(transcript, actor=editor)
    back = client.get(f"/api/transcripts/{transcript.pk}").json()
    assert (back["language"], len(back["segments"]), len(back["speakers"])) == ("en", 3, 2)


def test_a_long_file_is_told_apart_by_a_run(door, editor, transcript):
    transcript.asset.duration = 3600.0
    transcript.asset.save()
    client = door(editor)
    address = f"/api/transcripts/{transcript.pk}/identify-speakers"
    assert client.post(address, {}, content_type="application/json").status_code == 202
    assert work(Run.objects.get(kind="media_library.identify")).status == "completed"
    assert transcript.speakers.get().segments.count() == 3


@pytest.mark.parametrize("language", ["no such tongue", 7])
def test_a_language_that_is_none_is_400(door, editor, transcript, language: Any):
    address = f"/api/library/assets/{transcript.asset_id}/transcribe"
    answer = door(editor).post(address, {"language": language}, content_type="application/json")
    assert answer.status_code == 400
    assert not Run.objects.exists()
