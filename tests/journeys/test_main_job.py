"""The sample through the whole job with the engines of this machine: what a person gets out of it, held against other programs."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import jiwer
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.storage import store
from jobs import workflows
from jobs.models import Job
from jobs.services import Requested
from jobs.tests import working
from jobs.tests.working import JOBS, approve, output, steps, submit, text, work
from media_library.media import webvtt
from media_library.media.quality import HOUSE, check
from media_library.models import Segment, Track

# Transactions are marked although only the fixture touches the database: the mark is what makes there be a test database.
pytestmark = [pytest.mark.engines, pytest.mark.django_db(transaction=True)]

TRANSCRIPTION = Path("tests/data/speech/transcription.txt").resolve()
SECONDS, FPS = 48.0, 25.0
FRAME = 1 / FPS
TAGS = {"en": "eng", "es": "spa"}
LANGUAGES = sorted(TAGS)
WANTED = Requested(
    captions_vtt=True,
    audio_description_vtt=True,
    audio_description_mp3=True,
    accessible_video_mp4=True,
    languages=("es",),
)


@dataclass
class Delivered:
    """Everything that the job left, as plain values: nothing here reads the database."""

    status: str
    error: str
    words: list[tuple[float, float]]
    shots: list[float]
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    checks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    engines: dict[str, dict[str, str]] = field(default_factory=dict)
    films: dict[str, Path] = field(default_factory=dict)
    spoken: dict[str, Path] = field(default_factory=dict)
    answers: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    left_over: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def delivered(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """One job for the whole module. Its rows are gone before the first test looks, as after any test with real transactions."""
    folder = tmp_path_factory.mktemp("delivered")
    before, django_settings.STORAGE_ROOT = django_settings.STORAGE_ROOT, folder / "store"
    with django_db_blocker.unblock():
        assert connection.settings_dict["NAME"].startswith("test_")
        try:
            found = deliver(folder)
        finally:
            call_command("flush", verbosity=0, interactive=False)
            django_settings.STORAGE_ROOT = before
    return found


def deliver(folder: Path) -> Delivered:
    house = OrganizationFactory()
    crew = {role: UserFactory(role=role, house=house) for role in User.Role.values}
    job = work(submit(working.SAMPLE, owner=crew["client"], requested=WANTED))
    assert job.status == Job.Status.PENDING_QC, job.error
    approve(job, actor=crew["reviewer"])
    job = work(job)
    assert job.status == Job.Status.PENDING_FINAL_REVIEW, job.error
    workflows.complete(job, actor=crew["project_manager"])
    job = work(job)
    spoken = Segment.objects.filter(transcript__asset=job.source).values_list("words", flat=True)
    found = Delivered(
        status=job.status,
        error=job.error,
        words=[(word["start"], word["end"]) for words in spoken for word in words],
        shots=steps(job)["survey"].result["shots"],
        left_over=working.left_over(),
    )
    for language in LANGUAGES:
        made = output(job, language)
        for kind in (Track.Kind.CAPTIONS, Track.Kind.AUDIO_DESCRIPTION):
            found.texts[language, kind] = text(job, language, kind)
        found.tables[language] = steps(job)[f"place[{language}]"].result
        found.checks[language], found.engines[language] = made.checks, made.engines
        found.films[language] = copied(made.accessible_video.key, folder / f"{language}.mp4")
        found.spoken[language] = copied(made.description_audio.key, folder / f"{language}.mp3")
    client = Client()
    client.force_login(crew["client"])
    for link in client.get(f"{JOBS}/{job.pk}/downloads").json()["assets"]:
        answer = client.get(link["url"].removeprefix(django_settings.PUBLIC_URL), headers={"Range": "bytes=10-19"})
        found.answers[link["language"], link["kind"], link["filename"]] = (
            answer.status_code,
            answer.headers.get("Content-Range"),
            len(async_to_sync(streamed)(answer)),
            link["size_bytes"],
        )
    return found


async def streamed(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


def copied(key: str, path: Path) -> Path:
    with store().local(key) as file:
        path.write_bytes(file.read_bytes())
    return path


def cues(delivered: Delivered, language: str, kind: str) -> list[webvtt.Cue]:
    return webvtt.parse(delivered.texts[language, kind]).cues


def normal(words: str) -> str:
    """As transcripts are compared: without case, punctuation and abbreviations."""
    words = words.lower().replace("-", " ")
    return " ".join(re.sub(r"[^a-z' ]", " ", re.sub(r"\bmr\.?(?=\s)", "mister", words)).split())


def later(at: float, pauses: list[list[float]], *, end: bool = False) -> float:
    """A moment of the source in the version with pauses; what ends where a pause begins, ends before it."""
    return at + sum(seconds for point, seconds in pauses if point < at or (point == at and not end))


def test_the_job_is_completed_and_leaves_no_file_that_nobody_knows(delivered: Delivered) -> None:
    assert (delivered.status, delivered.error) == (Job.Status.COMPLETED, "")
    assert delivered.left_over == []
    assert delivered.engines["en"] == {
        "captions": "local:whisper-base",
        "description": "local:looking",
        "speech": "local:kokoro",
    }
    assert delivered.engines["es"] == {"translation": "local:apertium", "speech": "local:kokoro"}


def test_the_captions_say_what_was_said(delivered: Delivered) -> None:
    said = " ".join(re.findall(r"<s>(.*?)</s>", TRANSCRIPTION.read_text()))
    heard = " ".join(webvtt.plain_text(cue.text) for cue in cues(delivered, "en", Track.Kind.CAPTIONS))
    assert jiwer.wer(normal(said), normal(heard)) <= 0.05


def test_the_captions_break_no_rule_of_the_house_profile(delivered: Delivered) -> None:
    found = check(
        cues(delivered, "en", Track.Kind.CAPTIONS),
        profile=HOUSE,
        language="en",
        fps=FPS,
        shots=delivered.shots,
        duration=SECONDS,
    )
    assert [finding.message for finding in found if finding.severity == "error"] == []


def test_the_translation_keeps_every_time_and_is_no_copy(delivered: Delivered) -> None:
    for kind in (Track.Kind.CAPTIONS, Track.Kind.AUDIO_DESCRIPTION):
        english, spanish = cues(delivered, "en", kind), cues(delivered, "es", kind)
        assert [(cue.start_ms, cue.end_ms) for cue in spanish] == [(cue.start_ms, cue.end_ms) for cue in english]
        assert all(es.text.strip() and es.text != en.text for es, en in zip(spanish, english, strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_description_is_spoken_over_speech_or_over_another(delivered: Delivered, language: str) -> None:
    table = delivered.tables[language]
    pauses = table["pauses"]
    described = sorted((line["output_start"], line["output_start"] + line["seconds"]) for line in table["lines"])
    assert len(described) == len(cues(delivered, language, Track.Kind.AUDIO_DESCRIPTION)) >= 3
    said = [(later(start, pauses), later(end, pauses, end=True)) for start, end in delivered.words]
    over = [(a, b) for a in described for b in said if min(a[1], b[1]) - max(a[0], b[0]) > 0.001]
    assert over == []
    assert all(one[1] <= following[0] for one, following in pairwise(described))
    assert described[-1][1] <= table["duration"] + 0.001


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_film_lasts_as_long_as_its_source_and_its_pauses(delivered: Delivered, language: str) -> None:
    expected = SECONDS + sum(seconds for _, seconds in delivered.tables[language]["pauses"])
    *streams, container = working.streams(delivered.films[language])
    assert float(container["duration"]) == pytest.approx(expected, abs=FRAME)
    for stream in streams:
        if stream["codec_type"] != "subtitle":
            assert float(stream["duration"]) == pytest.approx(expected, abs=FRAME)
    *_, sound = working.streams(delivered.spoken[language])
    assert float(sound["duration"]) == pytest.approx(expected, abs=2 * FRAME)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_film_carries_both_sounds_and_the_captions_as_tracks(delivered: Delivered, language: str) -> None:
    tag = TAGS[language]
    *streams, _ = working.streams(delivered.films[language])
    kinds = [(one["codec_type"], one["codec_name"], one["tags"]["language"]) for one in streams]
    captions = [("subtitle", "mov_text", own) for own in dict.fromkeys((tag, "eng"))]
    assert kinds == [("video", "h264", "und"), ("audio", "aac", tag), ("audio", "aac", "eng"), *captions]
    assert [one["disposition"]["default"] for one in streams if one["codec_type"] == "audio"] == [1, 0]
    shown = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", delivered.films[language], "-map", "0:s:0", "-f", "webvtt", "-"],
        check=True, capture_output=True, timeout=60,
    ).stdout.decode()  # fmt: skip
    drawn = [webvtt.plain_text(cue.text) for cue in webvtt.parse(shown).cues]
    assert drawn == [webvtt.plain_text(cue.text) for cue in cues(delivered, language, Track.Kind.CAPTIONS)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sound_of_the_film_peaks_above_minus_one(delivered: Delivered, language: str) -> None:
    for track in (0, 1):
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostats", "-i", delivered.films[language], "-map", f"0:a:{track}"]
        command += ["-filter:a", "ebur128=peak=true", "-f", "null", "-"]
        told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stderr
        summary = told[told.rindex("Summary:") :]
        peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
        assert peak is not None
        assert float(peak[1]) <= -1.0


def test_every_check_of_the_files_is_passed(delivered: Delivered) -> None:
    for language in LANGUAGES:
        assert len(delivered.checks[language]) >= 10
        assert [one for one in delivered.checks[language] if not one["passed"] and not one["advice"]] == []


def test_every_link_hands_out_its_file_in_ranges(delivered: Delivered) -> None:
    kinds = {(language, kind) for language, kind, _ in delivered.answers}
    wanted = ("captions_vtt", "audio_description_vtt", "audio_description_mp3", "accessible_video_mp4")
    assert kinds == {("en", "source_video"), *((language, kind) for language in LANGUAGES for kind in wanted)}
    for status, part, length, size in delivered.answers.values():
        assert (status, part, length) == (206, f"bytes 10-19/{size}", 10)
