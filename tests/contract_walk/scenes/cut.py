"""The film of clips that a conversation proposed."""

from __future__ import annotations

from typing import Any

from chat.models import Conversation
from chat.services import rendering
from chat.services.rendering import Options, Wanted
from core.storage import store
from media_library.media.probe import probe
from media_library.models import Asset
from media_library.tests.working import work
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.scenes.media import FILM, brought, fetched
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

RANGES = ((1.0, 2.0), (10.0, 11.5))
NO_RANGES: tuple[tuple[Any, Any], ...] = ((2, 1), (1, 1), (-1, 1), (0, 100_000), (None, 1), ("0", 1))


def clips(video_id: str, *ranges: tuple[Any, Any]) -> list[dict[str, Any]]:
    return [
        {"title": f"Part {number}", "start_time": start, "end_time": end, "video_id": video_id}
        for number, (start, end) in enumerate(ranges, 1)
    ]


def body(*ranges: tuple[Any, Any], **more: Any) -> Any:
    def made(stage: Stage) -> dict[str, Any]:
        ids = stage.world.ids
        fields = {"conversation_id": ids["conversation_id"], "script": "Two quotes.", **more}
        fields.setdefault("clips", clips(ids["video_id"], *(ranges or RANGES)))
        return {name: value(stage) if callable(value) else value for name, value in fields.items()}

    return made


def footage(stage: Stage) -> None:
    brought(stage.world.video, FILM)


def rendered_before(stage: Stage) -> None:
    """The film has been made by whoever asked first; the next caller has it at once."""
    video = brought(stage.world.video, FILM)
    wanted = [
        Wanted(asset=video, start=start, end=end, title=f"Part {number}")
        for number, (start, end) in enumerate(RANGES, 1)
    ]
    conversation = stage.world.conversation
    render = rendering.begin(conversation, wanted, actor=conversation.owner, options=Options())
    assert work(render.run).status == "completed"


def plays_as_long_as_its_clips(stage: Stage, answer: Answer) -> None:
    assert fetched(stage, answer.json()["video_url"], Range="bytes=0-9").status_code == 206
    with store().local(film_of(stage).key) as path:
        assert abs(probe(path).duration - 2.5) < 0.05


def counts_clips_and_seconds(_stage: Stage, answer: Answer) -> None:
    assert (answer.json()["clips_created"], answer.json()["total_duration"]) == (2, 2.5)


def belongs_to_the_conversation(stage: Stage, answer: Answer) -> None:
    assert film_of(stage).cut_from is None
    assert answer.json()["video_id"] == str(film_of(stage).pk)


def film_of(stage: Stage) -> Asset:
    film = Conversation.objects.get(pk=stage.world.conversation.pk).video
    assert isinstance(film, Asset)
    return film


def foreign_video(stage: Stage) -> list[dict[str, Any]]:
    return clips(stage.world.foreign_ids["video_id"], *RANGES)


scene(
    "platform.chat.create_video",
    who="production",
    given=rendered_before,
    body=body(),
    errors={
        "No clips provided": (Twist(given=footage, body=body(clips=[])), Twist(given=footage, body=body(clips=None))),
        "Invalid time range": tuple(Twist(given=footage, body=body(one)) for one in NO_RANGES),
        "Conversation not found": (
            Twist(given=footage, body=body(conversation_id=lambda stage: stage.world.foreign_ids["conversation_id"])),
            Twist(given=footage, body=body(conversation_id=lambda _: random_id())),
        ),
        "Video not found": (
            Twist(given=footage, body=body(clips=foreign_video)),
            Twist(given=footage, body=body(clips=lambda _: clips(random_id(), *RANGES))),
        ),
    },
    effects=(plays_as_long_as_its_clips, counts_clips_and_seconds, belongs_to_the_conversation),
)
