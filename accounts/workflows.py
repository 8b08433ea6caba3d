"""The states of a project."""

from __future__ import annotations

from accounts.models import Project
from core.workflow import Machine, Move

S = Project.Status


def _refusal(verb: str, project: Project) -> str:
    return f"Cannot {verb} a project that is {project.get_status_display().lower()}."


PROJECT = Machine(
    "accounts.project",
    "status",
    {
        "archive": Move(frozenset({S.ACTIVE, S.COMPLETED, S.ON_HOLD}), S.ARCHIVED),
        "restore": Move(frozenset({S.ARCHIVED}), S.ACTIVE),
        "complete": Move(frozenset({S.ACTIVE, S.ON_HOLD}), S.COMPLETED),
        "hold": Move(frozenset({S.ACTIVE}), S.ON_HOLD),
        "resume": Move(frozenset({S.COMPLETED, S.ON_HOLD}), S.ACTIVE),
    },
    _refusal,
)


def verb_towards(status: str, *, now: str) -> str | None:
    """The move that leads from `now` to `status`; None when there is nothing to do or no way."""
    return next((verb for verb, move in PROJECT.moves.items() if move.target == status and now in move.sources), None)
