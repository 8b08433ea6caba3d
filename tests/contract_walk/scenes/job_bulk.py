"""Many jobs at once, each answered for by itself."""

from __future__ import annotations

from typing import Any

from jobs.tests.factories import JobFactory
from tests.contract_walk.scene import scene
from tests.contract_walk.scenes.jobs import S
from tests.contract_walk.stage import Answer, Stage


def some(*statuses: str) -> Any:
    """Jobs of the house in these states, kept for the body."""

    def arrange(stage: Stage) -> None:
        world = stage.world
        stage.kept["jobs"] = [
            JobFactory(organization=world.house, client=world.client, created_by=world.people["client"], status=status)
            for status in statuses
        ]

    return arrange


def their_ids(**fields: Any) -> Any:
    """Of the kept jobs, of another house's, and of none."""
    return lambda stage: {
        "job_ids": [
            *(str(job.pk) for job in stage.kept["jobs"]),
            stage.world.foreign_ids["job_id"],
            stage.world.ids["client_id"],
        ],
        **fields,
    }


def each_by_itself(status: str | None, refusal: str) -> Any:
    def check(_stage: Stage, answer: Answer) -> None:
        body = answer.json()
        first, second, foreign, absent = body["results"]
        assert (first["ok"], first["status"], first["detail"]) == (True, status, None)
        assert second["ok"] == (not refusal)
        assert second["detail"] == (refusal or None)
        for one in (foreign, absent):
            assert (one["ok"], one["status"], one["detail"]) == (False, None, "Job not found")
        assert (body["succeeded"], body["failed"]) == ((1, 3) if refusal else (2, 2))

    return check


scene(
    "accessible.jobs.bulk.delete",
    who="project_manager",
    given=some(S.INGESTING, S.COMPLETED),
    body=their_ids(),
    refused=("linguist", "reviewer"),
    effects=(each_by_itself(None, ""),),
)
scene(
    "accessible.jobs.bulk.approve",
    who="production",
    given=some(S.PENDING_QC, S.FAILED),
    body=their_ids(comment="Good."),
    refused=("client", "linguist"),
    effects=(each_by_itself(S.APPROVED_SOURCE, "Cannot approve_source a job in status 'failed'"),),
)
scene(
    "accessible.jobs.bulk.return_to_qc",
    who="project_manager",
    given=some(S.PENDING_FINAL_REVIEW, S.CREATED),
    body=their_ids(reason="Names."),
    refused=("client", "production"),
    effects=(each_by_itself(S.PENDING_QC, "Cannot return_to_qc a job in status 'created'"),),
)
