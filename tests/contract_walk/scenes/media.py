"""Videos and recordings: what they are, links to them, ranges of them, and filling in what they are about."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ai.models import Call
from core.storage import store
from core.testing.files import body_of
from media_library.media.probe import probe
from media_library.models import Asset
from media_library.services import clips
from media_library.tests.factories import AssetFactory
from media_library.tests.working import work
from tests.contract_walk.scene import Act, Twist, scene
from tests.contract_walk.stage import Answer, Stage

DATA = Path(__file__).parents[2] / "data"
FILM, SPEECH = DATA / "sample.mp4", next(iter(sorted((DATA / "speech").glob("*.wav"))))
RANGE = {"start": 1, "end": 2.5}
NO_RANGES: tuple[dict[str, Any], ...] = (
    {},
    {"start": 1},
    {"start": "one", "end": 2},
    {"start": "nan", "end": 2},
    {"start": 0, "end": "inf"},
    {"start": -1, "end": 2},
    {"start": 2, "end": 2},
    {"start": 2, "end": 1},
    {"start": 0, "end": 100_000},
)


def brought(asset: Asset, path: Path) -> Asset:
    stored = store().put(asset.key, path, content_type=asset.content_type)
    asset.size, asset.sha256, asset.duration = stored.size, stored.sha256, probe(path).duration
    asset.save(update_fields=["size", "sha256", "duration"])
    return asset


def cut_before(name: str, form: str) -> Act:
    """The range has been cut by whoever asked first; the next caller has it at once."""

    def act(stage: Stage) -> None:
        video = name == "video"
        asset = brought(stage.world.video if video else stage.world.audio, FILM if video else SPEECH)
        owner = stage.world.people["production"]
        made = clips.clip_file(asset, start=RANGE["start"], end=RANGE["end"], format=form, by=owner)
        assert work(made.run).status == "completed"

    return act


def fetched(stage: Stage, url: str, **headers: str) -> Any:
    parts = urlsplit(url)
    return stage.other().send("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)


def serves_ranges(stage: Stage, answer: Answer) -> None:
    url = answer.json()["url"]
    piece = fetched(stage, url, Range="bytes=0-9")
    assert (piece.status_code, len(body_of(piece))) == (206, 10)
    assert fetched(stage, f"{url[:-4]}AAAA").status_code == 403


def lasts_as_long_as_it_is(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert body["duration"] == body["end_time"] - body["start_time"] == 1.5


def with_poster(stage: Stage) -> None:
    AssetFactory(
        made_from=stage.world.video,
        purpose="poster",
        origin="made",
        kind="image",
        owner=stage.world.people["production"],
        filename="poster.jpg",
        content_type="image/jpeg",
    )


def a_picture_of_ours(stage: Stage, answer: Answer) -> None:
    assert answer.headers["Location"].endswith("img/no-picture-video.svg")


def the_poster(stage: Stage, answer: Answer) -> None:
    assert fetched(stage, answer.headers["Location"]).headers["Content-Type"] == "image/jpeg"


def is_the_upload(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    content = body_of(fetched(stage, body["download_url"]))
    assert len(content) == body["file_size"] == stage.world.video.size


def is_such_a_file(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    content = body_of(fetched(stage, body["download_url"]))
    assert (len(content), content[4:8]) == (body["file_size"], b"ftyp")


scene("platform.videos.get", who="linguist")


def only_what_was_given(stage: Stage, answer: Answer) -> None:
    video = f"/api/videos/{stage.world.ids['video_id']}"
    found = stage.send("GET", video).json()["video"]
    assert (found["title"], found["description"], found["tags"]) == ("Dawn", "Ships come in.", ["harbour", "night"])
    stage.send("PUT", video, body={"tags": ["dawn"]})
    found = stage.send("GET", video).json()["video"]
    assert (found["title"], found["tags"]) == ("Dawn", ["dawn"])


scene("platform.videos.update", who="production", body={"title": "Dawn"}, effects=(only_what_was_given,))


def is_stored(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    found = stage.send("GET", f"/api/videos/{stage.world.ids['video_id']}").json()["video"]
    # All three were filled in, because no person had written them.
    assert body["updated_fields"] == ["title", "description", "tags"]
    assert {name: found[name] for name in body["updated_fields"]} == body["suggestions"]


def is_logged(stage: Stage, answer: Answer) -> None:
    assert Call.objects.filter(purpose="media_library.autofill", outcome="ok").count() == 1


def nothing_is_said(stage: Stage) -> None:
    stage.world.transcript.delete()


scene(
    "platform.videos.autofill",
    who="production",
    errors={"No transcript found for video": Twist(given=nothing_is_said)},
    effects=(is_stored, is_logged),
)
scene("platform.video_preview.get", who="linguist", effects=(serves_ranges,))
scene(
    "platform.video_thumbnail.get",
    who="linguist",
    given=with_poster,
    alternatives=(
        Twist(given=None, check=a_picture_of_ours),
        Twist(headers={"Accept": "image/avif,image/webp,image/*,*/*;q=0.8"}, check=the_poster),
    ),
)
scene(
    "platform.clip_preview.get",
    who="linguist",
    given=cut_before("video", "mp4"),
    query=RANGE,
    errors={"Invalid time range": tuple(Twist(query=query) for query in NO_RANGES)},
    effects=(serves_ranges, lasts_as_long_as_it_is),
)
scene(
    "platform.clip_download.get",
    who="linguist",
    given=cut_before("video", "mov"),
    query={**RANGE, "format": "mov"},
    errors={
        "Invalid time range": tuple(Twist(query=query) for query in NO_RANGES),
        "Unsupported format": (Twist(query={**RANGE, "format": "avi"}), Twist(query={**RANGE, "format": ""})),
    },
    effects=(is_such_a_file,),
)
scene("platform.video_download.get", who="linguist", effects=(is_the_upload,))
scene("platform.audio_preview.get", who="linguist", effects=(serves_ranges,))
scene(
    "platform.audio_clip.get",
    who="linguist",
    given=cut_before("audio", "mp3"),
    query=RANGE,
    errors={"Invalid time range": tuple(Twist(query=query) for query in NO_RANGES if len(query) == 2)},
    effects=(lasts_as_long_as_it_is,),
)


def only_what_one_sees(stage: Stage, answer: Answer) -> None:
    assert [one["id"] for one in answer.json()] == [stage.world.ids["audio_id"]]


scene("platform.audio.list", who="linguist", checks=(only_what_one_sees,))
