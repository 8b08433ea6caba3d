"""A range kept as an asset: its frames, its words, its place, and who may make it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.api.conftest import Api
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, UserFactory
from core.models import AuditEvent
from core.runs.models import Run
from core.storage import store
from media_library.models import Asset
from media_library.services import clips, excerpts
from media_library.tests.factories import AssetFactory, transcript_of
from media_library.tests.media.films import numbers
from media_library.tests.working import work


@pytest.fixture
def mara(db: None) -> User:
    return UserFactory(name="Mara")


@pytest.fixture
def video(mara: User, numbered_film: Path) -> Asset:
    asset = AssetFactory(owner=mara, content=numbered_film, filename="Numbered.mp4", duration=4.0)
    transcript = transcript_of(asset, "one two three four", "five six seven eight")
    ana = transcript.speakers.create(label="speaker_1", name="Ana")
    transcript.segments.filter(position=1).update(speaker=ana)
    return asset


def cut_out(run: Run | None) -> Run:
    """Cuts, and leaves what is found out about the new file to later."""
    assert run is not None
    return work(run)


def test_a_clip_has_the_frames_and_the_words_of_its_range(mara: User, video: Asset) -> None:
    # "three" is said from 1.0 to 1.5, "six" from 2.5 to 3.0.
    answer = Api(mara).post(f"/api/library/assets/{video.pk}/clips", {"start": 1.0, "end": 3.0, "title": "Middle"})
    body = answer.json()
    assert answer.status_code == 201, body
    assert (body["title"], body["status"], body["start"], body["end"]) == ("Middle", "processing", 1.0, 3.0)
    clip = Asset.objects.get(pk=body["id"])
    assert cut_out(clip.run).status == "completed"
    clip.refresh_from_db()
    assert (clip.origin, clip.cut_from, clip.cut_start, clip.cut_end) == ("cut", video, 1.0, 3.0)
    assert (clip.duration, clip.kind, clip.content_type) == (2.0, "video", "video/mp4")
    with store().local(clip.key) as path:
        assert [number for _, number in numbers(path)] == list(range(25, 75))
        assert path.stat().st_size == clip.size
    segments = list(clip.transcript.segments.order_by("position"))
    assert [one.text for one in segments] == ["three four", "five six"]
    assert [(one.start, one.end) for one in segments] == [(0.0, 1.0), (1.0, 2.0)]
    assert [word["start"] for one in segments for word in one.words] == [0.0, 0.5, 1.0, 1.5]
    assert [one.speaker.name if one.speaker else "" for one in segments] == ["", "Ana"]
    assert (clip.transcript.language, clip.transcript.engine) == ("en", "local:whisper-base")
    # Its own preparation has begun, which finds a transcript already.
    assert clip.run is not None
    assert clip.run.kind == "media_library.ingest"
    assert AuditEvent.objects.filter(action="media_library.asset.cut", subject_id=str(clip.pk)).exists()


def test_a_clip_without_a_name_is_called_as_it_begins(mara: User, video: Asset) -> None:
    clip = clips.save_clip(video, start=2.0, end=4.0, title="  ", by=mara)
    assert (clip.title, clip.written_by_people) == ("five six seven eight", [])
    assert clip.filename == "Numbered 00.00.02-00.00.04.mp4"


def test_a_clip_of_a_recording_is_sound(mara: User, recording: Path) -> None:
    talk = AssetFactory(owner=mara, content=recording, kind="audio", filename="talk.mp3", duration=4.0)
    clip = clips.save_clip(talk, start=0.5, end=1.5, title="Bit", by=mara)
    assert cut_out(clip.run).status == "completed"
    clip.refresh_from_db()
    assert (clip.kind, clip.content_type, clip.duration) == ("audio", "audio/mp4", 1.0)
    assert not hasattr(clip, "transcript")


def test_words_belong_to_the_range_that_their_middle_lies_in(video: Asset) -> None:
    # "two" is said from 0.5 to 1.0: its middle is 0.75.
    assert excerpts.text_of(video, start=0.0, end=0.74) == "one"
    assert excerpts.text_of(video, start=0.0, end=0.76) == "one two"
    assert excerpts.text_of(video, start=0.8, end=0.9) == ""


def test_text_without_times_goes_with_most_of_its_segment(video: Asset) -> None:
    video.transcript.segments.update(words=[])
    assert excerpts.text_of(video, start=0.0, end=1.5) == "one two three four"
    assert excerpts.text_of(video, start=1.5, end=4.0) == "five six seven eight"


def test_a_language_without_spaces_gets_none(mara: User) -> None:
    asset = AssetFactory(owner=mara)
    transcript = transcript_of(asset, "水温 上昇")
    transcript.segments.update(text="水温上昇")
    transcript.segments.update(words=[{"word": w, "start": i, "end": i + 1.0} for i, w in enumerate(("水温", "上昇"))])
    assert excerpts.text_of(asset, start=0.0, end=1.0) == "水温"


@pytest.mark.parametrize(
    "body",
    [
        {"start": 2, "end": 1},
        {"start": 0, "end": 4.5},
        {"start": -1, "end": 2},
        {"start": "a", "end": 2},
        {"end": 2},
        {"start": None, "end": 2},
        {"start": 0, "end": 1, "title": "x" * 300},
        {"start": 0, "end": 1, "project_id": "none"},
    ],
)
def test_a_range_that_is_none_makes_no_clip(mara: User, video: Asset, body: dict[str, Any]) -> None:
    assert Api(mara).post(f"/api/library/assets/{video.pk}/clips", body).status_code == 400
    assert (Asset.objects.count(), Run.objects.count()) == (1, 0)


def test_what_is_no_film_cannot_be_cut(mara: User) -> None:
    image = AssetFactory(owner=mara, kind="image", duration=None)
    answer = Api(mara).post(f"/api/library/assets/{image.pk}/clips", {"start": 0, "end": 1})
    assert (answer.status_code, answer.json()["error"]) == (409, "Only video and sound can be cut.")


@pytest.mark.django_db
class TestItsPlace:
    def test_a_clip_of_a_customers_film_stays_the_customers(self) -> None:
        house = OrganizationFactory()
        customer = ClientFactory(organization=house)
        linguist = UserFactory(role="linguist", house=house)
        film = AssetFactory(owner=UserFactory(house=house), organization=house, client=customer)
        clip = clips.save_clip(film, start=0, end=1, title="", by=linguist)
        assert (clip.owner, clip.organization, clip.client) == (linguist, house, customer)

    def test_who_only_looks_into_a_project_keeps_the_clip_for_themselves(self, mara: User) -> None:
        viewer = UserFactory()
        film = AssetFactory(owner=mara, project=ProjectFactory(owner=mara, viewer=viewer))
        clip = clips.save_clip(film, start=0, end=1, title="", by=viewer)
        assert (clip.owner, clip.organization, clip.project) == (viewer, None, None)

    def test_who_writes_in_the_project_keeps_it_there(self, mara: User) -> None:
        project = ProjectFactory(owner=mara)
        film = AssetFactory(owner=mara, project=project)
        assert clips.save_clip(film, start=0, end=1, title="", by=mara).project == project

    def test_a_clip_of_ones_own_folder_is_shown_to_nobody_else(self) -> None:
        house = OrganizationFactory()
        owner = UserFactory(role="production", house=house)
        film = AssetFactory(owner=owner, shelf="input")
        assert clips.save_clip(film, start=0, end=1, title="", by=owner).organization is None

    def test_into_a_project_of_others_nobody_cuts(self, mara: User, video: Asset) -> None:
        project = ProjectFactory(viewer=mara)
        path = f"/api/library/assets/{video.pk}/clips"
        answer = Api(mara).post(path, {"start": 0, "end": 1, "project_id": str(project.pk)})
        assert answer.status_code == 403
        foreign = Api(mara).post(path, {"start": 0, "end": 1, "project_id": str(ProjectFactory().pk)})
        assert foreign.status_code == 404


def test_a_full_storage_refuses_the_clip(mara: User, video: Asset, settings: Any) -> None:
    settings.STORAGE_QUOTAS = {**settings.STORAGE_QUOTAS, mara.tier: video.size + 10}
    answer = Api(mara).post(f"/api/library/assets/{video.pk}/clips", {"start": 0, "end": 4})
    assert answer.status_code == 413
    assert Asset.objects.count() == 1


def test_a_clip_that_cannot_be_cut_says_so(mara: User) -> None:
    broken = AssetFactory(owner=mara, content=b"no film" * 100)
    clip = clips.save_clip(broken, start=0, end=1, title="", by=mara)
    assert cut_out(clip.run).status == "failed"
    clip.refresh_from_db()
    assert clip.status == "failed"
    assert clip.problem.startswith("This file is not video")
