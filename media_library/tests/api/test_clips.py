"""Ranges of videos and recordings: exact, cut once, and gone when nobody asks for them."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.api.conftest import Api
from accounts.tests.factories import UserFactory
from core.runs.models import Run
from core.storage import store
from core.testing.contract import differences, endpoint
from core.testing.files import body_of
from media_library.models import Asset, ClipFile
from media_library.services import clips
from media_library.tests.factories import AssetFactory
from media_library.tests.media.films import numbers
from media_library.tests.working import numbered_film as make_film
from media_library.tests.working import work

INVALID = {"error": "Invalid time range"}


@pytest.fixture
def mara(db: None) -> User:
    return UserFactory(name="Mara")


@pytest.fixture
def video(mara: User, numbered_film: Path) -> Asset:
    return AssetFactory(owner=mara, content=numbered_film, filename="Numbered.mp4", duration=4.0)


@pytest.fixture
def talk(mara: User, recording: Path) -> Asset:
    return AssetFactory(
        owner=mara, content=recording, kind="audio", filename="talk.mp3", content_type="audio/mpeg", duration=4.0
    )


def asked(user: User, path: str) -> Any:
    """Asks, works off what that starts, and asks again."""
    first = Api(user).get(path)
    assert first.status_code == 202, first.content
    assert work(Run.objects.get(pk=first.json()["run_id"])).status == "completed"
    return Api(user).get(path)


def file_at(url: str, into: Path) -> Path:
    parts = urlsplit(url)
    into.write_bytes(body_of(Client().get(f"{parts.path}?{parts.query}")))
    return into


@pytest.mark.parametrize(
    ("start", "end", "frames"),
    [
        (0.52, 3.4, range(13, 85)),
        (1, 3, range(25, 75)),
        (1.3, 1.72, range(33, 43)),
        (0, 4, range(100)),
        # Half a frame to either side of one: a frame belongs to the range that it begins in.
        (0.5, 1.02, range(13, 26)),
        (0.54, 0.98, range(14, 25)),
    ],
)
@pytest.mark.parametrize("form", ["mp4", "mov"])
def test_a_download_holds_exactly_the_frames_of_its_range(
    mara: User, video: Asset, tmp_path: Path, start: float, end: float, frames: range, form: str
) -> None:
    answer = asked(mara, f"/api/clip-download/{video.pk}?start={start}&end={end}&format={form}")
    body = answer.json()
    assert differences(body, endpoint("platform.clip_download.get")["success"]["shape"]) == []
    assert (body["format"], body["expires_in"]) == (form, 900)
    made = file_at(body["download_url"], tmp_path / f"clip.{form}")
    assert made.stat().st_size == body["file_size"]
    shown = numbers(made)
    assert [number for _, number in shown] == list(frames)
    assert shown[0][0] == 0


def test_a_preview_is_the_same_file_and_plays_in_ranges(mara: User, video: Asset) -> None:
    answer = asked(mara, f"/api/clip-preview/{video.pk}?start=1.5&end=2.5")
    body = answer.json()
    assert (body["start_time"], body["end_time"], body["duration"]) == (1.5, 2.5, 1.0)
    parts = urlsplit(body["url"])
    piece = Client().get(f"{parts.path}?{parts.query}", headers={"Range": "bytes=0-99"})
    assert (piece.status_code, len(body_of(piece)), piece.headers["Content-Type"]) == (206, 100, "video/mp4")
    assert Api(mara).get(f"/api/clip-download/{video.pk}?start=1.5&end=2.5").status_code == 200
    assert ClipFile.objects.count() == 1


@pytest.mark.parametrize("form", ["mp3", "m4a", "wav"])
def test_a_sound_clip_has_the_length_of_its_range(mara: User, talk: Asset, tmp_path: Path, form: str) -> None:
    from media_library.media.probe import probe

    body = asked(mara, f"/api/audio-clip/{talk.pk}?start=0.5&end=2.25&format={form}").json()
    assert differences(body, endpoint("platform.audio_clip.get")["success"]["shape"]) == []
    assert (body["start_time"], body["end_time"], body["duration"], body["format"]) == (0.5, 2.25, 1.75, form)
    assert probe(file_at(body["url"], tmp_path / f"clip.{form}")).duration == pytest.approx(1.75, abs=0.06)


def test_without_a_range_the_whole_recording_is_heard_at_once(mara: User, talk: Asset, recording: Path) -> None:
    body = Api(mara).get(f"/api/audio-clip/{talk.pk}").json()
    assert (body["start_time"], body["end_time"], body["duration"], body["format"]) == (0.0, 4.0, 4.0, "mp3")
    parts = urlsplit(body["url"])
    assert body_of(Client().get(f"{parts.path}?{parts.query}")) == recording.read_bytes()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "start=1",
        "end=1",
        "start=&end=",
        "start=1&end=1",
        "start=2&end=1",
        "start=1&end=1.0001",
        "start=-1&end=2",
        "start=-0.001&end=2",
        "start=nan&end=2",
        "start=0&end=nan",
        "start=0&end=inf",
        "start=-inf&end=2",
        "start=0&end=1e99",
        "start=one&end=2",
        "start=1_0&end=20",
        "start=%D9%A1&end=2",
        "start=0x1&end=2",
        "start=4&end=5",
        "start=3&end=4.02",
        "start=0&end=4.002",
        "start=1&end=99999999999999999999",
        "start[]=1&end[]=2",
    ],
)
@pytest.mark.parametrize("route", ["clip-preview", "clip-download"])
def test_a_range_that_is_none_is_refused(mara: User, video: Asset, route: str, query: str) -> None:
    answer = Api(mara).get(f"/api/{route}/{video.pk}?{query}")
    assert (answer.status_code, answer.json()) == (400, INVALID)
    assert not Run.objects.exists()


@pytest.mark.parametrize("query", ["start=2&end=1", "start=nan", "end=0", "end=-1", "start=4", "end=4.5", "start="])
def test_a_range_of_sound_that_is_none_is_refused(mara: User, talk: Asset, query: str) -> None:
    answer = Api(mara).get(f"/api/audio-clip/{talk.pk}?{query}")
    assert (answer.status_code, answer.json()) == (400, INVALID)


def test_the_end_may_be_written_as_a_float_writes_it(mara: User, numbered_film: Path) -> None:
    video = AssetFactory(owner=mara, content=numbered_film, duration=3.9999999999)
    assert Api(mara).get(f"/api/clip-preview/{video.pk}?start=0&end=4.0").status_code == 202


def test_a_range_between_two_frames_is_refused_once_the_film_is_looked_into(mara: User, video: Asset) -> None:
    path = f"/api/clip-download/{video.pk}?start=1.005&end=1.03"
    run = work(Run.objects.get(pk=Api(mara).get(path).json()["run_id"]))
    assert (run.status, run.error_code) == ("failed", "range")


@pytest.mark.parametrize("form", ["avi", "", "MP4", "mp3"])
def test_an_unknown_container_is_refused(mara: User, video: Asset, form: str) -> None:
    answer = Api(mara).get(f"/api/clip-download/{video.pk}?start=1&end=2&format={form}")
    assert (answer.status_code, answer.json()) == (400, {"error": "Unsupported format"})


def test_a_file_that_is_still_prepared_cannot_be_cut_yet(mara: User) -> None:
    video = AssetFactory(owner=mara, duration=None, status="processing")
    answer = Api(mara).get(f"/api/clip-preview/{video.pk}?start=1&end=2")
    assert (answer.status_code, answer.json()) == (409, {"error": "This file is still being prepared."})


def test_nobody_cuts_what_they_do_not_see(mara: User, video: Asset) -> None:
    answer = Api(UserFactory()).get(f"/api/clip-download/{video.pk}?start=2&end=1")
    assert (answer.status_code, answer.json()) == (404, {"error": "Video not found"})


def test_a_broken_film_fails_with_a_sentence(mara: User) -> None:
    video = AssetFactory(owner=mara, content=b"no film at all" * 100)
    path = f"/api/clip-preview/{video.pk}?start=1&end=2"
    run = work(Run.objects.get(pk=Api(mara).get(path).json()["run_id"]))
    assert run.status == "failed"
    assert run.error.startswith("This file is not video")


def test_a_film_that_a_mezzanine_was_made_of_is_cut_where_the_copy_is(mara: User, tmp_path: Path) -> None:
    """Of a source that must be encoded anyway the mezzanine is copied; it is what people watched."""
    from media_library.media.conform import conform

    source = make_film(tmp_path / "source.mkv", "-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-c:a", "aac")
    conform(source, tmp_path / "mezzanine.mp4")
    video = AssetFactory(owner=mara, content=source, filename="source.mkv", duration=4.0)
    AssetFactory(owner=mara, content=tmp_path / "mezzanine.mp4", made_from=video, purpose="mezzanine", origin="made")
    asked(mara, f"/api/clip-preview/{video.pk}?start=0.52&end=3.4")
    assert ClipFile.objects.get().method == "copied, ends encoded"


def test_twenty_who_ask_at_once_share_one_run(transactional_db: None, numbered_film: Path) -> None:
    mara = UserFactory()
    video = AssetFactory(owner=mara, content=numbered_film, duration=4.0)
    ready, made = threading.Barrier(20), []

    def ask() -> None:
        ready.wait()
        made.append(clips.clip_file(video, start=1.0, end=2.0, format="mp4", by=mara).run_id)
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(made)), Run.objects.count(), ClipFile.objects.count()) == (20, 1, 1, 1)
    work(Run.objects.get())
    assert clips.clip_file(video, start=1.0, end=2.0, format="mp4", by=mara).key
    assert Run.objects.count() == 1


def test_a_clip_whose_file_is_gone_is_cut_again(mara: User, video: Asset) -> None:
    path = f"/api/clip-preview/{video.pk}?start=1&end=2"
    asked(mara, path)
    store().delete(ClipFile.objects.get().key)
    assert asked(mara, path).status_code == 200
    assert Run.objects.count() == 2


def test_clips_that_nobody_asks_for_go_with_their_bytes(
    mara: User, video: Asset, django_capture_on_commit_callbacks: Any
) -> None:
    asked(mara, f"/api/clip-preview/{video.pk}?start=1&end=2")
    asked(mara, f"/api/clip-preview/{video.pk}?start=2&end=3")
    making = clips.clip_file(video, start=0.0, end=1.0, format="mp4", by=mara)
    old, fresh = ClipFile.objects.exclude(key="").order_by("start_ms")
    long_ago = timezone.now() - timedelta(days=settings.CLIP_FILE_DAYS, minutes=1)
    ClipFile.objects.filter(pk__in=[old.pk, fresh.pk, making.pk]).update(used_at=long_ago)
    # Asking keeps it.
    assert Api(mara).get(f"/api/clip-preview/{video.pk}?start=2&end=3").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert clips.purge() == 1
    assert set(ClipFile.objects.values_list("pk", flat=True)) == {fresh.pk, making.pk}
    assert (store().exists(old.key), store().exists(fresh.key)) == (False, True)


async def test_whoever_waits_gets_the_link_in_the_same_answer(transactional_db: None, numbered_film: Path) -> None:
    import httpx2
    from asgiref.sync import sync_to_async

    from config.asgi import application

    def prepared() -> tuple[Asset, dict[str, str]]:
        mara = UserFactory()
        video = AssetFactory(owner=mara, content=numbered_film, duration=4.0)
        browser = Api(mara).client
        return video, {name: cookie.value for name, cookie in browser.cookies.items()}

    video, cookies = await sync_to_async(prepared)()

    def worker() -> None:
        while not (run := Run.objects.first()):
            threading.Event().wait(0.05)
        work(run)
        connections.close_all()

    thread = threading.Thread(target=worker)
    thread.start()
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", cookies=cookies) as http:
        path = f"/api/clip-download/{video.pk}?start=1&end=2"
        answers = await asyncio.gather(*(http.get(path) for _ in range(20)))
    thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["file_size"] for answer in answers} == {answers[0].json()["file_size"]}
    assert await Run.objects.acount() == 1
