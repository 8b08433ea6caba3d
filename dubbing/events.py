"""What those who watch a dub hear of it. Numbered, kept for a day and replayed; heard once the change is committed."""

from __future__ import annotations

from typing import Any

from core.live import publish
from core.live.events import percent
from core.runs.models import Run, Step
from dubbing.models import Dub, DubLine, DubSpeaker

STREAM = "dubs"


def dub_changed(dub: Dub) -> None:
    """Its title, its options, its state or its films: read it anew."""
    _publish(dub.pk, "dub_changed", status=dub.status, problem=dub.problem or None, title=dub.title)


def line_changed(line: DubLine, *, what: str = "text") -> None:
    """`what` is text, place, sound, suggestion or gone. Its neighbours and the report may have changed with it."""
    _publish(line.dub_id, "line_changed", line_id=str(line.pk), number=line.number, what=what)


def cast_changed(role: DubSpeaker) -> None:
    _publish(role.dub_id, "cast_changed", role_id=str(role.pk), name=role.name)


def progressed(run: Run, step: Step) -> None:
    _publish(
        run.subject_id,
        "progress",
        run_id=str(run.pk),
        kind=run.kind,
        step=step.name,
        progress=percent(run.progress),
        message=step.message,
    )


def _publish(dub_id: object, event: str, /, **what: Any) -> None:
    publish(STREAM, {"type": event, "dub_id": str(dub_id), **what}, key=str(dub_id))
