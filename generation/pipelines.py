"""What generation sessions have done for them, as data. See docs/adding-a-step.md."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from accounts.models import User
from core.live import pace
from core.runs import pipelines as every
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, RetryPolicy, StepSpec, register
from generation.models import Round, Take
from generation.services import composing, rounds
from generation.steps import film_pieces
from generation.steps.base import TAKE, Finish, progress_message
from generation.steps.clips import MakeClip
from generation.steps.film import Fetch, MakeFilm, Mix
from generation.steps.film_pieces import Form, MakePiece, Measure
from generation.steps.images import Look, MakePicture


class RoundListener:
    """Carries what happens to the run over to the round, its takes and whoever watches the session."""

    def stage_entered(self, run: Run, stage: str) -> None:
        """The session's own status says enough."""

    def step_changed(self, run: Run, step: Step) -> None:
        if step.name != TAKE:
            return
        if step.status == Step.Status.SKIPPED and step.error:
            rounds.take_failed(step.item, step.error)
        if step.is_finished or step.status == Step.Status.RUNNING:
            run.progress = max(run.progress, every.get(run.kind).progress(list(run.steps.all())))
            rounds.progress(run, progress_message(run.pk, rounds.round_of(run.subject_id), done=step.is_finished))

    def failed(self, run: Run, step: Step) -> None:
        rounds.fail(run.subject_id, step.error)

    def cancelled(self, run: Run) -> None:
        rounds.stopped(run.subject_id)

    def progressed(self, run: Run, step: Step) -> None:
        # Several takes are at work at once.
        if step.name == TAKE and pace.is_due(f"generation:{run.subject_id}"):
            rounds.progress(run, step.message)


class FilmListener(RoundListener):
    """Of a film one hears how far all of it is."""

    def step_changed(self, run: Run, step: Step) -> None:
        if step.is_finished or step.status == Step.Status.RUNNING:
            run.progress = max(run.progress, every.get(run.kind).progress(list(run.steps.all())))
            rounds.progress(run, step.message or "Composing the film")

    def progressed(self, run: Run, step: Step) -> None:
        # Several clips are at work at once.
        if pace.is_due(f"generation:{run.subject_id}"):
            rounds.progress(run, step.message)


def takes_of(run: Run) -> Iterable[str]:
    return [str(pk) for pk in Take.objects.filter(round=run.subject_id).order_by("index").values_list("pk", flat=True)]


def sees(user: User, round_id: uuid.UUID) -> bool:
    return Round.objects.visible_to(user).filter(pk=round_id).exists()


def result(run: Run) -> dict[str, Any]:
    made = rounds.round_of(run.subject_id)
    ready = made.takes.filter(status=Take.Status.READY).count()
    return {"session_id": str(made.session_id), "round_id": str(made.pk), "status": made.status, "made": ready}


# A take that fails for good is left out, and says why; what others made is there to choose from.
PATIENCE = RetryPolicy(failures=3, backoff=timedelta(seconds=2), waits=30)
IMAGES = register(
    Pipeline(
        kind="generation.images",
        listener=RoundListener(),
        sees=sees,
        result=result,
        steps=(
            StepSpec("look", Look, queue="ai", weight=0.0, optional=True, timeout=timedelta(minutes=5)),
            StepSpec(
                TAKE,
                MakePicture,
                queue="ai",
                needs=("look",),
                items=takes_of,
                retry=PATIENCE,
                timeout=timedelta(minutes=30),
                optional=True,
            ),
            StepSpec("finish", Finish, needs=(TAKE,), weight=0.0),
        ),
    )
)
CLIPS = register(
    Pipeline(
        kind="generation.clips",
        listener=RoundListener(),
        sees=sees,
        result=result,
        steps=(
            StepSpec(
                TAKE,
                MakeClip,
                queue="ai",
                items=takes_of,
                retry=PATIENCE,
                timeout=timedelta(hours=1),
                optional=True,
            ),
            StepSpec("finish", Finish, needs=(TAKE,), weight=0.0),
        ),
    )
)


FILM = register(
    Pipeline(
        kind=composing.KIND,
        listener=FilmListener(),
        sees=sees,
        result=result,
        steps=(
            StepSpec("measure", Measure, queue="media"),
            StepSpec("audio", Fetch, queue="default", retry=RetryPolicy(failures=2), timeout=timedelta(minutes=10)),
            StepSpec("form", Form, queue="media", needs=("measure",), items=composing.numbers, weight=3),
            StepSpec("look", film_pieces.Look, queue="media", needs=("form",)),
            StepSpec("piece", MakePiece, queue="media", needs=("look",), items=composing.numbers, weight=3),
            StepSpec("sound", Mix, queue="media", needs=("look", "audio"), weight=2),
            StepSpec("film", MakeFilm, queue="media", needs=("piece", "sound"), weight=2),
        ),
    )
)
