"""Voices through their routes: made from a sample, agreed to, matched, heard, taken back."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.runs.models import Run
from core.storage import removal, store
from core.storage.models import Removal
from core.testing.files import body_of
from core.testing.patience import work_off
from core.testing.providers import ProviderServer
from media_library.models import Segment, VoiceProfile
from media_library.services import voices
from media_library.tests.factories import VoiceProfileFactory, transcript_of
from media_library.tests.voicing import SAID, one_reader, ready_voice, recording_of
from media_library.tests.working import recording as noise

pytestmark = pytest.mark.django_db(transaction=True)
VOICES = "/api/v1/voices"
Post = Callable[..., Any]


@pytest.fixture
def hosted(settings: Any, tmp_path: Path) -> Iterator[ProviderServer]:
    settings.STORAGE_ROOT = tmp_path / "store"
    with ProviderServer() as server:
        settings.ELEVENLABS_API_KEY, settings.ELEVENLABS_BASE_URL = "a-key", server.url
        settings.AI_ROUTES = {"match_voice": "elevenlabs:eleven_multilingual_v2"}
        yield server


@pytest.fixture
def ana(hosted: ProviderServer) -> User:
    return UserFactory()


@pytest.fixture
def http(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def post(http: Client) -> Post:
    return lambda path, **body: http.post(f"{VOICES}/{path}", body, content_type="application/json")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return one_reader(tmp_path_factory.mktemp("voice") / "reader.wav")


def matched(http: Client, made: Any) -> dict[str, Any]:
    """The profile once its match is over."""
    work_off(VoiceProfile.objects.get(pk=made["id"]).run_id)
    found: dict[str, Any] = http.get(f"{VOICES}/profiles/{made['id']}").json()
    return found


def test_a_sample_with_a_consent_becomes_a_voice_that_is_heard_and_can_be_taken_back(
    http: Client, post: Post, ana: User, reader: Path, hosted: ProviderServer
) -> None:
    sample = recording_of(ana, reader)
    new = {
        "name": " Ana ",
        "audio_sample_id": str(sample.pk),
        "language": "EN",
        "description": "Warm.",
        "gender": "low",
    }
    made = post("create-profile", **new)
    assert made.status_code == 201, made.content
    profile = made.json()
    assert (profile["name"], profile["language"], profile["is_public"]) == ("Ana", "en", False)
    assert (profile["status"], profile["consented"], profile["run_id"]) == ("pending", False, None)
    refused = http.get(f"{VOICES}/preview/{profile['id']}", {"text": "Hello."})
    assert (refused.status_code, refused.json()["error"]) == (403, "consent_required")
    assert post(f"profiles/{profile['id']}/match").status_code == 403
    agreed = post(f"profiles/{profile['id']}/consent", **SAID)
    assert (agreed.status_code, agreed.json()["consented"]) == (201, True)
    assert post(f"profiles/{profile['id']}/consent", **SAID).status_code == 409
    ready = matched(http, profile)
    assert (ready["status"], ready["engine"]) == ("ready", "elevenlabs:eleven_multilingual_v2"), ready
    consent = ready["consents"][0]
    assert (consent["given_by"], consent["audio_sha256"]) == (SAID["given_by"], sample.sha256)
    kept = VoiceProfile.objects.get(pk=profile["id"])
    assert kept.hosted_voice in hosted.voices.kept
    # The same words are spoken once, and nobody else keeps them.
    way, query = f"{VOICES}/preview/{profile['id']}", {"text": "Hello there.", "language": "es"}
    heard = [http.get(way, query) for _ in range(2)]
    assert {(one.status_code, one["Content-Type"], one["Cache-Control"]) for one in heard} == {
        (200, "audio/wav", "private, no-store")
    }
    assert heard[0].content == heard[1].content
    assert b"AI-generated voice" in heard[0].content
    assert len([one for one in hosted.requests if "/text-to-speech/" in one.path]) == 1
    linked = http.get(way, query, headers={"Accept": "application/json"}).json()
    assert body_of(Client().get("/" + linked["audio_url"].split("/", 3)[3])) == heard[0].content
    assert (linked["content_type"], linked["duration_seconds"] > 0) == ("audio/wav", True)
    # What was spoken to listen to goes after a while.
    preview = Removal.objects.get(key__startswith=voices.previews_of(kept.pk))
    assert preview.due_at > timezone.now()
    # Taken back: neither the studio nor the provider has the voice any more.
    back = http.delete(f"{VOICES}/profiles/{kept.pk}/consent", {"because": "Asked."}, content_type="application/json")
    assert (back.status_code, back.json()["status"], back.json()["consented"]) == (200, "pending", False)
    removal.sweep()
    assert not store().exists(preview.key)
    work_off(Run.objects.get(kind=voices.FORGET).pk)
    assert kept.hosted_voice not in hosted.voices.kept
    assert http.get(way, query).status_code == 403
    told = http.get(f"{VOICES}/profiles/{kept.pk}").json()["consents"][0]
    assert told["revoked_at"]


@pytest.mark.parametrize(("seconds", "words"), [(1.0, ""), (12.0, "")])
def test_a_sample_that_is_no_use_fails_with_a_sentence(
    http: Client, post: Post, ana: User, tmp_path: Path, seconds: float, words: str
) -> None:
    """A second of noise, and silence: nobody is heard in either."""
    path = tmp_path / "sample.wav"
    if seconds > 1:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(bytes(int(32_000 * seconds)))
    else:
        noise(path, seconds=seconds)
    sample = recording_of(ana, path)
    new = {"name": "Ana", "audio_sample_id": str(sample.pk), "language": "en", "consent": SAID}
    failed = matched(http, post("create-profile", **new).json())
    assert failed["status"] == "failed"
    assert failed["problem"].endswith(".")
    assert failed["engine"] is None
    assert http.get(f"{VOICES}/preview/{failed['id']}", {"text": "Hello."}).status_code == 409


def test_one_speaker_of_a_recording_is_a_sample_too(
    http: Client, ana: User, reader: Path, hosted: ProviderServer
) -> None:
    sample = recording_of(ana, reader, duration=20.0)
    transcript = transcript_of(sample, "One.", "Two.", "Three.", seconds=6.0)
    speaker = transcript.speakers.create(label="speaker_1", name="Ana")
    Segment.objects.filter(transcript=transcript, position__lt=2).update(speaker=speaker)
    agreement = voices.Agreement(**SAID)
    profile = voices.create_voice(
        owner=ana, name="Ana", language="en", sample=sample, speaker=speaker, consent=agreement
    )
    assert matched(http, {"id": profile.pk})["status"] == "ready"
    profile.refresh_from_db()
    assert profile.characteristics["speaker"] == str(speaker.pk)
    assert profile.characteristics["speech_seconds"] < 12.5


@pytest.mark.parametrize(
    ("change", "field", "issue"),
    [
        ({"name": ""}, "name", "Name is required"),
        ({"name": "x" * 256}, "name", None),
        ({"language": "english please"}, "language", None),
        ({"language": "??"}, "language", None),
        ({"gender": "x" * 21}, "gender", None),
        ({"audio_sample_id": "nothing"}, "audio_sample_id", None),
        ({"consent": {"statement": "Yes."}}, "consent.given_by", None),
        ({"consent": {**SAID, "given_at": "2999-01-01T00:00:00Z"}}, "given_at", None),
    ],
)
def test_a_profile_that_is_not_described_rightly_is_not_made(
    post: Post, ana: User, reader: Path, change: dict[str, Any], field: str, issue: str | None
) -> None:
    good = {"name": "Ana", "audio_sample_id": str(recording_of(ana, reader).pk), "language": "en"}
    answer = post("create-profile", **{**good, **change})
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
    assert answer.json()["details"]["field"] == field
    assert issue is None or answer.json()["details"]["issue"] == issue
    assert not VoiceProfile.objects.exists()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"text": "…!"}, "text"),
        ({"text": "Hello.", "language": "is"}, "language"),
        ({"text": "Hello.", "language": "no language"}, "language"),
    ],
)
def test_a_preview_says_what_it_cannot_speak(http: Client, ana: User, query: dict[str, str], field: str) -> None:
    answer = http.get(f"{VOICES}/preview/{ready_voice(ana).pk}", query)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)


def test_ten_previews_a_minute_are_enough(http: Client, ana: User, rate_limits: Any) -> None:
    way = f"{VOICES}/preview/{ready_voice(ana).pk}"
    answers = [http.get(way, {"text": "Hello."}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]


def test_the_voices_of_others_are_not_there_and_public_ones_are_for_use(http: Client, ana: User, reader: Path) -> None:
    foreign, public = VoiceProfileFactory(language="es", gender="low"), ready_voice(UserFactory(), is_public=True)
    own = VoiceProfileFactory(owner=ana, language="es", gender="bright")
    rows = http.get(f"{VOICES}/profiles").json()["profiles"]
    assert {row["id"]: row["is_own"] for row in rows} == {str(own.pk): True, str(public.pk): False}
    assert [row["id"] for row in http.get(f"{VOICES}/profiles?language=ES").json()["profiles"]] == [str(own.pk)]
    assert http.get(f"{VOICES}/profiles?gender=low").json()["profiles"] == []
    assert http.get(f"{VOICES}/profiles/{public.pk}").json()["consents"] == []
    for method in (http.get, http.patch, http.delete):
        assert method(f"{VOICES}/profiles/{foreign.pk}").status_code == 404
    for way in (f"profiles/{public.pk}/match", f"profiles/{public.pk}/consent"):
        assert http.post(f"{VOICES}/{way}").status_code == 403
    assert http.delete(f"{VOICES}/profiles/{public.pk}").status_code == 403
    sample = recording_of(foreign.owner, reader)
    new = {"name": "Ana", "audio_sample_id": str(sample.pk), "language": "en"}
    assert http.post(f"{VOICES}/create-profile", new, content_type="application/json").status_code == 404


def test_only_a_voice_with_consent_becomes_public(http: Client, ana: User) -> None:
    ready, without = ready_voice(ana), VoiceProfileFactory(owner=ana)
    answers = [
        http.patch(
            f"{VOICES}/profiles/{one.pk}", {"is_public": True, "name": "Reader"}, content_type="application/json"
        )
        for one in (ready, without)
    ]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert (answers[0].json()["is_public"], answers[0].json()["name"]) == (True, "Reader")


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_however_many_voices(http: Client, ana: User, rows: int) -> None:
    VoiceProfileFactory.create_batch(rows, owner=ana)
    http.get(f"{VOICES}/profiles")
    with CaptureQueriesContext(connection) as asked:
        assert len(http.get(f"{VOICES}/profiles").json()["profiles"]) == rows
    assert len([one for one in asked if "voiceprofile" in one["sql"]]) == 1
