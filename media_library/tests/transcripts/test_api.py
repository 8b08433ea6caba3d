"""Transcripts over JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from media_library.models import Passage, Segment, TranscriptEdit
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db
UPDATE = "/api/transcript-segment/update"


def texts(transcript: Any) -> list[str]:
    return list(transcript.segments.order_by("position").values_list("text", flat=True))


def update(client: Any, transcript: Any, **changed: Any) -> Any:
    body = {"transcript_id": str(transcript.pk), "start_time": 0.0, "end_time": 4.0, "new_text": "Hello.", **changed}
    return client.post(UPDATE, json.dumps(body), content_type="application/json")


def test_new_text_is_read_in_order_in_the_updated_segments(door, editor, transcript):
    new = "Good morning from the harbor. The lights are still on."
    answer = update(door(editor), transcript, new_text=new)
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "updated_segments": 2, "revision": 1}
    assert texts(transcript) == ["Good morning from the harbor.", "The lights are still on.", "We cast off."]
    first = transcript.segments.get(position=0)
    assert [word["word"] for word in first.words] == new.split()[:5]
    assert (first.words[0]["start"], first.words[-1]["end"]) == (0.0, 2.0)
    edit = transcript.edits.get()
    assert (edit.number, edit.author, edit.action) == (1, editor, "text")


def test_search_learns_the_new_words(door, editor, transcript):
    update(door(editor), transcript, new_text="Ahoy. The lights are on.")
    assert Passage.objects.filter(segment__transcript=transcript, text="Ahoy.").exists()


@pytest.mark.parametrize(
    "ends",
    [
        {"start_time": 2.0, "end_time": 2.0},
        {"start_time": 3.0, "end_time": 1.0},
        {"start_time": -1.0},
        {"end_time": 99.0},
        {"start_time": None},
        {"start_time": "0"},
        {"start_time": True},
        {"end_time": [4]},
        {"end_time": 10**400},
        {"start_time": 6.5, "end_time": 9.0},
    ],
)
def test_a_range_that_is_none_changes_nothing(door, editor, transcript, ends):
    answer = update(door(editor), transcript, **ends)
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid time range")
    assert not transcript.edits.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_400(door, editor, transcript, number):
    body = f'{{"transcript_id": "{transcript.pk}", "start_time": 0, "end_time": {number}, "new_text": "x"}}'
    assert door(editor).post(UPDATE, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("text", ['"a\\u0000b"', '"a\\ud800b"', "7", "null", '["x"]', f'"{"x" * 10_001}"'])
def test_text_that_is_none_is_400(door, editor, transcript, text):
    body = f'{{"transcript_id": "{transcript.pk}", "start_time": 0, "end_time": 4, "new_text": {text}}}'
    assert door(editor).post(UPDATE, body, content_type="application/json").status_code == 400
    assert not transcript.edits.exists()


def test_a_stale_save_is_409_and_tells_the_current_revision(door, editor, transcript):
    client = door(editor)
    assert update(client, transcript, revision=0).status_code == 200
    answer = update(client, transcript, new_text="Other.", revision=0)
    assert (answer.status_code, answer.json()["current_revision"]) == (409, 1)
    assert texts(transcript)[0] == "Hello."


def test_404_comes_before_403_and_that_before_400(door, editor, customer, transcript):
    stranger = UserFactory()
    for client in (door(stranger), door(editor)):
        for named in ("7c0b2a1e-0000-4000-8000-000000000000", "no-id", 7):
            answer = update(client, transcript, transcript_id=named)
            assert (answer.status_code, answer.json()) == (404, {"error": "Transcript not found"})
    hidden = update(door(stranger), transcript, start_time=9, end_time=1)
    assert (hidden.status_code, hidden.json()) == (404, {"error": "Transcript not found"})
    assert update(door(customer), transcript, start_time=9, end_time=1).status_code == 403
    assert update(door(editor), transcript, transcript_id=None).status_code == 400


def test_the_whole_transcript_with_ids_words_and_speakers(door, customer, transcript):
    answer = door(customer).get(f"/api/transcripts/{transcript.pk}")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["language"], body["revision"], body["can_edit"]) == ("en", 0, False)
    assert [(one["label"], one["name"], one["segments"]) for one in body["speakers"]] == [
        ("speaker_1", "Speaker 1", 2),
        ("speaker_2", "Speaker 2", 1),
    ]
    first = body["segments"][0]
    assert first["id"] == str(transcript.segments.get(position=0).pk)
    assert (first["speaker"], first["words"][0]["word"]) == ("Speaker 1", "Good")


@pytest.mark.parametrize("lines", [1, 60])
def test_a_transcript_costs_the_same_however_long_it_is(door, editor, house, lines):
    made = transcript_of(AssetFactory(owner=editor, organization=house), *["Some words here."] * lines)
    client = door(editor)
    client.get(f"/api/transcripts/{made.pk}")
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/api/transcripts/{made.pk}").status_code == 200
    assert len(asked) <= 12, [one["sql"][:90] for one in asked.captured_queries]


def test_only_the_named_segment_gets_the_speaker(door, editor, transcript):
    segment = transcript.segments.get(position=0)
    answer = door(editor).put(
        f"/api/segments/{segment.pk}/speaker", {"speaker": " Ana "}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    names = [one.speaker.shown for one in transcript.segments.order_by("position").select_related("speaker")]
    assert names == ["Ana", "Speaker 2", "Speaker 1"]


@pytest.mark.parametrize("body", [{}, {"speaker": ""}, {"speaker": "  \u2028 "}, {"speaker": None}, {"speaker": ["x"]}])
def test_a_speaker_without_a_name_is_none(door, editor, transcript, body):
    segment = transcript.segments.get(position=0)
    answer = door(editor).put(f"/api/segments/{segment.pk}/speaker", body, content_type="application/json")
    assert (answer.status_code, answer.json()) == (400, {"error": "Speaker is required"})


def test_one_segment_is_corrected_and_undone(door, editor, transcript):
    client, segment = door(editor), transcript.segments.get(position=1)
    answer = client.patch(
        f"/api/segments/{segment.pk}", {"text": "The lights are off.", "revision": 0}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["text"], answer.json()["revision"]) == (200, "The lights are off.", 1)
    history = client.get(f"/api/transcripts/{transcript.pk}/history").json()
    assert (history["can_undo"], history["edits"][0]["action"]) == (True, "text")
    undone = client.post(f"/api/transcripts/{transcript.pk}/undo", {"revision": 1}, content_type="application/json")
    assert (undone.status_code, undone.json()["revision"]) == (200, 2)
    assert texts(transcript)[1] == "The lights are on."
    again = client.post(f"/api/transcripts/{transcript.pk}/undo", {}, content_type="application/json")
    assert again.status_code == 409
    assert [one["undone"] for one in client.get(f"/api/transcripts/{transcript.pk}/history").json()["edits"]] == [
        False,
        True,
    ]


def test_undo_goes_back_step_by_step_through_everything(door, editor, transcript):
    client = door(editor)
    before = client.get(f"/api/transcripts/{transcript.pk}").json()["segments"]
    one, two = transcript.speakers.order_by("label")
    address = f"/api/transcripts/{transcript.pk}/speakers"
    update(client, transcript, new_text="All new words for two segments.")
    client.patch(f"{address}/{one.pk}", {"name": "Ana"}, content_type="application/json")
    client.post(f"{address}/{two.pk}/merge", {"into": str(one.pk)}, content_type="application/json")
    segment = transcript.segments.get(position=2)
    client.put(f"/api/segments/{segment.pk}/speaker", {"speaker": "Ben"}, content_type="application/json")
    assert [edit.action for edit in transcript.edits.order_by("number")] == ["text", "rename", "merge", "speaker"]
    for _ in range(4):
        assert (
            client.post(f"/api/transcripts/{transcript.pk}/undo", {}, content_type="application/json").status_code
            == 200
        )
    assert client.get(f"/api/transcripts/{transcript.pk}").json()["segments"] == before
    assert TranscriptEdit.objects.filter(transcript=transcript).count() == 8


def test_nobody_merges_a_speaker_with_one_of_another_transcript(door, editor, house, transcript):
    other = transcript_of(AssetFactory(owner=editor, organization=house), "Else.").speakers.create(label="speaker_1")
    speaker = transcript.speakers.get(label="speaker_1")
    address = f"/api/transcripts/{transcript.pk}/speakers/{speaker.pk}/merge"
    answer = door(editor).post(address, {"into": str(other.pk)}, content_type="application/json")
    assert (answer.status_code, answer.json()) == (404, {"error": "Speaker not found"})
    itself = door(editor).post(address, {"into": str(speaker.pk)}, content_type="application/json")
    assert itself.status_code == 400


def test_a_speakers_name_is_taken_once(door, editor, transcript):
    one, two = transcript.speakers.order_by("label")
    address = f"/api/transcripts/{transcript.pk}/speakers"
    client = door(editor)
    assert client.patch(f"{address}/{one.pk}", {"name": "Ana"}, content_type="application/json").status_code == 200
    refused = client.patch(f"{address}/{two.pk}", {"name": "ana"}, content_type="application/json")
    assert refused.status_code == 400
    assert "Merge" in refused.json()["error"]
    assert Segment.objects.filter(speaker__name="Ana").count() == 2
    assert set(Passage.objects.filter(segment__speaker=one).values_list("speaker", flat=True)) == {"Ana"}
