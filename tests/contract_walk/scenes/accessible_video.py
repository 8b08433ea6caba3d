"""Pause points: where they are, and moving one."""

from __future__ import annotations

from jobs.models import Job, LanguageOutput
from jobs.tests.factories import give_timetable
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage


def placed(stage: Stage) -> None:
    Job.objects.filter(pk=stage.world.job.pk).update(status=Job.Status.PENDING_FINAL_REVIEW)
    give_timetable(stage.world.job)


def placed_and_done(stage: Stage) -> None:
    placed(stage)
    Job.objects.filter(pk=stage.world.job.pk).update(status=Job.Status.COMPLETED)


def the_film_waits(stage: Stage, _answer: Answer) -> None:
    state = stage.send("GET", f"/api/v1/jobs/{stage.world.job.pk}/accessible-video/en/edit-state").json()
    assert (state["needs_render"], state["render_status"]) == (True, LanguageOutput.Work.STALE)
    assert [point["timestamp"] for point in state["pause_points"]] == [4.0, 11.5]


scene(
    "accessible.jobs.accessible_video.edit_state",
    who="production",
    given=placed,
    errors={"Language not found on this job": Twist(path={"language": "fr"})},
    refused=(),
)
scene(
    "accessible.jobs.accessible_video.pause_point",
    who="production",
    path={"cue_index": "2"},
    body={"timestamp": 11.5},
    given=placed,
    errors={
        "Pause point must stay between its neighbours": (
            Twist(body={"timestamp": 3.0}),
            Twist(body={"timestamp": 30.0}),
        ),
        "Language not found on this job": Twist(path={"language": "fr", "cue_index": "2"}),
        "Cue not found": Twist(path={"cue_index": "77"}),
        "Job is read-only": Twist(given=placed_and_done),
    },
    effects=(the_film_waits,),
    refused=("client",),
)
