"""Transcripts leave as files and come in from them."""

from __future__ import annotations

import io
import json
from typing import Any

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from media_library.media import formats, webvtt
from media_library.models import Asset, Transcript
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def named(transcript: Any) -> Any:
    transcript.speakers.filter(label="speaker_1").update(name="Ana & Co")
    return transcript


def export(client: Any, transcript: Any, query: str) -> Any:
    answer = client.get(f"/api/transcripts/{transcript.pk}/export?{query}")
    assert answer.status_code == 200, answer.content
    return answer


def take_in(client: Any, address: str, name: str, data: bytes, **more: Any) -> Any:
    return client.post(address, {"file": SimpleUploadedFile(name, data), **more})


def test_text_has_times_and_names_or_neither(door, editor, named):
    client = door(editor)
    assert export(client, named, "format=txt").content.decode() == (
        "[00:00:00] Ana & Co: Good evening from the harbour.\n\n"
        "[00:00:02] Speaker 2: The lights are on.\n\n"
        "[00:00:04] Ana & Co: We cast off.\n"
    )
    plain = export(client, named, "format=txt&times=false&speakers=false").content.decode()
    assert plain.split("\n\n")[0] == "Good evening from the harbour."


def test_captions_are_readable_cues_with_voices(door, editor, house):
    line = "and then we went on for a very long time without any pause at all because nobody wanted to stop talking"
    made = transcript_of(AssetFactory(owner=editor, organization=house, title="Été 1"), line, "Yes.", seconds=9.0)
    for number, segment in enumerate(made.segments.order_by("position")):
        segment.speaker = made.speakers.create(label=f"speaker_{number + 1}", name=("Ana", "Ben <i>")[number])
        segment.save()
    answer = export(door(editor), made, "format=vtt")
    assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ete-1.en.vtt"'
    document = webvtt.parse_strict(answer.content.decode())
    assert len(document.cues) >= 3
    assert all(len(row) <= 42 for cue in document.cues for row in webvtt.plain_text(cue).split("\n"))
    assert " ".join(webvtt.plain_text(cue).replace("\n", " ") for cue in document.cues) == f"{line} Yes."
    assert document.cues[-1].text == "<v Ben &lt;i&gt;>Yes.</v>"
    assert all(cue.text.startswith("<v Ana>") for cue in document.cues[:-1])


@pytest.mark.parametrize("kind", ["srt", "vtt", "ttml"])
def test_captions_come_back_as_they_left(door, editor, house, named, kind):
    client = door(editor)
    made = export(client, named, f"format={kind}").content
    asset = AssetFactory(owner=editor, organization=house)
    answer = take_in(client, f"/api/library/assets/{asset.pk}/transcript", f"a.{kind}", made, language="en")
    assert answer.status_code == 200, answer.content
    back = Transcript.objects.get(pk=answer.json()["id"])
    rows = list(back.segments.order_by("position").select_related("speaker"))
    assert [row.text for row in rows] == ["Good evening from the harbour.", "The lights are on.", "We cast off."]
    assert [row.words[-1]["word"] for row in rows] == ["harbour.", "on.", "off."]
    if kind != "srt":
        assert [row.speaker.shown for row in rows] == ["Ana & Co", "Speaker 2", "Ana & Co"]
    assert (back.source, back.language, back.revision) == ("imported", "en", 1)


def test_json_holds_everything(door, editor, named):
    told = json.loads(export(door(editor), named, "format=json").content)
    assert (told["language"], told["segments"][1]["speaker"]) == ("en", "Speaker 2")
    assert told["segments"][0]["words"][0]["word"] == "Good"


def test_word_has_a_row_for_each_line(door, editor, named):
    made = docx.Document(io.BytesIO(export(door(editor), named, "format=docx").content))
    rows = [[cell.text for cell in row.cells] for row in made.tables[0].rows]
    assert rows[1][1:] == ["Ana & Co", "Good evening from the harbour."]
    assert len(rows) == 4


def test_a_format_that_is_none_is_400(door, editor, transcript):
    assert door(editor).get(f"/api/transcripts/{transcript.pk}/export?format=exe").status_code == 400


def test_taking_in_replaces_and_is_undone(door, editor, named):
    client = door(editor)
    before = client.get(f"/api/transcripts/{named.pk}").json()["segments"]
    vtt = b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Zoe>Ahoy <i>there</i>\n\n00:03.000 --> 00:05.000\nOff we <00:04.000>go\n"
    answer = take_in(client, f"/api/transcripts/{named.pk}/import", "b.vtt", vtt)
    assert (answer.status_code, answer.json()["segments"], answer.json()["revision"]) == (200, 2, 1)
    now = client.get(f"/api/transcripts/{named.pk}").json()
    assert [(one["text"], one["speaker"]) for one in now["segments"]] == [("Ahoy there", "Zoe"), ("Off we go", None)]
    assert [word["start"] for word in now["segments"][1]["words"]] == [3.0, pytest.approx(3.5, abs=0.2), 4.0]
    client.post(f"/api/transcripts/{named.pk}/undo", {}, content_type="application/json")
    back = client.get(f"/api/transcripts/{named.pk}").json()
    assert back["segments"] == before
    assert back["source"] == "heard"


