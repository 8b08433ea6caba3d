"""The storyboard: in which order clips come, which part of each is shown, what stands below, and one of them made again."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core import audit
from core.errors import ConflictError, InvalidFieldError, NotFoundError, WrongStateError
from generation import events
from generation.models import GenerationSession, Round, Take
from generation.services import estimating, planning, rounds, sessions
from generation.services.planning import Planned

NOT_FOUND = "Take not found"
LONGEST_CAPTION = 500
# Shorter than this nothing can be seen.
SHORTEST_TRIM = 0.2


def find(session: GenerationSession, take_id: uuid.UUID) -> Take:
    """Those that another has replaced too: they can be chosen again."""
    found = session.takes.select_related("asset", "round", "session").filter(pk=take_id).first()
    if found is None:
        raise NotFoundError(NOT_FOUND)
    return found


def _held(take: Take) -> tuple[GenerationSession, Take]:
    session = sessions.hold(take.session)
    row = Take.objects.select_related("asset", "round", "source").get(pk=take.pk)
    row.session = session
    return session, row


@transaction.atomic
def again(take: Take, *, actor: User, prompt: str = "", seed: int | None = None, model: str = "") -> Round:
    """Makes this one anew, as a variant that takes its place once it is there. All others keep theirs.

    Without another prompt it is the same; without a seed it is another one, for the same would make the same.
    """
    session, row = _held(take)
    if row.kind not in {Take.Kind.IMAGE, Take.Kind.CLIP}:
        raise WrongStateError("A film is composed anew, not made again.")
    if row.removed_at is not None:
        raise WrongStateError("This was taken out. Put it back first.")
    prompt = prompt.strip() or row.prompt
    if len(prompt) > sessions.LONGEST_PROMPT:
        raise InvalidFieldError(f"A prompt has at most {sessions.LONGEST_PROMPT} characters.", field="prompt")
    kind = Round.Kind.IMAGES if row.kind == Take.Kind.IMAGE else Round.Kind.CLIPS
    plan = {**row.round.plan, "count": 1, "again": str(row.pk)}
    plan["model"] = model or str(plan.get("model", ""))
    source = row.source
    if kind == Round.Kind.CLIPS and (source is None or source.asset_id is None):
        raise WrongStateError("The picture of this clip was deleted. Make a clip of another picture.")
    seconds = float(plan.get("seconds") or row.seconds or estimating.DEFAULT_SECONDS)
    estimate = estimating.estimate(session, kind, user=actor, count=1, seconds=seconds, model=plan["model"])
    wanted = Planned(
        prompt,
        planning.seeds(seed, 1)[0],
        source=source,
        seconds=seconds if kind == Round.Kind.CLIPS else None,
        replaces=row,
    )
    return planning.start(session, kind, actor=actor, prompt=prompt, plan=plan, takes=[wanted], estimate=estimate)


@transaction.atomic
def order(session: GenerationSession, take_ids: Sequence[uuid.UUID], *, actor: User) -> None:
    """The approved of one kind, all of them, in this order."""
    locked = sessions.hold(session)
    takes = {take.pk: take for take in locked.takes.shown().filter(approved=True)}
    wanted = list(dict.fromkeys(take_ids))
    if not wanted or any(pk not in takes for pk in wanted):
        raise InvalidFieldError("Name approved takes of this session.", field="take_ids")
    kinds = {takes[pk].kind for pk in wanted}
    if len(kinds) > 1 or {pk for pk, take in takes.items() if take.kind in kinds} != set(wanted):
        # Somebody approved or took out another one meanwhile.
        raise ConflictError("Name all that are approved, of one kind. Read the session again.")
    for place, pk in enumerate(wanted):
        if takes[pk].order_index != place:
            takes[pk].order_index = place
            takes[pk].save(update_fields=["order_index", "updated_at"])
    audit.record("generation.session.order", locked, actor=actor, takes=[str(pk) for pk in wanted])
    events.session_changed(locked)


@transaction.atomic
def trim(take: Take, start: float | None, end: float | None, *, actor: User) -> Take:
    """Shows the seconds between the two; None is the clip's own beginning or end."""
    _, row = _held(take)
    if row.kind != Take.Kind.CLIP or row.seconds is None:
        raise WrongStateError("Only clips that are ready are trimmed.")
    first, last = start if start is not None else 0.0, end if end is not None else row.seconds
    if not (math.isfinite(first) and math.isfinite(last)) or first < 0 or last > row.seconds + 0.001:
        raise InvalidFieldError(f"This clip has {row.seconds:.2f} seconds.", field="trim")
    if last - first < SHORTEST_TRIM:
        raise InvalidFieldError(f"At least {SHORTEST_TRIM:g} seconds are shown.", field="trim")
    row.trim_start, row.trim_end = start, None if end is None else min(end, row.seconds)
    return _changed(row, "trim_start", "trim_end", actor=actor, verb="trim")


@transaction.atomic
def caption(take: Take, text: str, *, actor: User) -> Take:
    _, row = _held(take)
    text = text.strip()
    if len(text) > LONGEST_CAPTION:
        raise InvalidFieldError(f"A caption has at most {LONGEST_CAPTION} characters.", field="caption")
    row.caption = text
    return _changed(row, "caption", actor=actor, verb="caption")


@transaction.atomic
def remove(take: Take, *, actor: User) -> Take:
    """Out of the storyboard. Its file stays, and it can be put back."""
    _, row = _held(take)
    if row.status == Take.Status.WAITING:
        raise WrongStateError("This is being made. Cancel it first.")
    row.removed_at, row.approved, row.order_index = timezone.now(), False, None
    return _changed(row, "removed_at", "approved", "order_index", actor=actor, verb="remove")


@transaction.atomic
def restore(take: Take, *, actor: User) -> Take:
    _, row = _held(take)
    row.removed_at = None
    return _changed(row, "removed_at", actor=actor, verb="restore")


@transaction.atomic
def choose_variant(take: Take, *, actor: User) -> Take:
    """Shows this one of the variants. It is approved, and in the order, as the one was that was shown."""
    session, row = _held(take)
    if row.status != Take.Status.READY or row.asset_id is None or row.removed_at is not None:
        raise WrongStateError("This variant is not there to be shown.")
    if row.replaced_by_id is None:
        return row
    rounds.take_place(row, of=Take.objects.get(pk=row.replaced_by_id))
    audit.record("generation.take.choose", row, actor=actor)
    events.take_changed(row)
    events.session_changed(session)
    return row


def _changed(row: Take, *names: str, actor: User, verb: str) -> Take:
    row.save(update_fields=[*names, "updated_at"])
    audit.record(f"generation.take.{verb}", row, actor=actor, **{name: str(getattr(row, name)) for name in names})
    events.take_changed(row)
    return row
