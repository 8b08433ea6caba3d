"""A described film through the pipeline: holds that people moved, ways of describing, and what is made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.runs.models import Step
from core.storage import store
from jobs import services
from jobs.models import Job
from jobs.services import Requested, pausing
from jobs.tests import working
from media_library.models import Asset

FILM_ONLY = Requested(captions_vtt=True, audio_description_vtt=True, accessible_video_mp4=True)


@pytest.fixture
def job(short_film: Path, engines: Any, crew: dict[str, User]) -> Job:
    job = working.work(working.submit(short_film, owner=crew["client"], requested=FILM_ONLY))
    # Words without a silence between them: what is described has to hold the picture.
    said = [{"word": f"word{n}", "start": n * 0.5, "end": n * 0.5 + 0.25, "confidence": 1.0} for n in range(12)]
    segment = job.source.transcript.segments.first()
    segment.words = said
    segment.save()
    working.approve(job, actor=crew["reviewer"])
    return working.work(job)


def desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def result(job: Job, name: str) -> dict[str, Any]:
    found: dict[str, Any] = Step.objects.get(run=job.run_id, name=name, item="en").result
    return found


def test_a_moved_hold_is_where_it_was_put_once_the_film_is_made_again(job: Job, crew: dict[str, User]) -> None:
    assert job.status == Job.Status.PENDING_FINAL_REVIEW
    producer = desk(crew["production"])
    address = f"/api/v1/jobs/{job.pk}/accessible-video/en"
    before = producer.get(f"{address}/edit-state").json()
    point = before["pause_points"][0]
    wanted = round(point["timestamp"] + (0.6 if point["timestamp"] < 1 else -0.6), 2)
    spoken, paid = result(job, "speak"), working.paid(job)
    film = working.output(job, "en").accessible_video
    assert film is not None

    moved = producer.patch(
        f"{address}/pause-points/{point['cue_index']}", {"timestamp": wanted}, content_type="application/json"
    )
    assert moved.status_code == 200, moved.content
    assert producer.post(f"{address}/render").json()["status"] == "tts_generating"
    job = working.work(job)

    assert job.status == Job.Status.PENDING_FINAL_REVIEW
    after = producer.get(f"{address}/edit-state").json()
    now = next(one for one in after["pause_points"] if one["cue_index"] == point["cue_index"])
    assert now["timestamp"] == pytest.approx(wanted, abs=0.021)
    assert (now["edited"], now["stale"], after["needs_render"]) == (True, False, False)
    assert now["original_timestamp"] == point["timestamp"]
    again = working.output(job, "en").accessible_video
    assert again is not None
    assert again.sha256 != film.sha256
    assert any(abs(at - wanted) < 0.021 for at, _ in again.technical["pauses"])
    # Nothing was spoken again, and nothing paid for.
    assert (result(job, "speak"), working.paid(job)) == (spoken, paid)
    assert working.left_over() == []


def test_a_language_may_have_a_second_film_that_holds_nothing(job: Job, crew: dict[str, User]) -> None:
    services.choose_mode(job, "en", mode="both", actor=crew["production"])
    services.render_again(job, "en", actor=crew["production"])
    job = working.work(job)
    assert job.status == Job.Status.PENDING_FINAL_REVIEW, job.error

    output = working.output(job, "en")
    standard, extended = output.standard_video, output.accessible_video
    assert standard is not None
    assert extended is not None
    assert standard.technical["pauses"] == []
    assert extended.technical["pauses"]
    with store().local(standard.key) as path:
        lengths = [stream.get("duration") for stream in working.streams(path) if stream["codec_type"] == "format"]
    assert float(lengths[0]) == pytest.approx(6.0, abs=0.05)

    services.choose_mode(job, "en", mode="standard", actor=crew["production"])
    services.render_again(job, "en", actor=crew["production"])
    job = working.work(job)
    output = working.output(job, "en")
    assert output.standard_video is None
    assert output.accessible_video is not None
    assert output.accessible_video.technical["pauses"] == []
    assert not Asset.objects.filter(purpose=Asset.Purpose.STANDARD_VIDEO).exists()
    table = pausing.timetable(output)
    assert table is not None
    # A player that holds the picture itself still speaks them.
    assert table.unheld
    assert [check for check in output.checks if check["name"] == "lines left out"]
    assert working.left_over() == []