ASS = (
    b"[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    b"Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    b"Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ana,0,0,0,,{\\i1}Ahoy{\\i0}\\Nthere\n"
)


def test_substation_has_its_actors(door, editor, transcript):
    client = door(editor)
    assert take_in(client, f"/api/transcripts/{transcript.pk}/import", "a.ass", ASS).status_code == 200
    segment = transcript.segments.get()
    assert (segment.text, segment.speaker.name, segment.start, segment.end) == ("Ahoy there", "Ana", 1.0, 2.5)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.vtt", b"WEBVTT\n\n00:00:01.000 -> 00:00:02.000\nHello\n", "Line 3"),
        ("a.vtt", b"00:00:01.000 --> 00:00:02.000\nHello\n", "Line 1"),
        ("a.srt", b"1\n00:00:01,000 --> 00:99\nHello\n", "Line 2"),
        ("a.srt", b"1\n00:00:05,000 --> 00:00:01,000\nBackwards\n", "Line 2"),
        ("a.srt", b"", "empty"),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n\n", "no text"),
        ("a.ttml", b"<tt xmlns='http://www.w3.org/ns/ttml'><body><div><p begin='1s'", "Line 1"),
        ("a.ttml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><tt xmlns='http://www.w3.org/ns/ttml'/>", ""),
        ("a.srt", b"PK\x03\x04" + bytes(60), "Word"),
        ("a.srt", b"1\n01:00:01,000 --> 01:00:02,000\nLate\n", "another film"),
        ("a.txt", b"Just words.", "srt"),
        ("a.json", b'{"cues": []}', ""),
    ],
)
def test_what_cannot_be_taken_in_is_told_with_its_line(door, editor, transcript, name, data, told):
    answer = take_in(door(editor), f"/api/transcripts/{transcript.pk}/import", name, data)
    assert answer.status_code == 400, answer.content
    assert told.lower() in answer.json()["error"].lower()
    assert transcript.segments.count() == 3
    assert not transcript.edits.exists()


def test_with_leave_what_cannot_be_read_is_left_out_and_told(door, editor, transcript):
    data = b"WEBVTT\n\n00:01.000 -> 00:02.000\nLost\n\n00:03.000 --> 00:04.000\nKept\n"
    answer = take_in(door(editor), f"/api/transcripts/{transcript.pk}/import", "a.vtt", data, lenient="true")
    assert (answer.status_code, answer.json()["segments"]) == (200, 1)
    assert answer.json()["notes"][0]["line"] == 3


def test_only_what_sounds_has_a_transcript(door, editor, house):
    image = AssetFactory(owner=editor, organization=house, kind=Asset.Kind.IMAGE, content_type="image/png")
    data = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n"
    answer = take_in(door(editor), f"/api/library/assets/{image.pk}/transcript", "a.srt", data, language="en")
    assert answer.status_code == 409
    video = AssetFactory(owner=editor, organization=house)
    unsaid = take_in(door(editor), f"/api/library/assets/{video.pk}/transcript", "a.srt", data)
    assert (unsaid.status_code, "language" in unsaid.json()["error"]) == (400, True)
    odd = take_in(door(editor), f"/api/library/assets/{video.pk}/transcript", "a.srt", data, language="klingonish")
    assert odd.status_code == 400


def test_a_file_that_is_far_too_large_is_413(door, editor, transcript):
    data = b"x" * (formats.MAX_BYTES + 1)
    assert take_in(door(editor), f"/api/transcripts/{transcript.pk}/import", "a.srt", data).status_code == 413


def test_a_machine_that_hears_again_loses_nobodys_words(door, editor, transcript):
    """What people have changed can be had back, whoever writes over it."""
    client = door(editor)
    segment = transcript.segments.get(position=0)
    client.patch(f"/api/segments/{segment.pk}", {"text": "Corrected."}, content_type="application/json")
    transcript_of(transcript.asset, "Heard anew.", language="en")
    assert client.get(f"/api/transcripts/{transcript.pk}").json()["segments"][0]["text"] == "Heard anew."
    client.post(f"/api/transcripts/{transcript.pk}/undo", {}, content_type="application/json")
    assert client.get(f"/api/transcripts/{transcript.pk}").json()["segments"][0]["text"] == "Corrected."
