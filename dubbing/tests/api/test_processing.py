"""Voice jobs through their routes: begun, done by real programs, read, refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.runs import services as runs
from core.storage import store
from core.testing.files import body_of
from core.testing.patience import work_off
from core.testing.providers import ProviderServer
from dubbing.models import ProcessingJob, VoiceClone
from media_library.media.ffmpeg import program
from media_library.media.probe import probe
from media_library.models import Asset, Transcript
from media_library.services import voices
from media_library.tests.factories import VoiceProfileFactory
from media_library.tests.voicing import ready_voice, recording_of
from media_library.tests.working import numbered_film
from media_library.tests.working import recording as noise

pytestmark = pytest.mark.django_db(transaction=True)
PROCESS = "/api/v1/process"
Post = Callable[..., Any]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return numbered_film(tmp_path_factory.mktemp("film") / "numbered.mp4")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return noise(tmp_path_factory.mktemp("sound") / "talk.mp3")


@pytest.fixture
def engines(settings: Any, tmp_path: Path) -> Iterator[ProviderServer]:
    settings.STORAGE_ROOT = tmp_path / "store"
    with ProviderServer() as server:
        settings.OPENAI_API_KEY = settings.ELEVENLABS_API_KEY = "a-key"
        settings.OPENAI_BASE_URL, settings.ELEVENLABS_BASE_URL = f"{server.url}/v1", server.url
        yield server


@pytest.fixture
def ana(engines: ProviderServer) -> User:
    return UserFactory()


@pytest.fixture
def http(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def post(http: Client) -> Post:
    return lambda path, **body: http.post(f"{PROCESS}/{path}", body, content_type="application/json")


def done(http: Client, answer: Any) -> dict[str, Any]:
    """The status of the job that was begun, once its work is over."""
    assert answer.status_code == 202, answer.content
    began = answer.json()
    assert (began["status"], began["progress"], began["result_url"]) == ("pending", 0, None)
    assert began["estimated_completion"]
    work_off(ProcessingJob.objects.get(pk=began["job_id"]).run_id)
    status: dict[str, Any] = http.get(f"{PROCESS}/status/{began['job_id']}").json()
    return status


@pytest.mark.parametrize(("form", "rate", "made"), [("flac", 22_050, 22_050), ("mp3", 96_000, 48_000)])
def test_the_sound_of_a_video_becomes_a_file_of_its_own(
    http: Client, post: Post, ana: User, film: Path, form: str, rate: int, made: int
) -> None:
    video = recording_of(ana, film)
    status = done(http, post("extract-audio", video_file_id=video.pk, audio_format=form, sample_rate=rate))
    assert (status["status"], status["progress"], status["error_message"]) == ("completed", 100, None)
    assert status["result"]["sample_rate"] == made
    assert bool(status["result"]["note"]) == (rate != made)
    sound = Asset.objects.get(pk=status["output_file_id"])
    assert (sound.owner, sound.shelf, sound.made_from) == (ana, "voice", video)
    with store().local(sound.key) as path:
        found = probe(path).audio
        assert found is not None
        assert (found.codec, found.rate) == (form, made)
    link = http.get(status["result_url"])
    assert link.status_code == 302
    assert body_of(Client().get("/" + link["Location"].split("/", 3)[3]))[:2]
    other = Client()
    other.force_login(UserFactory())
    assert other.get(status["result_url"]).status_code == 404
    # What was made of a video goes with it.
    assert http.delete(f"/api/v1/files/{video.pk}").status_code == 204
    assert not Asset.objects.filter(pk=sound.pk).exists()


def test_a_video_without_sound_fails_the_job_with_a_sentence(
    http: Client, post: Post, ana: User, film: Path, tmp_path: Path
) -> None:
    mute = tmp_path / "mute.mp4"
    subprocess.run([program(), "-v", "error", "-i", str(film), "-an", "-c", "copy", str(mute)], check=True)
    status = done(http, post("extract-audio", video_file_id=recording_of(ana, mute).pk))
    assert (status["status"], status["result"], status["result_url"]) == ("failed", None, None)
    assert status["error_message"] == "This file has no sound. Upload a file with an audio track."


def test_what_is_said_becomes_the_transcript_of_the_file(http: Client, post: Post, ana: User, talk: Path) -> None:
    audio = recording_of(ana, talk)
    status = done(http, post("transcribe", audio_file_id=audio.pk, source_language="en", model="whisper-large"))
    assert status["status"] == "completed", status
    result, transcript = status["result"], Transcript.objects.get(asset=audio)
    assert (result["type"], result["id"], result["language"]) == ("transcript", str(transcript.pk), "en")
    assert result["content"]
    assert {"word", "start", "end", "confidence"} <= set(result["word_timestamps"][0])
    assert 0 <= result["confidence_score"] <= 1
    assert ":" in result["engine"]
    assert http.get(status["result_url"]).json() == result


def test_a_text_said_in_a_voice_and_put_to_a_video_says_that_a_machine_spoke(
    http: Client, post: Post, ana: User, film: Path, talk: Path
) -> None:
    video, audio, profile = recording_of(ana, film), recording_of(ana, talk), ready_voice(ana)
    wish = {"audio_file_id": audio.pk, "voice_profile_id": profile.pk, "target_language": "es"}
    status = done(http, post("clone-voice", **wish, text_content="Buenos días."))
    assert status["status"] == "completed", status
    clone = VoiceClone.objects.get()
    assert str(clone.pk) == status["output_file_id"] == str(clone.asset_id)
    assert (clone.profile, clone.target_language, clone.similarity) == (profile, "es", 0.81)
    sound = Asset.objects.get(pk=clone.pk)
    assert sound.provenance["label"] == "AI-generated voice"
    with store().local(sound.key) as path:
        assert b"AI-generated voice" in path.read_bytes()
    wish = {"original_video_id": video.pk, "cloned_audio_id": clone.pk}
    status = done(http, post("generate-video", **wish, output_format="mov", quality="low"))
    assert status["status"] == "completed", status
    assert "the rest is silent" in status["result"]["note"]
    made = Asset.objects.get(pk=status["output_file_id"])
    assert (made.project, made.language, made.provenance["label"]) == (video.project, "es", "AI-generated voice")
    with store().local(made.key) as path:
        found = probe(path)
        assert found.video is not None
        assert found.audio is not None
        assert abs(found.duration - 4) < 0.1
        assert b"AI-generated voice" in path.read_bytes()
    # The consent is taken back: what was said is marked, and nothing more is made with it.
    assert http.delete(f"/api/v1/voices/profiles/{profile.pk}/consent").status_code == 200
    clone.refresh_from_db()
    assert clone.revoked_at is not None
    refused = post("generate-video", **wish)
    assert (refused.status_code, refused.json()["error"]) == (403, "consent_required")


def test_a_voice_without_consent_says_nothing_through_any_door(post: Post, ana: User, talk: Path) -> None:
    audio, profile = recording_of(ana, talk), VoiceProfileFactory(owner=ana)
    wish = {"audio_file_id": audio.pk, "voice_profile_id": profile.pk, "target_language": "es", "text_content": "Hola."}
    answer = post("clone-voice", **wish)
    assert (answer.status_code, answer.json()["error"]) == (403, "consent_required")
    # Nor does one whose consent goes while the job waits.
    ready = ready_voice(ana)
    job = ProcessingJob.objects.get(pk=post("clone-voice", **{**wish, "voice_profile_id": ready.pk}).json()["job_id"])
    voices.revoke_consent(ready, actor=ana)
    work_off(job.run_id)
    job.refresh_from_db()
    assert (job.status, job.error_message) == ("failed", voices.CONSENT_REQUIRED)
    assert not VoiceClone.objects.exists()


def test_a_language_that_the_voice_does_not_speak_is_refused_at_the_door(post: Post, ana: User, talk: Path) -> None:
    wish = {"audio_file_id": recording_of(ana, talk).pk, "voice_profile_id": ready_voice(ana).pk, "text_content": "x"}
    answer = post("clone-voice", **wish, target_language="is")
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == "target_language"
    answer = post("clone-voice", **wish, target_language="not a language")
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "target_language")


def test_a_file_is_not_deleted_while_a_job_reads_it(http: Client, post: Post, ana: User, film: Path) -> None:
    video = recording_of(ana, film)
    job = ProcessingJob.objects.get(pk=post("extract-audio", video_file_id=video.pk).json()["job_id"])
    answer = http.delete(f"/api/v1/files/{video.pk}")
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    runs.cancel(job.run_id)
    job.refresh_from_db()
    assert (job.status, job.error_message) == ("failed", "This job was cancelled.")
    assert http.delete(f"/api/v1/files/{video.pk}").status_code == 204


@pytest.mark.parametrize(
    ("path", "field", "value", "issue"),
    [
        ("extract-audio", "audio_format", "wma", "Unsupported audio format"),
        ("extract-audio", "sample_rate", 7999, "Ensure this value is greater than or equal to 8000."),
        ("extract-audio", "sample_rate", "9" * 30, None),
        ("transcribe", "model", "parrot", "Unknown model"),
        ("transcribe", "source_language", "not a language", None),
        ("clone-voice", "text_content", " \n", "Text is required"),
        ("clone-voice", "text_content", "x" * 10_001, None),
        ("generate-video", "output_format", "gif", "Unsupported output format"),
        ("generate-video", "quality", "best", "Unsupported quality"),
    ],
)
def test_what_is_wrong_is_named_with_its_field_and_begins_nothing(
    post: Post, ana: User, film: Path, path: str, field: str, value: Any, issue: str | None
) -> None:
    video = str(recording_of(ana, film).pk)
    good = {
        **dict.fromkeys(("video_file_id", "audio_file_id", "original_video_id", "cloned_audio_id"), video),
        "target_language": "es",
        "text_content": "Hola.",
        "voice_profile_id": str(ready_voice(ana).pk),
    }
    answer = post(path, **{**good, field: value})
    told = answer.json()
    assert (answer.status_code, told["error"], told["message"]) == (
        400,
        "validation_error",
        "Invalid request parameters",
    )
    assert told["details"]["field"] == field
    assert issue is None or told["details"]["issue"] == issue
    assert not ProcessingJob.objects.exists()


def test_files_and_jobs_of_others_are_not_there(http: Client, post: Post, ana: User, film: Path) -> None:
    foreign = recording_of(UserFactory(), film)
    answers = [
        post("extract-audio", video_file_id=foreign.pk, audio_format="wma"),
        post("transcribe", audio_file_id=foreign.pk),
        post("generate-video", original_video_id=recording_of(ana, film).pk, cloned_audio_id=foreign.pk),
        http.get(f"{PROCESS}/status/{ProcessingJob.objects.create(owner=foreign.owner, job_type='transcribe').pk}"),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found")


def test_the_four_of_them_share_one_hourly_limit_and_looking_is_free(
    post: Post, http: Client, ana: User, film: Path, rate_limits: Any
) -> None:
    rate_limits.RATES["processing"] = (2, 3600)
    video = recording_of(ana, film)
    begun = post("extract-audio", video_file_id=video.pk)
    assert post("transcribe", audio_file_id=video.pk).status_code == 202
    assert post("generate-video", original_video_id=video.pk, cloned_audio_id=video.pk).status_code == 429
    for _ in range(5):
        assert http.get(f"{PROCESS}/status/{begun.json()['job_id']}").status_code == 200
