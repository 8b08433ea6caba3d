"""The accessible-video job as data. See docs/adding-a-step.md."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from accounts.models import User
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, RetryPolicy, StepSpec, register
from jobs import events, workflows
from jobs.models import Delivery, Job, LanguageOutput
from jobs.services import KIND, deliveries, translating
from jobs.steps.describe import Describe
from jobs.steps.ingest import Conform, Ingest, Look, Survey
from jobs.steps.listen import Caption, Transcribe
from jobs.steps.mix import Mix
from jobs.steps.package import Package
from jobs.steps.place import Place
from jobs.steps.render import Render, Validate
from jobs.steps.speak import Speak
from jobs.steps.translate import Backfill, Translate
from media_library.services import ingestion

S = Job.Status
ENGINES = RetryPolicy(failures=3, backoff=timedelta(seconds=5), waits=120)


def _job(run: Run) -> Job:
    return Job.objects.get(pk=run.subject_id)


def _targets(run: Run) -> Iterable[str]:
    return LanguageOutput.objects.filter(job=run.subject_id, is_source=False).values_list("language", flat=True)


def _spoken(run: Run) -> Iterable[str]:
    """The languages whose description is spoken: all of the job's, when sound or film is asked for."""
    outputs = LanguageOutput.objects.filter(job=run.subject_id).values_list("language", flat=True)
    return outputs if _job(run).wants_speech else []


def _rendered(run: Run) -> Iterable[str]:
    outputs = LanguageOutput.objects.filter(job=run.subject_id).values_list("language", flat=True)
    return outputs if _job(run).accessible_video_mp4 else []


# Which status of an output each step moves, and which step finishes that status.
WORK = {
    "translate": ("translation_status", "translate"),
    "speak": ("tts_status", "mix"),
    "place": ("tts_status", "mix"),
    "mix": ("tts_status", "mix"),
    "render": ("render_status", "validate"),
    "validate": ("render_status", "validate"),
}


AFTER_APPROVAL = frozenset({S.TRANSLATING, S.TTS_GENERATING, S.RENDERING, S.PENDING_FINAL_REVIEW})


class JobListener:
    """Carries what happens to the run over to the job, its outputs and its sockets."""

    def stage_entered(self, run: Run, stage: str) -> None:
        job = workflows.enter_stage(_job(run), stage)
        if stage == S.PENDING_QC and job.source is not None:
            # Words, shots and poster are there. What else the library wants is found while people look at the captions.
            ingestion.enrich(job.source, by=run.created_by)

    def step_changed(self, run: Run, step: Step) -> None:
        self._move_output(run, step)
        events.job_progress(run, step, status=run.stage or S.CREATED)

    def failed(self, run: Run, step: Step) -> None:
        job = _job(run)
        if job.status in {S.CREATED, S.APPROVED_SOURCE}:
            # The worker died before it could say that it had begun.
            stage = ACCESSIBLE.spec(step.name).stage
            if job.status == S.APPROVED_SOURCE and stage not in AFTER_APPROVAL:
                # Caught up with after a person had gone on without it: what would have come next is what failed.
                stage = S.TRANSLATING if list(_targets(run)) else S.TTS_GENERATING
            job = workflows.enter_stage(job, stage)
        workflows.fail(job, message=step.error, step=step.name)

    def cancelled(self, run: Run) -> None:
        """The job was cancelled by the one who asked for it; the run only follows, and nothing is under way any more."""
        work = LanguageOutput.Work
        for field, _ in WORK.values():
            LanguageOutput.objects.filter(job=run.subject_id, **{field: work.RUNNING}).update(**{field: work.PENDING})

    def progressed(self, run: Run, step: Step) -> None:
        events.job_progress(run, step, status=run.stage or S.CREATED)

    def _move_output(self, run: Run, step: Step) -> None:
        if step.name not in WORK or not step.item:
            return
        field, last = WORK[step.name]
        work = LanguageOutput.Work
        outputs = LanguageOutput.objects.filter(job=run.subject_id, language=step.item)
        if step.status == Step.Status.RUNNING:
            outputs.update(**{field: work.RUNNING})
        elif step.status == Step.Status.FAILED:
            outputs.update(**{field: work.FAILED})
        elif step.status == Step.Status.SKIPPED:
            # Nobody here speaks the language: the work waits for a person.
            outputs.update(**{field: work.PENDING})
        elif step.status == Step.Status.DONE and step.name == last:
            # What an engine could not do waits for a person too.
            outputs.update(**{field: work.PENDING if (step.result or {}).get("missing") else work.DONE})


def _sees(user: User, job_id: uuid.UUID) -> bool:
    return Job.objects.visible_to(user).filter(pk=job_id).exists()


def _result(run: Run) -> dict[str, Any]:
    job = _job(run)
    return {"job_id": str(job.pk), "status": job.status}


