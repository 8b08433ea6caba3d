"""What dubs and voice jobs have done for them, as data. See docs/adding-a-step.md."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from accounts.models import User
from core.live import pace
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, RetryPolicy, StepFunction, StepSpec, register
from dubbing.models import ProcessingJob
from dubbing.services import processing
from dubbing.steps import processing as steps


class JobListener:
    """Carries what happens to the run over to the voice job."""

    def stage_entered(self, run: Run, stage: str) -> None: ...

    def step_changed(self, run: Run, step: Step) -> None:
        if step.status == Step.Status.RUNNING:
            processing.taken_up(run.subject_id, run)

    def failed(self, run: Run, step: Step) -> None:
        processing.fail(run.subject_id, step.error)

    def cancelled(self, run: Run) -> None:
        processing.fail(run.subject_id, processing.CANCELLED)

    def progressed(self, run: Run, step: Step) -> None:  # noqa: ARG002  (the listener's signature)
        if pace.is_due(f"processing:{run.subject_id}"):
            processing.taken_up(run.subject_id, run)


def _sees_job(user: User, job_id: uuid.UUID) -> bool:
    return ProcessingJob.objects.visible_to(user).filter(pk=job_id).exists()


def _job_result(run: Run) -> dict[str, Any] | None:
    found = ProcessingJob.objects.filter(pk=run.subject_id).values("pk", "status", "output_id").first()
    if found is None:
        return None
    output = found["output_id"]
    return {"job_id": str(found["pk"]), "status": found["status"], "output_file_id": str(output) if output else None}


def _of_one_step(job_type: ProcessingJob.Type, name: str, function: type[StepFunction[Any]], queue: str) -> Pipeline:
    retry = RetryPolicy(backoff=timedelta(seconds=5), waits=600)
    return register(
        Pipeline(
            kind=processing.KINDS[job_type],
            listener=JobListener(),
            sees=_sees_job,
            result=_job_result,
            steps=(StepSpec(name, function, queue=queue, retry=retry),),
        )
    )


T = ProcessingJob.Type
EXTRACT = _of_one_step(T.EXTRACT_AUDIO, "extract", steps.ExtractSound, "media")
TRANSCRIBE = _of_one_step(T.TRANSCRIBE, "transcribe", steps.HearWords, "ai")
CLONE = _of_one_step(T.CLONE_VOICE, "speak", steps.SayAs, "ai")
VIDEO = _of_one_step(T.GENERATE_VIDEO, "film", steps.PutTogether, "media")
