"""The work of the library as data. See docs/adding-a-step.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, StepSpec, register
from media_library import events
from media_library.models import Asset
from media_library.services import ingestion
from media_library.steps.intake import Check, Conform, Look

K = Asset.Kind
CANCELLED = "The preparation was cancelled. Start it again to use all of this file."


def of(*kinds: str) -> Callable[[Run], Iterable[str]]:
    """The step is for these kinds of asset alone; runs of others do not have it."""

    def items(run: Run) -> Iterable[str]:
        return [""] if Asset.objects.filter(pk=run.subject_id, kind__in=kinds).exists() else []

    return items


class IngestionListener:
    """Carries what happens to the run over to the asset and its sockets."""

    def stage_entered(self, run: Run, stage: str) -> None:
        """The asset's own status says enough."""

    def step_changed(self, run: Run, step: Step) -> None:
        events.asset_progress(run, step)
        if not run.steps.exclude(pk=step.pk).exclude(status__in=Step.FINISHED).exists() and step.is_finished:
            ingestion.finish(run.subject_id)

    def failed(self, run: Run, step: Step) -> None:
        ingestion.fail(run.subject_id, step.error)

    def cancelled(self, run: Run) -> None:
        ingestion.fail(run.subject_id, CANCELLED)

    def progressed(self, run: Run, step: Step) -> None:
        events.asset_progress(run, step)


INGEST = register(
    Pipeline(
        kind=ingestion.KIND,
        listener=IngestionListener(),
        steps=(
            StepSpec("check", Check, queue="media", weight=1),
            StepSpec("probe", Look, queue="media", needs=("check",), items=of(K.VIDEO, K.AUDIO, K.IMAGE), weight=1),
            StepSpec("conform", Conform, queue="media", needs=("probe",), items=of(K.VIDEO), weight=4),
        ),
    )
)
