"""Production: what failed, trying it again, and the queues."""

from __future__ import annotations

from core.rest import condition
from jobs.models import Job
from tests.contract_walk.scene import scene
from tests.contract_walk.scenes.job_bulk import each_by_itself, some, their_ids
from tests.contract_walk.scenes.jobs import failed
from tests.contract_walk.stage import Answer, Stage


def two_failed(stage: Stage) -> None:
    some(Job.Status.FAILED, Job.Status.COMPLETED)(stage)
    Job.objects.filter(pk=stage.kept["jobs"][0].pk).update(failed_step=Job.Status.RENDERING)


def named(stage: Stage, answer: Answer) -> None:
    (one,) = answer.json()["items"]
    assert (one["id"], one["failed_step"], one["error"]) == (stage.world.ids["job_id"], "ingesting", "Broken.")
    other = stage.send("GET", "/api/v1/production/failures", query={"failed_step": "rendering"})
    assert other.json()["total"] == 0


def quick(patch: object) -> None:
    patch.setattr(condition, "WORKER_SECONDS", 0.05)  # type: ignore[attr-defined]  # pytest's own


scene(
    "accessible.production.failures",
    who="production",
    given=failed,
    refused=("client", "linguist", "project_manager"),
    checks=(named,),
)
scene(
    "accessible.production.bulk_retry",
    who="production",
    given=two_failed,
    body=their_ids(),
    refused=("client", "linguist", "project_manager"),
    effects=(each_by_itself(Job.Status.RENDERING, "Cannot retry a job in status 'completed'"),),
)
scene(
    "accessible.production.queue_stats",
    who="production",
    patch=quick,
    refused=("client", "linguist", "project_manager"),
    checks=(lambda _stage, answer: {one["name"] for one in answer.json()["queues"]} == {"ai", "default", "media"},),
)
