"""State machines as tables. A status changes only through `Machine.move`, which locks the row and judges the locked row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction

from core import audit
from core.errors import WrongStateError

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Move:
    """One row of a machine. `target` None keeps the status. `system` moves are made by the studio and offered to nobody."""

    sources: frozenset[str]
    target: str | None
    roles: frozenset[str] = frozenset()
    system: bool = False


@dataclass(frozen=True)
class Machine:
    """`refusal` writes the sentence of a wrong state from the verb and the locked row."""

    name: str
    field: str
    moves: Mapping[str, Move]
    refusal: Callable[[str, Any], str]

    def allowed(self, status: str) -> list[str]:
        """The verbs that this status permits, system moves left out, in the table's order."""
        return [verb for verb, move in self.moves.items() if not move.system and status in move.sources]

    def move(
        self,
        verb: str,
        row: M,
        *,
        actor: AbstractBaseUser | None,
        target: str | None = None,
        changes: Mapping[str, Any] | None = None,
        **details: Any,
    ) -> M:
        """Locks the row, checks its state, writes the new one with `changes` and an audit event, and returns the locked row.

        `target` overrides the table where the move's end depends on the row (retry goes back to the step that failed).
        Must run inside a transaction: the caller's further writes belong to the same one.
        """
        move = self.moves[verb]
        locked = self.lock(row)
        before = getattr(locked, self.field)
        if before not in move.sources:
            raise WrongStateError(self.refusal(verb, locked), current_status=before)
        after = target or move.target or before
        values = {self.field: after, **(changes or {})}
        for name, value in values.items():
            setattr(locked, name, value)
        written = [*values, "updated_at"] if hasattr(locked, "updated_at") else [*values]
        locked.save(update_fields=written)
        audit.record(f"{self.name}.{verb}", locked, actor=actor, before=before, after=after, **details)
        return locked

    def lock(self, row: M) -> M:
        if not transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError(f"{self.name} moves inside a transaction only")
        manager = type(row)._base_manager  # noqa: SLF001  (soft-deleted rows are locked too)
        return manager.select_for_update(of=("self",)).get(pk=row.pk)
