"""The pages of transcripts, as browsers without scripts use them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import UserFactory
from core.runs.models import Run
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db


def page(client: Any, transcript: Any, query: str = "") -> str:
    answer = client.get(f"/transcripts/{transcript.pk}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_transcript_is_read_with_speakers_times_and_text(door, customer, transcript):
    shown = page(door(customer), transcript)
    for said in ("Harbour at night", "Speaker 1", "Speaker 2", "00:00:02", ">evening<", 'data-t="400-800"'):
        assert said in shown
    assert "data-may-change" not in shown
    assert "Rename" not in shown


def test_the_page_of_the_file_has_the_same_reader(door, editor, transcript):
    shown = door(editor).get(f"/library/{transcript.asset_id}").content.decode()
    assert f'data-transcript="{transcript.pk}"' in shown
    assert ">evening<" in shown
    assert f"/transcripts/{transcript.pk}?edit=" in shown


def test_what_one_may_not_see_is_not_found(door, transcript):
    for address in (f"/transcripts/{transcript.pk}", "/transcripts/7c0b2a1e-0000-4000-8000-000000000000"):
        answer = door(UserFactory()).get(address)
        assert answer.status_code == 404
        assert "Transcript not found" in answer.content.decode()


def test_markup_in_words_and_names_is_text(door, editor, house):
    made = transcript_of(AssetFactory(owner=editor, organization=house), "<script>alert(1)</script> & more")
    made.segments.update(speaker=made.speakers.create(label="speaker_1", name="<b>Ana</b>"))
    shown = page(door(editor), made)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<b>Ana" not in shown


def test_a_line_is_corrected_with_a_form(door, editor, transcript):
    client, segment = door(editor), transcript.segments.get(position=1)
    shown = page(client, transcript, f"?edit={segment.pk}")
    assert 'name="revision" value="0"' in shown
    address = f"/transcripts/{transcript.pk}/segments/{segment.pk}"
    answer = client.post(address, {"text": "The lights are off.", "speaker": "Ana", "revision": 0})
    assert (answer.status_code, answer.url) == (302, f"/transcripts/{transcript.pk}#s-{segment.pk}")
    segment.refresh_from_db()
    assert (segment.text, segment.speaker.name) == ("The lights are off.", "Ana")
    stale = client.post(address, {"text": "Something else.", "speaker": "Ana", "revision": 0})
    assert stale.status_code == 409
    assert "Something else." in stale.content.decode()
    assert "Somebody else changed" in stale.content.decode()


def test_speakers_are_renamed_merged_and_that_is_undone(door, editor, transcript):
    client = door(editor)
    one, two = transcript.speakers.order_by("label")
    at = f"/transcripts/{transcript.pk}"
    assert client.post(f"{at}/speakers/{one.pk}", {"name": "Ana"}).status_code == 302
    assert client.post(f"{at}/speakers/{two.pk}/merge", {"into": one.pk}).status_code == 302
    shown = page(client, transcript)
    assert "Speaker 2" not in shown.split("</transcript-reader>")[0].split("data-words")[1]
    assert client.post(f"{at}/undo").status_code == 302
    assert transcript.speakers.count() == 2
    assert "Taken back" in page(client, transcript)


def test_a_customer_looks_and_changes_nothing(door, customer, transcript):
    client, segment = door(customer), transcript.segments.get(position=0)
    speaker = transcript.speakers.first()
    for path, form in {
        f"segments/{segment.pk}": {"text": "x"},
        f"speakers/{speaker.pk}": {"name": "x"},
        f"speakers/{speaker.pk}/merge": {},
        "undo": {},
        "identify": {},
        "listen": {},
        "import": {},
    }.items():
        assert client.post(f"/transcripts/{transcript.pk}/{path}", form).status_code == 403
    assert not transcript.edits.exists()


def test_captions_are_taken_in_and_what_is_wrong_stands_beside_the_file(door, editor, transcript):
    client, address = door(editor), f"/transcripts/{transcript.pk}/import"
    broken = SimpleUploadedFile("a.vtt", b"WEBVTT\n\n00:01 -> 00:02\nHello\n")
    refused = client.post(address, {"file": broken})
    assert refused.status_code == 400
    assert "Line 3" in refused.content.decode()
    good = SimpleUploadedFile("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nAhoy there\n")
    assert client.post(address, {"file": good}).status_code == 302
    assert list(transcript.segments.values_list("text", flat=True)) == ["Ahoy there"]


def test_listening_again_is_a_run_that_the_page_shows(door, editor, transcript):
    client = door(editor)
    assert client.post(f"/transcripts/{transcript.pk}/listen", {"language": "pt-br"}).status_code == 302
    run = Run.objects.get(kind="media_library.transcribe", subject_id=transcript.asset_id)
    assert run.params == {"language": "pt-BR"}
    assert "transcript-busy" in page(client, transcript)
    again = client.post(f"/transcripts/{transcript.pk}/listen", {"language": ""}, follow=True)
    assert "worked on already" in again.content.decode()
    odd = client.post(f"/transcripts/{transcript.pk}/listen", {"language": "no such tongue"})
    assert odd.status_code == 422


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_however_many(door, editor, house, rows):
    for _ in range(rows):
        made = transcript_of(AssetFactory(owner=editor, organization=house), "One.", "Two.")
        made.segments.update(speaker=made.speakers.create(label="speaker_1", name="Ana"))
    client = door(editor)
    client.get("/transcripts")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/transcripts").status_code == 200
    assert len(asked) <= 15, [one["sql"][:90] for one in asked.captured_queries]


@pytest.mark.parametrize("lines", [2, 80])
def test_the_page_costs_the_same_however_long(door, editor, house, lines):
    made = transcript_of(AssetFactory(owner=editor, organization=house), *["Some words."] * lines)
    made.segments.update(speaker=made.speakers.create(label="speaker_1"))
    client = door(editor)
    client.get(f"/transcripts/{made.pk}")
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/transcripts/{made.pk}").status_code == 200
    assert len(asked) <= 26, [one["sql"][:90] for one in asked.captured_queries]


def test_the_list_is_searched_and_narrowed(door, editor, house, transcript):
    other = transcript_of(AssetFactory(owner=editor, organization=house, title="Inland"), "Hola.", language="es")
    other.segments.update(speaker=other.speakers.create(label="speaker_1", name="Ana"))
    client = door(editor)

    def listed(query: str) -> set[str]:
        shown = client.get(f"/transcripts?{query}").content.decode()
        return {name for name in ("Harbour at night", "Inland") if f">{name}</a>" in shown}

    assert listed("") == {"Harbour at night", "Inland"}
    assert listed("q=inland") == {"Inland"}
    assert listed("language=es") == {"Inland"}
    assert listed("speaker=Ana") == {"Inland"}
    assert listed("status=nameless") == {"Harbour at night"}
    assert listed("status=edited") == set()
    other.asset.archived_at = other.created_at
    other.asset.save()
    assert listed("") == {"Harbour at night"}
