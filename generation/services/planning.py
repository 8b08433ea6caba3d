"""A round: planned as a whole, prompts and seeds of every take, before anything is asked of an engine or paid for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from accounts.models import User
from core import audit
from core.errors import InvalidFieldError, WrongStateError
from core.runs import services as runs
from generation import events
from generation.models import GenerationSession, Round, Take
from generation.services import estimating
from generation.services.estimating import Estimate

BUSY = "This session is making something already. Wait until it is done, or cancel it."
LARGEST_SEED = 2**31 - 1
KINDS = {Round.Kind.IMAGES.value: "generation.images", Round.Kind.CLIPS.value: "generation.clips"}
WORKING = {
    Round.Kind.IMAGES.value: GenerationSession.Status.GENERATING_IMAGES,
    Round.Kind.CLIPS.value: GenerationSession.Status.GENERATING_CLIPS,
    Round.Kind.FILM.value: GenerationSession.Status.COMPOSING,
}


@dataclass(frozen=True)
class Planned:
    """One take that is to be made. `replaces` is the take whose place it takes once it is there."""

    prompt: str
    seed: int
    source: Take | None = None
    seconds: float | None = None
    replaces: Take | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def seeds(first: int | None, count: int) -> list[int]:
    """From the one asked for, one after the other; else any."""
    if first is None:
        first = random.randrange(LARGEST_SEED)  # noqa: S311  (makes pictures differ; nothing secret)
    if not 0 <= first <= LARGEST_SEED:
        raise InvalidFieldError(f"A seed is between 0 and {LARGEST_SEED}.", field="seed", kind="out_of_range")
    return [(first + number) % (LARGEST_SEED + 1) for number in range(count)]


def refuse_while_running(session: GenerationSession) -> None:
    """Call with the session locked. The database holds to it too."""
    if session.rounds.filter(status=Round.Status.RUNNING).exists():
        raise WrongStateError(BUSY)


def start(
    session: GenerationSession,
    kind: str,
    *,
    actor: User,
    prompt: str,
    plan: dict[str, Any],
    takes: Sequence[Planned],
    estimate: Estimate,
) -> Round:
    """Writes the plan down and begins its run. Call with the session locked; refused while another step of it runs, and over budget."""
    refuse_while_running(session)
    estimating.require_room(session, estimate, user=actor)
    number = (session.rounds.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Round.objects.create(
        session=session,
        kind=kind,
        number=number,
        prompt=prompt,
        plan=plan,
        estimate_usd=estimate.usd,
        requested_by=actor,
    )
    take_kind = Take.Kind.IMAGE if kind == Round.Kind.IMAGES else Take.Kind.CLIP
    Take.objects.bulk_create(
        Take(
            session=session,
            round=made,
            kind=take_kind,
            index=index,
            prompt=one.prompt,
            seed=one.seed,
            source=one.source,
            seconds=one.seconds,
            made={"replaces": str(one.replaces.pk)} if one.replaces else {},
        )
        for index, one in enumerate(takes)
    )
    begin(session, made, actor=actor)
    audit.record(
        f"generation.{kind}.make",
        session,
        actor=actor,
        round=str(made.pk),
        count=len(takes),
        estimate_usd=str(estimate.usd),
    )
    return made


def begin(session: GenerationSession, made: Round, *, actor: User) -> None:
    """The run of a round that is written down, and what the session shows meanwhile."""
    made.run = runs.start(f"generation.{made.kind}", subject_id=made.pk, created_by=actor)
    made.save(update_fields=["run"])
    session.status, session.problem = WORKING[made.kind], ""
    session.save(update_fields=["status", "problem", "updated_at"])
    events.session_changed(session)
