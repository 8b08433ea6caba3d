"""What the owner of a session hears of it. One stream for each session; numbered, kept for a day and replayed.

The four events of the document bear its words in `event`; `take_changed` and `session_changed` name what is to be read anew, for
links are made for each reader. Called in the transaction that makes the change; heard once it is through.
"""

from __future__ import annotations

import uuid
from typing import Any

from core.live import publish
from generation.models import GenerationSession, Round, Take

PROGRESS = {
    Round.Kind.IMAGES.value: "image_generation_progress",
    Round.Kind.CLIPS.value: "clip_generation_progress",
    Round.Kind.FILM.value: "video_composition_progress",
}
FAILED = "generation_failed"
TAKE_CHANGED = "take_changed"
SESSION_CHANGED = "session_changed"
# Those that the document knows.
DOCUMENTED = (*PROGRESS.values(), FAILED)


def stream_of(session_id: object) -> str:
    return f"generation.{session_id}"


def progress(made: Round, fraction: float, message: str) -> None:
    """How far a step is, 0 to 1."""
    fraction = round(min(max(fraction, 0.0), 1.0), 4)
    _publish(made.session_id, PROGRESS[made.kind], round_id=made.pk, progress=fraction, message=message)


def failed(made: Round, fraction: float, message: str) -> None:
    """A step failed; `message` is what the request that asked for it is told."""
    _publish(made.session_id, FAILED, round_id=made.pk, progress=round(fraction, 4), message=message)


def take_changed(take: Take) -> None:
    _publish(take.session_id, TAKE_CHANGED, take_id=take.pk, round_id=take.round_id, status=take.status)


def session_changed(session: GenerationSession) -> None:
    _publish(session.pk, SESSION_CHANGED, status=session.status, problem=session.problem or None)


def _publish(session_id: uuid.UUID, name: str, **what: Any) -> None:
    payload = {"type": name, "event": name, "session_id": str(session_id), **what}
    publish(stream_of(session_id), payload, key=str(session_id))
