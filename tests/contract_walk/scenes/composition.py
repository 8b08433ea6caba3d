"""The film of a session's approved clips."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.storage import store
from generation.models import GenerationSession, Take
from media_library.media.film_frames import Shape, footage, pictures
from media_library.media.loudness import measure
from media_library.media.probe import probe
from media_library.models import Asset
from media_library.queries import links
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.scenes.generation import HEARD, WHO, waits
from tests.contract_walk.scenes.media import FILM, SPEECH, brought, fetched
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

WORDS = {"text": "Lamps: 50 % 'off'", "start_time": 1.0, "duration": 1.0}


def approved_clips(stage: Stage) -> None:
    """Two that are really there, the first one second long, in the other order than they were made."""
    for place, take in enumerate(stage.world.generation.takes.filter(kind=Take.Kind.CLIP).order_by("index")[:2]):
        assert take.asset is not None
        take.asset.content_type = "video/mp4"
        take.asset.save(update_fields=["content_type"])
        brought(take.asset, FILM)
        take.approved, take.order_index = True, 1 - place
        take.trim_start, take.trim_end = (0.0, 2.0) if place else (3.0, 4.0)
        take.save()


def clips_and_a_sound(stage: Stage) -> None:
    approved_clips(stage)
    stage.kept["audio"] = links.link(sound(stage), inline=True)


def sound(stage: Stage) -> Asset:
    """In the caller's own input folder."""
    owner = stage.world.people[WHO]
    key = f"users/{owner.pk}/input/voice.wav"
    found, _ = Asset.objects.get_or_create(
        key=key,
        defaults={
            "owner": owner,
            "kind": "audio",
            "shelf": "input",
            "filename": "voice.wav",
            "content_type": "audio/wav",
            "size": 1,
            "sha256": "0" * 64,
        },
    )
    return brought(found, SPEECH)


def body(**more: Any) -> Any:
    def made(stage: Stage) -> dict[str, Any]:
        fields: dict[str, Any] = {"session_id": str(stage.world.generation.pk), "text_overlays": [WORDS]}
        if "audio" in stage.kept:
            fields["audio_url"] = stage.kept["audio"]
        return {name: value(stage) if callable(value) else value for name, value in {**fields, **more}.items()}

    return made


def film_of(stage: Stage) -> Asset:
    session = GenerationSession.objects.select_related("final").get(pk=stage.world.generation.pk)
    assert session.final is not None
    return session.final


def joined_in_order(stage: Stage, answer: Answer) -> None:
    assert fetched(stage, answer.json()["video_url"], Range="bytes=0-9").status_code == 206
    with store().local(film_of(stage).key) as path:
        assert abs(probe(path).duration - 3.0) < 0.05
        found = footage(path)
        made = list(pictures(found, found.shape, first=found.begins, count=found.frames))
    source = footage(FILM)
    for frame, seconds in ((5, 5), (found.frames - 3, 3 * 25 + 22)):
        wanted = next(iter(pictures(source, found.shape, first=source.begins + seconds / source.shape.fps, count=1)))
        assert likeness(made[frame], wanted, found.shape) > 30, frame


def likeness(one: Any, other: Any, shape: Shape) -> float:
    """Peak signal to noise of the brightness, in decibels."""
    apart = one[: shape.height].astype(float) - other[: shape.height].astype(float)
    return float(10 * np.log10(255**2 / max((apart**2).mean(), 1e-9)))


def words_stand_when_asked(stage: Stage, _answer: Answer) -> None:
    overlay = GenerationSession.objects.get(pk=stage.world.generation.pk).composition["overlays"][0]
    assert (overlay["text"], overlay["start"], overlay["duration"]) == (WORDS["text"], 1.0, 1.0)


def sound_is_heard(stage: Stage, _answer: Answer) -> None:
    with store().local(film_of(stage).key) as path:
        assert abs(measure(path).integrated + 14) < 1.5


def is_complete(stage: Stage, answer: Answer) -> None:
    shown = stage.send("GET", f"/api/sessions/{stage.world.generation.pk}").json()
    assert (shown["status"], bool(shown["completed_at"])) == ("completed", True)
    # Links are made for each answer; the file is the same.
    assert shown["final_video_url"].startswith("http")
    assert [one["type"] for one in shown["assets"]].count("final_video") == 1


def one_file_in_the_folder(stage: Stage, _answer: Answer) -> None:
    query = {"folder": "output", "asset_type": "final"}
    listed = stage.send("GET", "/api/storage/files", query=query).json()["files"]
    home = f"users/{stage.world.people[WHO].pk}/output/final/"
    assert [one["key"].startswith(home) for one in listed] == [True]


def without_files(stage: Stage) -> None:
    """Its clips are in the table, and no more in the store."""
    approved_clips(stage)
    for take in stage.world.generation.takes.filter(approved=True):
        assert take.asset is not None
        store().delete(take.asset.key)


def unapproved(stage: Stage) -> None:
    approved_clips(stage)
    stage.world.generation.takes.update(approved=False)


def malformed() -> tuple[Twist, ...]:
    late = {**WORDS, "start_time": 2.5}
    wrong = ([late], [{"text": "A"}], [{**WORDS, "duration": 0}], [{**WORDS, "start_time": "x"}], "x", [WORDS] * 51)
    overlays = tuple(Twist(given=approved_clips, body=body(text_overlays=one)) for one in wrong)
    addresses = ("http://169.254.169.254/latest", "file:///etc/passwd", "http://127.0.0.1:1/", "javascript:1")
    return (
        Twist(given=approved_clips, body={"text_overlays": []}),
        *overlays,
        *(Twist(given=approved_clips, body=body(audio_url=one)) for one in addresses),
    )


scene(
    "pipeline.generation.compose",
    who=WHO,
    given=clips_and_a_sound,
    body=body(),
    patch=waits,
    errors={
        "Session not found": (
            Twist(given=approved_clips, body=body(session_id=lambda _: random_id())),
            Twist(given=approved_clips, body=body(session_id=lambda stage: str(stage.world.foreign_generation.pk))),
            Twist(given=approved_clips, who="house_admin"),
        ),
        "No approved clips": Twist(given=unapproved),
        "Video composition failed": Twist(given=without_files),
        "list of {loc, msg, type} objects, or a string": malformed(),
    },
    effects=(
        joined_in_order,
        words_stand_when_asked,
        sound_is_heard,
        is_complete,
        one_file_in_the_folder,
        HEARD,
    ),
)