ACCESSIBLE = register(
    Pipeline(
        kind=KIND,
        listener=JobListener(),
        sees=_sees,
        result=_result,
        steps=(
            StepSpec("ingest", Ingest, stage=S.INGESTING, queue="media", weight=1),
            StepSpec("probe", Look, stage=S.INGESTING, queue="media", needs=("ingest",), weight=1),
            StepSpec("conform", Conform, stage=S.INGESTING, queue="media", needs=("probe",), weight=4),
            StepSpec("survey", Survey, stage=S.INGESTING, queue="media", needs=("conform",), weight=3),
            StepSpec(
                "transcribe",
                Transcribe,
                stage=S.AI_PROCESSING,
                queue="ai",
                needs=("conform",),
                weight=10,
                retry=ENGINES,
            ),
            StepSpec("caption", Caption, stage=S.AI_PROCESSING, needs=("transcribe", "survey"), weight=1),
            StepSpec(
                "describe",
                Describe,
                stage=S.AI_PROCESSING,
                queue="ai",
                needs=("transcribe", "survey"),
                weight=6,
                retry=ENGINES,
            ),
            StepSpec(workflows.SOURCE_GATE, stage=S.PENDING_QC, needs=("caption", "describe")),
            StepSpec(
                "translate",
                Translate,
                stage=S.TRANSLATING,
                queue="ai",
                needs=(workflows.SOURCE_GATE,),
                items=_targets,
                weight=3,
                retry=ENGINES,
            ),
            StepSpec(
                "speak",
                Speak,
                stage=S.TTS_GENERATING,
                queue="ai",
                needs=(workflows.SOURCE_GATE, "translate"),
                items=_spoken,
                weight=12,
                retry=ENGINES,
            ),
            StepSpec("place", Place, stage=S.TTS_GENERATING, needs=("speak",), items=_spoken, weight=1),
            StepSpec("mix", Mix, stage=S.TTS_GENERATING, queue="media", needs=("place",), items=_spoken, weight=3),
            StepSpec("render", Render, stage=S.RENDERING, queue="media", needs=("mix",), items=_rendered, weight=10),
            StepSpec(
                "validate", Validate, stage=S.RENDERING, queue="media", needs=("render",), items=_rendered, weight=1
            ),
            StepSpec(
                workflows.FINAL_GATE,
                stage=S.PENDING_FINAL_REVIEW,
                needs=(workflows.SOURCE_GATE, "translate", "mix", "validate"),
            ),
        ),
    )
)


class TranslationListener:
    """Carries a translation that is brought up to its source over to its language."""

    def stage_entered(self, run: Run, stage: str) -> None:
        """The language's own status says enough."""

    def step_changed(self, run: Run, step: Step) -> None:
        work = LanguageOutput.Work
        if step.status == Step.Status.RUNNING:
            self._became(run, work.RUNNING)
        elif step.status == Step.Status.DONE:
            self._became(run, work.PENDING if (step.result or {}).get("missing") else work.DONE)

    def failed(self, run: Run, step: Step) -> None:  # noqa: ARG002  (every listener is told alike)
        self._became(run, LanguageOutput.Work.FAILED)

    def cancelled(self, run: Run) -> None:
        self._became(run, LanguageOutput.Work.PENDING)

    def progressed(self, run: Run, step: Step) -> None:
        """Whoever waits asks for the run."""

    def _became(self, run: Run, status: str) -> None:
        LanguageOutput.objects.filter(pk=run.subject_id).update(translation_status=status)


def _sees_output(user: User, output_id: uuid.UUID) -> bool:
    return LanguageOutput.objects.visible_to(user).filter(pk=output_id).exists()


def _translated(run: Run) -> dict[str, Any]:
    step = run.steps.get(name="translate")
    return {"language": LanguageOutput.objects.get(pk=run.subject_id).language, **(step.result or {})}


TRANSLATION = register(
    Pipeline(
        kind=translating.KIND,
        listener=TranslationListener(),
        sees=_sees_output,
        result=_translated,
        steps=(StepSpec("translate", Backfill, queue="ai", retry=ENGINES),),
    )
)


class DeliveryListener:
    """The package's row tells how it went; whoever waits for it asks the run."""

    def stage_entered(self, run: Run, stage: str) -> None: ...

    def step_changed(self, run: Run, step: Step) -> None: ...

    def failed(self, run: Run, step: Step) -> None:  # noqa: ARG002  (the protocol's signature)
        deliveries.give_up(run.subject_id)

    def cancelled(self, run: Run) -> None:
        deliveries.give_up(run.subject_id)

    def progressed(self, run: Run, step: Step) -> None: ...


def _package_of(run: Run) -> dict[str, Any]:
    return {"delivery_id": str(run.subject_id)}


DELIVERY = register(
    Pipeline(
        kind=deliveries.KIND,
        listener=DeliveryListener(),
        sees=lambda user, subject_id: Delivery.objects.visible_to(user).filter(pk=subject_id).exists(),
        result=_package_of,
        steps=(StepSpec("package", Package, queue="media"),),
    )
)
