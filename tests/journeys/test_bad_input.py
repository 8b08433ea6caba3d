"""What people send that cannot work: each ends in a sentence they can act on, leaves nothing behind, and can be tried again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.runs import services as runs
from core.storage import store
from core.testing.providers import ProviderServer
from jobs import services
from jobs.models import Job, LanguageOutput
from jobs.tests import working
from jobs.tests.working import JOBS, approve, film, output, paid, steps, text, trail, upload, work
from media_library.media import webvtt
from media_library.models import Asset, Track

S = Job.Status
Work = LanguageOutput.Work
WELSH = "No engine here translates English to Welsh: the source cues and times wait for a person."
MOST_SECONDS = 5
PLAYLIST = "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    """A store that nobody else has put anything into."""
    settings.STORAGE_ROOT = tmp_path / "store"


@pytest.fixture
def engines(settings: Any) -> Iterator[ProviderServer]:
    """A server hears and sees as OpenAI does on the wire; what is translated and spoken, is so by the engines of this machine."""
    with ProviderServer() as server:
        settings.OPENAI_API_KEY = "a-key"
        settings.OPENAI_BASE_URL = f"{server.url}/v1"
        settings.AI_ROUTES = {"text_to_speech": "local:espeak", "translate": "local:apertium"}
        yield server


@pytest.fixture
def person(transactional_db: None) -> User:
    house: Organization = OrganizationFactory()
    return UserFactory(role=User.Role.PRODUCTION, house=house)


@pytest.fixture
def client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def told(client: Client, job: Job) -> dict[str, Any]:
    """What the person sees of the job."""
    answer = client.get(f"{JOBS}/{job.pk}")
    assert answer.status_code == 200
    return answer.json()


def retry(client: Client, job: Job) -> None:
    answer = client.post(f"{JOBS}/{job.pk}/retry", {}, content_type="application/json")
    assert answer.status_code == 200, answer.content


def nothing_half_written(job: Job) -> None:
    assert working.left_over() == []
    source = Job.objects.get(pk=job.pk).source
    assert source is not None
    assert not Asset.objects.filter(made_from=source).exists()
    assert not output(job, "en").captions


def text_file(path: Path) -> None:
    path.write_text("This is my shopping list, and no video at all.\n" * 100)


def playlist(path: Path) -> None:
    path.write_text(PLAYLIST)


def silent(path: Path) -> None:
    film(path, sound=False, seconds=2.0)


def sound_only(path: Path) -> None:
    film(path, "-c:a", "aac", "-f", "mp4", picture=False, seconds=2.0)


def truncated(path: Path) -> None:
    film(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def too_long(path: Path) -> None:
    film(path, seconds=MOST_SECONDS + 1.0)


def webm(path: Path) -> None:
    film(path, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", "-f", "webm", seconds=1.0)


def empty_sound(path: Path) -> None:
    path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (text_file, "This file is plain text, but it was announced as “video/mp4”. Upload it under its right type."),
        (
            playlist,
            "This file is a playlist or a script, not media: it only names other files. Upload the media file itself.",
        ),
        (silent, "This file has no sound. Upload a file with an audio track."),
        (sound_only, "This file has no video. Upload a file with a picture."),
        (truncated, "This file is incomplete: its end is missing (67 % of it is there). Upload or export it again."),
        (too_long, "This file lasts 0:00:06; at most 0:00:05 are accepted. Cut it into shorter parts."),
        (webm, "This file is a WebM video, but it was announced as “video/mp4”. Upload it under its right type."),
        (empty_sound, "This file is WAV audio, but it was announced as “video/mp4”. Upload it under its right type."),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(
    client: Client, tmp_path: Path, settings: Any, make: Callable[[Path], None], sentence: str
) -> None:
    settings.MEDIA_MAX_SECONDS = MOST_SECONDS
    make(tmp_path / "film.mp4")
    job = work(upload(client, tmp_path / "film.mp4"))
    seen = told(client, job)
    assert (seen["status"], seen["error"]) == (S.FAILED, sentence)
    assert trail(job) == [S.CREATED, S.INGESTING, S.FAILED]
    assert paid(job) == 0
    nothing_half_written(job)

    assert "retry" in seen["allowed_actions"]
    retry(client, job)
    job = work(job)
    assert (job.status, job.error) == (S.FAILED, sentence)
    nothing_half_written(job)


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"size_bytes": 10 * 2**20 + 1}, "The file is larger than the limit of 10 MB."),
        ({"content_type": "application/pdf"}, "Unsupported content type"),
    ],
)
def test_a_file_that_is_too_large_or_no_video_is_refused_before_a_byte_is_sent(
    client: Client, settings: Any, about: dict[str, Any], sentence: str
) -> None:
    settings.UPLOAD_MAX_BYTES = 10 * 2**20
    body = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": 1000, **about}
    answer = client.post(f"{JOBS}/upload/init", body, content_type="application/json")
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)
    assert not Job.objects.exists()


def test_more_bytes_than_were_announced_are_refused(client: Client, tmp_path: Path) -> None:
    content = film(tmp_path / "film.mp4", seconds=1.0).read_bytes()
    body = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": 1000}
    reserved = client.post(f"{JOBS}/upload/init", body, content_type="application/json").json()
    sent = client.put(
        reserved["upload_url"],
        content,
        content_type="application/octet-stream",
        headers={"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"},
    )
    assert sent.status_code in {400, 413, 416, 422}, sent.content
    done = {"filename": "film.mp4", "source_language": "en", "requested_outputs": {}, "gcs_uri": reserved["gcs_uri"]}
    answer = client.post(f"{JOBS}/upload/complete", done, content_type="application/json")
    assert (answer.status_code, answer.json()["detail"]) == (400, "Uploaded object not found")
    assert working.left_over() == []


def test_a_language_that_no_engine_speaks_goes_to_a_person_while_the_others_finish(
    client: Client, person: User, tmp_path: Path, engines: ProviderServer, settings: Any
) -> None:
    wanted = {"accessible_video_mp4": True, "audio_description_mp3": True, "languages": ["es", "cy"]}
    job = work(upload(client, film(tmp_path / "film.mp4"), requested_outputs=wanted))
    approve(job, actor=person)
    job = work(job)
    assert (job.status, job.error) == (S.PENDING_FINAL_REVIEW, "")

    spanish, welsh = output(job, "es"), output(job, "cy")
    assert (spanish.translation_status, spanish.render_status, spanish.needs_person) == (Work.DONE, Work.DONE, "")
    assert (welsh.translation_status, welsh.tts_status, welsh.render_status) == (Work.PENDING,) * 3
    assert welsh.needs_person == WELSH
    assert told(client, job)["outputs"]["cy"]["needs_person"] == WELSH
    for kind in (Track.Kind.CAPTIONS, Track.Kind.AUDIO_DESCRIPTION):
        assert text(job, "cy", kind) == text(job, "en", kind)
    left_out = {name: step.message for name, step in steps(job).items() if step.status == "skipped"}
    assert set(left_out) == {f"{name}[cy]" for name in ("speak", "place", "mix", "render", "validate")}
    assert left_out["speak[cy]"] == WELSH
    assert {one.language for one in services.downloads(job) if one.kind == "accessible_video_mp4"} == {"en", "es"}
    assert working.left_over() == []

    # Now there is an engine: it is asked, and the reason is gone.
    settings.AI_ROUTES = {"text_to_speech": "local:espeak"}
    runs.reopen(job.run_id, "translate")
    job = work(job)
    welsh = output(job, "cy")
    assert (welsh.translation_status, welsh.render_status, welsh.needs_person) == (Work.DONE, Work.DONE, "")
    assert "(cy)" in text(job, "cy", Track.Kind.CAPTIONS)
    assert not {name for name, step in steps(job).items() if step.status == "skipped"}


def test_a_source_that_nobody_hears_waits_for_a_persons_captions(
    client: Client, person: User, tmp_path: Path, engines: ProviderServer
) -> None:
    wanted = {"audio_description_vtt": True, "languages": ["es"]}
    path = film(tmp_path / "film.mp4")
    job = work(upload(client, path, source_language="zu", requested_outputs=wanted))
    assert (job.status, job.error) == (S.PENDING_QC, "")
    reasons = told(client, job)["outputs"]["zu"]["needs_person"].splitlines()
    assert "No engine here hears Zulu: a person writes the captions." in reasons
    assert webvtt.parse(text(job, "zu", Track.Kind.CAPTIONS)).cues == []
    services.save_track(
        job,
        language="zu",
        kind=Track.Kind.CAPTIONS,
        content="WEBVTT\n\n00:01.000 --> 00:02.000\nSawubona.\n",
        author=person,
    )
    approve(job, actor=person)
    job = work(job)
    assert job.status == S.PENDING_FINAL_REVIEW
    assert [cue.text for cue in webvtt.parse(text(job, "es", Track.Kind.CAPTIONS)).cues] == ["Sawubona."]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for a few small films."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def filled(disk: Path) -> Path:
    """A file that takes what is left of the disk, but for a few blocks."""
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free - 24 * 1024
    filler.write_bytes(b"\0" * free)
    return filler


@pytest.mark.parametrize("place", ["store", "scratch"])
def test_a_full_disk_fails_the_rendering_and_a_retry_finishes_once_there_is_room(
    client: Client, person: User, tmp_path: Path, engines: ProviderServer, settings: Any, small_disk: Path, place: str
) -> None:
    engines.plan("ok", path="/audio/transcriptions", text="")
    if place == "store":
        settings.STORAGE_ROOT = small_disk / "store"
    else:
        settings.HOME = small_disk
    path = film(tmp_path / "film.mp4", seconds=4.0)
    job = work(upload(client, path, requested_outputs={"accessible_video_mp4": True}))
    approve(job, actor=person)
    job = work(job, until="render")
    bill, tried = paid(job), working.attempts(job)
    filler = filled(small_disk)
    job = work(job)
    assert (job.status, job.failed_step) == (S.FAILED, S.RENDERING)
    assert job.error.endswith("Free some space and try again.")
    assert steps(job)["render[en]"].error_code == "storage_full"
    assert output(job, "en").render_status == Work.FAILED
    assert output(job, "en").accessible_video is None
    filler.unlink()
    assert working.left_over() == []

    retry(client, job)
    job = work(job)
    assert (job.status, job.error) == (S.PENDING_FINAL_REVIEW, "")
    assert trail(job)[-3:] == [S.FAILED, S.RENDERING, S.PENDING_FINAL_REVIEW]
    assert paid(job) == bill
    again = {name for name, count in working.attempts(job).items() if count > tried[name]}
    assert again == {"render[en]", "validate[en]"}
    made = output(job, "en").accessible_video
    assert made is not None
    assert store().exists(made.key)
    assert working.left_over() == []


@pytest.mark.engines
def test_without_weights_the_job_says_which_and_how_to_get_them_and_goes_on_when_they_are_there(
    client: Client, tmp_path: Path, settings: Any
) -> None:
    weights, settings.MODELS_ROOT = settings.MODELS_ROOT, tmp_path / "no-models"
    job = work(upload(client, film(tmp_path / "film.mp4", seconds=2.0)))
    seen = told(client, job)
    assert (seen["status"], seen["failed_step"]) == (S.FAILED, S.AI_PROCESSING)
    assert "whisper-base" in seen["error"]
    assert "manage.py models" in seen["error"]
    assert steps(job)["transcribe"].error_code == "engine_missing"
    assert (working.attempts(job)["transcribe"], paid(job)) == (1, 0)
    assert working.left_over() == []

    settings.MODELS_ROOT = weights
    retry(client, job)
    job = work(job)
    assert (job.status, job.error) == (S.PENDING_QC, "")
    assert working.attempts(job)["conform"] == 1
