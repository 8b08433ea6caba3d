"""What conversations have done for them, as data. See docs/adding-a-step.md."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from accounts.models import User
from chat import events
from chat.models import ClipProposal, Message, Record, Render
from chat.services import answers, endings, regenerating, rendering
from chat.steps.answer import Entitle, WriteAnswer
from chat.steps.pieces import Look, MakePiece
from chat.steps.regenerate import MakeAgain
from chat.steps.render import MakeFilm, Mix
from core.live import pace
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, RetryPolicy, StepSpec, register


class AnswerListener:
    """Carries what happens to the run over to the answer."""

    def stage_entered(self, run: Run, stage: str) -> None:
        pass

    def step_changed(self, run: Run, step: Step) -> None:
        if step.status == Step.Status.WAITING:
            events.answer_waits(answers.answer_of(run.subject_id), step.message or step.error)

    def failed(self, run: Run, step: Step) -> None:
        endings.fail(answers.answer_of(run.subject_id), step.error)

    def cancelled(self, run: Run) -> None:
        endings.give_up(answers.answer_of(run.subject_id))

    def progressed(self, run: Run, step: Step) -> None:
        pass


def _sees(user: User, message_id: uuid.UUID) -> bool:
    return Message.objects.visible_to(user).filter(pk=message_id).exists()


def _result(run: Run) -> dict[str, Any]:
    answer = answers.answer_of(run.subject_id)
    return {
        "conversation_id": str(answer.conversation_id),
        "message_id": str(answer.pk),
        "status": answer.status,
        "response": answer.content,
    }


ANSWER = register(
    Pipeline(
        kind=answers.KIND,
        listener=AnswerListener(),
        sees=_sees,
        result=_result,
        steps=(
            # A person waits for it: what does not come soon is told, and they decide whether to ask again.
            StepSpec(
                "answer",
                WriteAnswer,
                queue="ai",
                retry=RetryPolicy(failures=2, backoff=timedelta(seconds=1), waits=2),
                weight=10,
                timeout=timedelta(minutes=15),
            ),
            StepSpec(
                "title",
                Entitle,
                queue="ai",
                needs=("answer",),
                retry=RetryPolicy(failures=1, waits=0),
                timeout=timedelta(minutes=2),
                optional=True,
            ),
        ),
    )
)


class FilmListener:
    """Carries what happens to the run over to the render."""

    def stage_entered(self, run: Run, stage: str) -> None:
        pass

    def step_changed(self, run: Run, step: Step) -> None:  # noqa: ARG002  (the listener's signature)
        events.render_changed(rendering.render_of(run.subject_id))

    def failed(self, run: Run, step: Step) -> None:
        rendering.fail(run.subject_id, step.error)

    def cancelled(self, run: Run) -> None:
        rendering.stopped(run.subject_id)

    def progressed(self, run: Run, step: Step) -> None:  # noqa: ARG002  (as above)
        # Several clips are at work at once.
        if pace.is_due(f"render:{run.subject_id}"):
            events.render_changed(rendering.render_of(run.subject_id))


def _sees_film(user: User, render_id: uuid.UUID) -> bool:
    return Render.objects.visible_to(user).filter(pk=render_id).exists()


def _film(run: Run) -> dict[str, Any]:
    render = rendering.render_of(run.subject_id)
    return {
        "conversation_id": str(render.conversation_id),
        "render_id": str(render.pk),
        "video_id": str(render.asset_id) if render.asset_id else None,
        "duration": render.duration,
    }


FILM = register(
    Pipeline(
        kind=rendering.KIND,
        listener=FilmListener(),
        sees=_sees_film,
        result=_film,
        steps=(
            StepSpec("look", Look, queue="media"),
            StepSpec("piece", MakePiece, queue="media", needs=("look",), items=rendering.numbers, weight=3),
            StepSpec("sound", Mix, queue="media", needs=("look",), weight=2),
            StepSpec("film", MakeFilm, queue="media", needs=("piece", "sound"), weight=2),
        ),
    )
)


class AgainListener:
    """What is made again changes by its own service; who waits asks the run, and everybody else hears that it has ended."""

    def stage_entered(self, run: Run, stage: str) -> None: ...

    def step_changed(self, run: Run, step: Step) -> None: ...

    def failed(self, run: Run, step: Step) -> None:  # noqa: ARG002  (the protocol's signature)
        self._tell(run)

    def cancelled(self, run: Run) -> None:
        self._tell(run)

    def progressed(self, run: Run, step: Step) -> None: ...

    def _tell(self, run: Run) -> None:
        what = "clips" if run.params.get("thing") == "clip" else "records"
        if conversation := regenerating.conversation_of(run.subject_id):
            events.script_changed(conversation, what, None)


def _sees_thing(user: User, thing_id: uuid.UUID) -> bool:
    clips, records = ClipProposal.objects.visible_to(user), Record.objects.visible_to(user)
    return clips.filter(pk=thing_id).exists() or records.filter(pk=thing_id).exists()


def _made_again(run: Run) -> dict[str, Any]:
    result = run.steps.get(name="again").result or {}
    return {name: result.get(name) for name in ("clip_id", "record_id", "title", "content", "engine")}


AGAIN = register(
    Pipeline(
        kind=regenerating.KIND,
        listener=AgainListener(),
        sees=_sees_thing,
        result=_made_again,
        steps=(
            StepSpec(
                "again",
                MakeAgain,
                queue="ai",
                retry=RetryPolicy(failures=2, backoff=timedelta(seconds=1), waits=2),
                timeout=timedelta(minutes=5),
            ),
        ),
    )
)
