"""Messages that come more than once."""

from __future__ import annotations

import time

from celery import current_app

from core.runs.advance import RUN_STEP
from faults import pipelines
from faults.report import Seen, row
from faults.rig import Rig

COPIES = 10
RUNS = 5


@row(
    "F14",
    injected=f"every message {COPIES} times, two workers",
    expected="each step runs once and takes effect once",
    within=30,
)
def delivered_again_and_again(rig: Rig, seen: Seen) -> None:
    rig.starting_worker("default", "media", concurrency=2)
    rig.worker("default", "media", concurrency=2)
    began = time.monotonic()
    runs = [rig.start(pipelines.SHORT) for _ in range(RUNS)]
    for _ in range(COPIES - 1):
        for run in runs:
            for step in run.steps.all():
                current_app.send_task(RUN_STEP, kwargs={"step_id": str(step.pk)}, queue=step.queue)
    for run in runs:
        rig.wait_for_run(run, seconds=40)
    seen.recovery = time.monotonic() - began
    # And once more when all is done.
    for run in runs:
        for step in run.steps.all():
            current_app.send_task(RUN_STEP, kwargs={"step_id": str(step.pk)}, queue=step.queue)
    late = rig.start(pipelines.SHORT)
    rig.wait_for_run(late, seconds=20)
    seen.lost, seen.duplicates = rig.lost(*runs), rig.duplicates(*runs)
    for run in runs:
        counted = rig.executions(run)
        seen.expect(counted == {"first": 1, "second": 1}, f"executions: {dict(counted)}")
