"""Videos and recordings as pages."""

from __future__ import annotations

from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage


def of_ones_own_house(stage: Stage, answer: Answer) -> None:
    assert stage.world.CANARY not in answer.content.decode()


def with_picture_and_length(stage: Stage, answer: Answer) -> None:
    page = answer.content.decode()
    video = stage.world.video
    assert f"/library/{video.pk}" in page
    assert 'class="thumb' in page
    assert f"00:00:{int(video.duration or 0):02}" in page


scene(
    "platform.pages.videos",
    who="client",
    shows=r"Videos .*00:00:\d\d",
    alternatives=(Twist(who=None),),
    checks=(of_ones_own_house, with_picture_and_length),
)
scene(
    "platform.pages.audio",
    who="client",
    shows=r"Audio .*00:00:\d\d",
    alternatives=(Twist(who=None),),
    checks=(of_ones_own_house,),
)
