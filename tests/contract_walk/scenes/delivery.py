"""Taking a job's files along: links, and a package of several jobs."""

from __future__ import annotations

import uuid
from typing import Any

from core.runs import worker
from core.runs.models import Step
from core.testing.files import body_of
from jobs.models import Job
from jobs.services import deliveries
from jobs.tests.factories import give_captions
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.scenes.media import fetched
from tests.contract_walk.stage import Answer, Stage

KINDS = ["captions_vtt"]


def finished(stage: Stage) -> None:
    """A completed job with captions."""
    job = stage.world.job
    if job.outputs.get(is_source=True).captions_id is None:
        give_captions(job)
    Job.objects.filter(pk=job.pk).update(status=Job.Status.COMPLETED)


def packed(stage: Stage) -> None:
    """The package that is asked for was built a moment ago: the walk's requests do not wait."""
    finished(stage)
    admin = stage.world.people["admin"]
    deliveries.ask_for_package([stage.world.job.pk], kinds=KINDS, forms=("vtt", "srt", "ttml", "txt"), actor=admin)
    for step in Step.objects.filter(run__kind=deliveries.KIND, status=Step.Status.QUEUED):
        worker.perform(step.pk)


def wanted(stage: Stage) -> dict[str, Any]:
    return {"job_ids": [stage.world.ids["job_id"], str(uuid.UUID(int=7))], "kinds": KINDS}


def leads_to_a_file(stage: Stage, answer: Answer) -> None:
    for asset in answer.json()["assets"]:
        if asset["kind"] == "captions_vtt":
            assert body_of(fetched(stage, asset["url"])).startswith(b"WEBVTT")
    assert answer.headers["Cache-Control"] == "private, no-store"


def tells_what_is_left_out(_stage: Stage, answer: Answer) -> None:
    assert answer.json()["job_count"] == 1
    assert answer.json()["skipped"] == [{"job_id": str(uuid.UUID(int=7)), "detail": "Job not found"}]


scene(
    "accessible.jobs.downloads",
    who="client",
    given=finished,
    refused=("linguist",),
    checks=(leads_to_a_file,),
)
scene(
    "accessible.jobs.bulk.download",
    given=packed,
    body=wanted,
    errors={"No downloadable assets": (Twist(body={"job_ids": [str(uuid.UUID(int=7))]}),)},
    refused=("linguist",),
    effects=(tells_what_is_left_out,),
)
