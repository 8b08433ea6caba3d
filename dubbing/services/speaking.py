"""Speaking the lines of a dub: which of them, and what is kept of each. Only what is not spoken as it is written now is asked for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import WrongStateError
from core.runs.models import Run
from dubbing import events
from dubbing.models import Dub, DubLine
from dubbing.queries import desk as desks
from dubbing.queries.desk import DeskLine
from dubbing.services import dubs, mixing

NOTHING_STALE = "All lines are spoken as they are written."
NO_LINES = "There are no lines yet."


@transaction.atomic
def speak(dub: Dub, *, actor: User, lines: Sequence[DubLine] | None = None) -> Run:
    """The stale lines; or those that are named, each anew even where it is spoken already."""
    dubs.hold(dub)
    held = dubs.find(dub.pk)
    _, rows = desks.read(held)
    if not rows:
        raise WrongStateError(NO_LINES)
    wanted = chosen(rows, lines)
    run = dubs.work(held, dubs.SPEAK, actor=actor, params={"lines": wanted, "again": _take(lines)})
    audit.record("dubbing.dub.speak", held, actor=actor, lines=len(wanted))
    return run


def _take(lines: Sequence[DubLine] | None) -> str:
    """What tells a new reading of the same words from the one before, to the ledger too: however often it is retried, it is one."""
    return "" if lines is None else uuid.uuid4().hex


def chosen(rows: Sequence[DeskLine], lines: Sequence[DubLine] | None) -> list[str]:
    if lines is None:
        wanted = [str(one.line.pk) for one in rows if one.is_stale]
        if not wanted:
            in_the_way = next((one.why for one in rows if one.state in {desks.WAITING, desks.VOICELESS}), "")
            raise WrongStateError(in_the_way or NOTHING_STALE)
        return wanted
    named = {line.pk for line in lines}
    found = [one for one in rows if one.line.pk in named]
    for one in found:
        if one.state in {desks.WAITING, desks.VOICELESS, desks.MUTED}:
            raise WrongStateError("This line is muted." if one.state == desks.MUTED else one.why)
    return [str(one.line.pk) for one in found]


def line_ids(run: Run) -> list[str]:
    """The items of a run: one step a line."""
    found: list[str] = run.params.get("lines", [])
    return found


def begin_speaking(dub: Dub, *, actor: User | None) -> Run | None:
    """As soon as the lines are there; called with the dub held. None where there is nothing that anybody here can say."""
    _, rows = desks.read(dub)
    wanted = [str(one.line.pk) for one in rows if one.is_stale]
    if not wanted:
        dub.status = Dub.Status.EDITING
        dub.save(update_fields=["status", "updated_at"])
        events.dub_changed(dub)
        return None
    return dubs.work(dub, dubs.SPEAK, actor=actor, params={"lines": wanted, "again": ""})


def keep(line_id: str, *, sound: dict[str, Any], values: dict[str, Any], suggestion: str = "") -> None:
    """What was spoken is what is heard from now on, stale or not; what was there before goes. A `suggestion` takes nobody's place."""
    line = DubLine.objects.select_for_update(of=("self",)).filter(pk=line_id).first()
    if line is None:
        # Merged into another while it was spoken.
        dubs.let_go({sound["key"]})
        return
    before = line.sound.get("key", "")
    line.sound = sound
    for name, value in values.items():
        setattr(line, name, value)
    line.suggestion = line.suggestion or suggestion
    line.save(update_fields=["sound", "suggestion", *values, "updated_at"])
    if before and before != sound["key"]:
        dubs.let_go({before})
    events.line_changed(line, what="sound")


def unspoken(line_id: str, problem: str) -> None:
    """An engine failed for good: the line says so, and the others go on."""
    line = DubLine.objects.filter(pk=line_id).first()
    if line is not None and line.problem != problem:
        line.problem = problem
        line.save(update_fields=["problem", "updated_at"])
        events.line_changed(line, what="sound")


def finish(dub_id: uuid.UUID, *, by: User | None) -> None:
    """All that was to be spoken is: the dub is ready for a film, or says what is in the way. Called with the run held."""
    Dub.objects.select_for_update(of=("self",)).get(pk=dub_id)
    dub = dubs.find(dub_id)
    _, rows = desks.read(dub)
    report = desks.report_of(rows)
    dub.facts = {**dub.facts, "near": report.near, "spoken": report.spoken}
    dub.save(update_fields=["facts", "updated_at"])
    dubs.become(dub, Dub.Status.READY if report.ready else Dub.Status.EDITING)
    if report.ready and dub.options.get("auto_film") and not dub.made_of:
        mixing.begin_film(dub, actor=by)
    else:
        dubs.tell(dub, f"“{dub.title}” is spoken." if report.ready else f"“{dub.title}” waits for you at its desk.")
