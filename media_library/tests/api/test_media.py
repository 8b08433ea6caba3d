"""Videos and recordings over the platform's routes: what they are, links to them, changes of what people say of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.api.conftest import Api
from accounts.tests.factories import OrganizationFactory, ProjectFactory, UserFactory
from core.testing.contract import differences, endpoint
from core.testing.files import body_of
from media_library.models import Asset
from media_library.tests.factories import AssetFactory


@pytest.fixture
def mara(db: None) -> User:
    return UserFactory(name="Mara")


def shape(entry: str) -> Any:
    return endpoint(entry)["success"]["shape"]


def followed(url: str, **headers: str) -> Any:
    parts = urlsplit(url)
    return Client().get(f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)


def with_picture(video: Asset) -> Asset:
    return AssetFactory(
        made_from=video, purpose="poster", origin="made", kind="image", owner=video.owner, content_type="image/jpeg"
    )


class TestVideos:
    def test_a_video_tells_what_it_is(self, mara: User) -> None:
        video = AssetFactory(owner=mara, title="Harbour", tags=["sea"], filename="C0042.MOV")
        with_picture(video)
        body = Api(mara).get(f"/api/videos/{video.pk}").json()
        assert differences(body, shape("platform.videos.get")) == []
        told = body["video"]
        assert (told["title"], told["description"], told["tags"]) == ("Harbour", None, ["sea"])
        assert (told["resolution"], told["fps"], told["format"]) == ("640x360", 25.0, "mov")
        assert (told["s3_key"], told["file_size"], told["duration"]) == (video.key, video.size, 10.0)
        assert followed(told["thumbnail_url"]).status_code == 200

    def test_one_that_is_still_prepared_has_its_shape_too(self, mara: User) -> None:
        video = AssetFactory(owner=mara, duration=None, technical={}, status="processing")
        body = Api(mara).get(f"/api/videos/{video.pk}").json()
        assert differences(body, shape("platform.videos.get")) == []
        assert (body["video"]["title"], body["video"]["thumbnail_url"]) == (video.filename, None)

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "audio"},
            {"purpose": "mezzanine"},
            {"is_current": False},
            {"archived_at": "2026-01-01T00:00Z"},
            {"deleted_at": "2026-01-01T00:00Z"},
        ],
    )
    def test_what_is_no_video_of_the_library_is_not_there(self, mara: User, fields: dict[str, Any]) -> None:
        other = AssetFactory(owner=mara, **fields)
        for path in ("videos", "video-preview", "video-thumbnail", "video-download", "clip-preview", "clip-download"):
            answer = Api(mara).get(f"/api/{path}/{other.pk}")
            assert (answer.status_code, answer.json()) == (404, {"error": "Video not found"}), path

    def test_only_the_fields_given_change(self, mara: User) -> None:
        video = AssetFactory(owner=mara, title="Harbour", description="Ships.", tags=["sea", "ship"])
        path = f"/api/videos/{video.pk}"
        assert Api(mara).call("PUT", path, {"tags": ["Dawn", "dawn", " "]}).json() == {"success": True}
        video.refresh_from_db()
        assert (video.title, video.description, video.tags) == ("Harbour", "Ships.", ["Dawn"])
        assert Api(mara).call("PUT", path, {"description": "", "owner": "somebody", "key": "x"}).status_code == 200
        video.refresh_from_db()
        assert (video.description, video.owner) == ("", mara)

    @pytest.mark.parametrize(
        "body",
        [
            {"title": 7},
            {"title": None},
            {"title": "x" * 256},
            {"tags": "sea"},
            {"tags": [1]},
            {"tags": ["x" * 51]},
            {"tags": [f"tag {n}" for n in range(21)]},
            {"description": ["text"]},
            [],
            "text",
        ],
    )
    def test_what_cannot_be_written_is_refused(self, mara: User, body: Any) -> None:
        video = AssetFactory(owner=mara, title="Harbour")
        answer = Api(mara).call("PUT", f"/api/videos/{video.pk}", body)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
        video.refresh_from_db()
        assert video.title == "Harbour"

    def test_who_may_only_look_changes_nothing(self, mara: User) -> None:
        viewer = UserFactory()
        video = AssetFactory(owner=mara, project=ProjectFactory(owner=mara, viewer=viewer))
        assert Api(viewer).get(f"/api/videos/{video.pk}").status_code == 200
        # The right is asked about before the body is looked at.
        assert Api(viewer).call("PUT", f"/api/videos/{video.pk}", {"title": 7}).status_code == 403


class TestLinks:
    def test_a_preview_is_what_browsers_play(self, mara: User) -> None:
        video = AssetFactory(owner=mara, filename="take.mkv", content_type="video/x-matroska")
        AssetFactory(made_from=video, purpose="mezzanine", origin="made", owner=mara, content=b"plays everywhere")
        body = Api(mara).get(f"/api/video-preview/{video.pk}").json()
        assert differences(body, shape("platform.video_preview.get")) == []
        assert (body["content_type"], body["expires_in"]) == ("video/mp4", 3600)
        piece = followed(body["url"], Range="bytes=0-4")
        assert (piece.status_code, body_of(piece)) == (206, b"plays")

    def test_a_download_is_what_was_brought(self, mara: User) -> None:
        video = AssetFactory(owner=mara, filename="take.mkv", content_type="video/x-matroska", content=b"as it was")
        AssetFactory(made_from=video, purpose="mezzanine", origin="made", owner=mara)
        body = Api(mara).get(f"/api/video-download/{video.pk}").json()
        assert differences(body, shape("platform.video_download.get")) == []
        assert (body["file_size"], body["format"], body["expires_in"]) == (9, "mkv", 900)
        file = followed(body["download_url"])
        assert file.headers["Content-Disposition"] == 'attachment; filename="take.mkv"'
        assert body_of(file) == b"as it was"

    @pytest.mark.parametrize(
        ("accept", "status"),
        [
            ("", 200),
            ("*/*", 200),
            ("application/json", 200),
            ("application/json, image/*;q=0.5", 200),
            ("image/*", 302),
            ("image/jpeg", 302),
            ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", 302),
            ("text/html", 200),
        ],
    )
    def test_a_thumbnail_is_data_or_an_image_as_asked(self, mara: User, accept: str, status: int) -> None:
        video = AssetFactory(owner=mara)
        with_picture(video)
        answer = Api(mara).get(f"/api/video-thumbnail/{video.pk}", **({"Accept": accept} if accept else {}))
        assert answer.status_code == status
        url = answer.headers["Location"] if status == 302 else answer.json()["url"]
        assert followed(url).headers["Content-Type"] == "image/jpeg"

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "image/*"])
    def test_without_a_picture_there_is_one_of_ours(self, mara: User, accept: str) -> None:
        answer = Api(mara).get(f"/api/video-thumbnail/{AssetFactory(owner=mara).pk}", Accept=accept)
        assert answer.status_code == 302
        picture = Client().get(answer.headers["Location"])
        assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/svg+xml")
        picture.close()


class TestRecordings:
    def test_a_recording_tells_how_to_hear_it(self, mara: User) -> None:
        talk = AssetFactory(owner=mara, kind="audio", filename="talk", content_type="audio/mpeg", duration=12.5)
        body = Api(mara).get(f"/api/audio-preview/{talk.pk}").json()
        assert differences(body, shape("platform.audio_preview.get")) == []
        assert (body["duration"], body["format"]) == (12.5, "mp3")
        assert followed(body["url"]).status_code == 200

    def test_a_video_is_no_recording(self, mara: User) -> None:
        answer = Api(mara).get(f"/api/audio-preview/{AssetFactory(owner=mara).pk}")
        assert (answer.status_code, answer.json()) == (404, {"error": "Audio not found"})

    def test_the_list_holds_what_one_sees_the_newest_first(self, mara: User) -> None:
        house = OrganizationFactory()
        mine = AssetFactory(owner=mara, kind="audio", title="Mine")
        AssetFactory(owner=mara, kind="audio", archived_at="2026-01-01T00:00Z")
        AssetFactory(owner=UserFactory(house=house), organization=house, kind="audio")
        AssetFactory(owner=mara)
        newer = AssetFactory(owner=mara, kind="audio", title="Newer")
        body = Api(mara).get("/api/audio").json()
        assert [one["id"] for one in body] == [str(newer.pk), str(mine.pk)]
        assert differences(body, shape("platform.audio.list")) == []

    def test_the_list_costs_the_same_however_long_it_is(self, mara: User, count_queries: Any) -> None:
        AssetFactory(owner=mara, kind="audio")
        one = count_queries(lambda: Api(mara).get("/api/audio"))
        AssetFactory.create_batch(19, owner=mara, kind="audio")
        assert count_queries(lambda: Api(mara).get("/api/audio")) == one


@pytest.mark.parametrize("path", ["videos", "video-preview", "clip-preview", "audio-preview", "audio-clip"])
def test_nobody_is_asked_to_sign_in_first(path: str, db: None) -> None:
    answer = Api().get(f"/api/{path}/{AssetFactory().pk}")
    assert (answer.status_code, answer.json()) == (401, {"error": "Not logged in"})
