"""What dubs and voice jobs have done for them, as data. See docs/adding-a-step.md."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from accounts.models import User
from core.live import pace
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, RetryPolicy, StepFunction, StepSpec, register
from dubbing import events
from dubbing.models import Dub, ProcessingJob
from dubbing.services import dubs, processing, speaking
from dubbing.steps import processing as steps
from dubbing.steps.mix import MakeFilms, MixSound
from dubbing.steps.prepare import Conform, LayLines, Look, TellSpeakers, Transcribe, TranslateLines
from dubbing.steps.speak import Finish, SpeakLine


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


class DubListener:
    """Carries what happens to the run over to the dub."""

    def stage_entered(self, run: Run, stage: str) -> None: ...

    def step_changed(self, run: Run, step: Step) -> None:
        if step.name == "line" and step.status == Step.Status.SKIPPED and step.error:
            speaking.unspoken(step.item, step.error)
        events.progressed(run, step)

    def failed(self, run: Run, step: Step) -> None:
        dubs.failed(run.subject_id, step.error)

    def cancelled(self, run: Run) -> None:
        dubs.stopped(run.subject_id)

    def progressed(self, run: Run, step: Step) -> None:
        # Several lines are spoken at once.
        if pace.is_due(f"dub:{run.subject_id}"):
            events.progressed(run, step)


def _sees_dub(user: User, dub_id: uuid.UUID) -> bool:
    return Dub.objects.visible_to(user).filter(pk=dub_id).exists()


def _dub_result(run: Run) -> dict[str, Any] | None:
    found = Dub.objects.filter(pk=run.subject_id, deleted_at=None).values("pk", "status", "film_id").first()
    if found is None:
        return None
    film = found["film_id"]
    return {"dub_id": str(found["pk"]), "status": found["status"], "film_id": str(film) if film else None}


def _of_dub(kind: str, *steps: StepSpec) -> Pipeline:
    return register(Pipeline(kind=kind, listener=DubListener(), sees=_sees_dub, result=_dub_result, steps=steps))


ENGINES = RetryPolicy(failures=3, backoff=timedelta(seconds=5), waits=360)
PREPARE = _of_dub(
    dubs.PREPARE,
    StepSpec("probe", Look, queue="media"),
    StepSpec("conform", Conform, queue="media", needs=("probe",), weight=4),
    StepSpec("transcribe", Transcribe, queue="ai", needs=("conform",), weight=10, retry=ENGINES),
    # Without an engine that tells voices apart all lines are one role's.
    StepSpec("speakers", TellSpeakers, queue="ai", needs=("transcribe",), weight=3, retry=ENGINES, optional=True),
    StepSpec("lines", LayLines, queue="media", needs=("speakers",), weight=1),
    StepSpec("translate", TranslateLines, queue="ai", needs=("lines",), weight=3, retry=ENGINES),
)
SPEAK = _of_dub(
    dubs.SPEAK,
    # A line that cannot be spoken says why, and the others go on.
    StepSpec("line", SpeakLine, queue="ai", items=speaking.line_ids, weight=3, retry=ENGINES, optional=True),
    StepSpec("finish", Finish, needs=("line",), weight=0.1),
)
FILM = _of_dub(
    dubs.FILM,
    StepSpec("probe", Look, queue="media"),
    StepSpec("conform", Conform, queue="media", needs=("probe",)),
    StepSpec("sound", MixSound, queue="media", needs=("conform",), weight=4),
    StepSpec("film", MakeFilms, queue="media", needs=("sound",), weight=2),
)
