"""How a round goes on and ends: its takes one by one, then the round and what the session shows. Stopping it, and trying again.

Runs are locked before sessions, as workers do.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core import audit
from core.errors import NotFoundError, WrongStateError
from core.runs import services as runs
from core.runs.models import Run, Step
from core.storage import removal
from core.storage.models import Removal
from generation import events
from generation.models import GenerationSession, Round, Take
from generation.services import clips, estimating, images, planning, sessions
from generation.services.estimating import Estimate
from media_library.models import Asset
from media_library.services import making

NOT_FOUND = "Round not found"
FAILURES = {
    Round.Kind.IMAGES.value: images.FAILED,
    Round.Kind.CLIPS.value: clips.FAILED,
    Round.Kind.FILM.value: "Video composition failed",
}
S = GenerationSession.Status
CHOOSING = {Round.Kind.IMAGES.value: S.CHOOSING_IMAGES, Round.Kind.CLIPS.value: S.CHOOSING_CLIPS}


def round_of(round_id: uuid.UUID) -> Round:
    return Round.objects.select_related("session__owner", "run", "requested_by").get(pk=round_id)


def take_ready(
    take: Take,
    *,
    key: str,
    filename: str,
    content_type: str,
    size: int,
    sha256: str,
    duration: float | None,
    technical: dict[str, Any],
    provenance: dict[str, Any],
    facts: dict[str, Any],
) -> Take:
    """The file is its owner's now, and the take's. Where it was made in another's place, that one is kept as a variant of it."""
    session = take.session
    asset = making.add_original(
        owner=session.owner,
        organization=None,
        kind=Asset.Kind.IMAGE if take.kind == Take.Kind.IMAGE else Asset.Kind.VIDEO,
        key=key,
        filename=filename,
        content_type=content_type,
        size=size,
        sha256=sha256,
        shelf=Asset.Shelf.OUTPUT,
        origin=Asset.Origin.GENERATED,
    )
    asset.duration, asset.technical, asset.provenance = duration, technical, provenance
    asset.save(update_fields=["duration", "technical", "provenance", "updated_at"])
    removal.keep(key)
    take.asset, take.status, take.problem = asset, Take.Status.READY, ""
    take.made, take.seconds = take.made | facts, duration
    take.save(update_fields=["asset", "status", "problem", "made", "seconds", "updated_at"])
    audit.record("generation.take.ready", take, actor=None, asset=str(asset.pk), engine=facts.get("engine", ""))
    if replaced := Take.objects.filter(pk=take.made.get("replaces"), session=session).first():
        take_place(take, of=replaced)
    events.take_changed(take)
    return take


def take_place(take: Take, *, of: Take) -> None:
    """`take` is shown where `of` was, approved and in the same order if that was. `of` and its other variants stay to choose from."""
    shown = of
    while shown.replaced_by_id is not None:
        shown = Take.objects.get(pk=shown.replaced_by_id)
    Take.objects.filter(replaced_by=shown).exclude(pk=take.pk).update(replaced_by=take)
    take.approved, take.order_index, take.caption = shown.approved, shown.order_index, shown.caption
    take.replaced_by = None
    take.trim_start, take.trim_end = _trim_within(shown, take)
    take.save(
        update_fields=["approved", "order_index", "caption", "replaced_by", "trim_start", "trim_end", "updated_at"]
    )
    if shown.pk != take.pk:
        shown.approved, shown.order_index, shown.replaced_by = False, None, take
        shown.save(update_fields=["approved", "order_index", "replaced_by", "updated_at"])
        events.take_changed(shown)


def _trim_within(old: Take, new: Take) -> tuple[float | None, float | None]:
    """The same seconds, where the new clip has them."""
    fits = (old.trim_end or 0) <= (new.seconds or 0) and (old.trim_start or 0) < (new.seconds or 0)
    return (old.trim_start, old.trim_end) if fits else (None, None)


def take_failed(take_id: uuid.UUID | str, problem: str) -> None:
    waiting = Take.objects.filter(pk=take_id, status__in=(Take.Status.WAITING, Take.Status.FAILED))
    if waiting.update(status=Take.Status.FAILED, problem=problem, updated_at=timezone.now()):
        events.take_changed(Take.objects.get(pk=take_id))


def progress(run: Run, message: str) -> None:
    """In the words of the document: which of how many."""
    made = Round.objects.get(pk=run.subject_id)
    events.progress(made, run.progress, message)


def finish(round_id: uuid.UUID) -> Round:
    """What came is there to choose from, though some may have failed."""
    made = round_of(round_id)
    failed = made.takes.filter(status=Take.Status.FAILED).count()
    problem = f"{failed} of {made.takes.count()} could not be made." if failed else ""
    _ended(made, Round.Status.DONE, problem)
    _show(made, CHOOSING[made.kind], problem)
    events.progress(made, 1.0, "Ready to choose from")
    audit.record(f"generation.{made.kind}.ready", made.session, actor=None, round=str(made.pk), failed=failed)
    return made


def fail(round_id: uuid.UUID, problem: str) -> None:
    """Nothing came of it. The session stays, and the step can be asked for again."""
    made = round_of(round_id)
    _give_up(made, Take.Status.FAILED, problem)
    _ended(made, Round.Status.FAILED, problem)
    _show(made, S.FAILED, problem)
    events.failed(made, made.run.progress if made.run else 0.0, FAILURES[made.kind])
    audit.record(f"generation.{made.kind}.fail", made.session, actor=None, round=str(made.pk), problem=problem[:500])


def stopped(round_id: uuid.UUID) -> None:
    """Somebody wanted no more of it. What was there by then stays."""
    made = round_of(round_id)
    _give_up(made, Take.Status.CANCELLED, "")
    _ended(made, Round.Status.CANCELLED, "")
    _show(made, resting(made.session), "")


def resting(session: GenerationSession) -> str:
    """Where a session stands while nothing is made in it."""
    if session.final_id and session.completed_at:
        return S.COMPLETED
    shown = session.takes.shown().filter(status=Take.Status.READY)
    kinds = set(shown.values_list("kind", flat=True))
    if Take.Kind.CLIP in kinds:
        return S.CHOOSING_CLIPS
    return S.CHOOSING_IMAGES if Take.Kind.IMAGE in kinds else S.CANCELLED


def _give_up(made: Round, status: str, problem: str) -> None:
    """Takes that nobody makes any more, and files of theirs that nobody keeps."""
    open_takes = made.takes.filter(status=Take.Status.WAITING)
    for pk in list(open_takes.values_list("pk", flat=True)):
        unkept = Removal.objects.filter(key__startswith=f"users/{made.session.owner_id}/", key__contains=f"/{pk.hex}-")
        removal.remove_later(list(unkept.values_list("key", flat=True)))
    open_takes.update(status=status, problem=problem, updated_at=timezone.now())


def _ended(made: Round, status: str, problem: str) -> None:
    made.status, made.problem, made.finished_at = status, problem, timezone.now()
    made.save(update_fields=["status", "problem", "finished_at"])


def _show(made: Round, status: str, problem: str) -> None:
    session = made.session
    session.status, session.problem = status, problem
    session.save(update_fields=["status", "problem", "updated_at"])
    events.session_changed(session)


@transaction.atomic
def cancel(made: Round, *, actor: User) -> Round:
    """Ends within seconds; a provider that is at work is told to stop. What is there already stays."""
    if made.status != Round.Status.RUNNING or made.run_id is None:
        raise WrongStateError("This is not being made.")
    runs.cancel(made.run_id)
    audit.record(f"generation.{made.kind}.cancel", made.session, actor=actor, round=str(made.pk))
    return round_of(made.pk)


@transaction.atomic
def retry(made: Round, *, actor: User) -> Round:
    """Makes what failed or was stopped. What came already is neither made nor paid for again."""
    if made.run_id is None:
        raise WrongStateError("This cannot be tried again.")
    runs.hold(made.run_id)
    session = sessions.hold(made.session)
    planning.refuse_while_running(session)
    undone = (Take.Status.FAILED, Take.Status.CANCELLED)
    missing = list(made.takes.shown().filter(status__in=undone))
    if made.kind == Round.Kind.FILM:
        if made.status not in {Round.Status.FAILED, Round.Status.CANCELLED}:
            raise WrongStateError("Only what failed or was stopped can be tried again.")
    elif not missing:
        raise WrongStateError("Nothing of this is missing.")
    else:
        _require_room(session, made, missing, actor=actor)
    made.takes.filter(pk__in=[take.pk for take in missing]).update(status=Take.Status.WAITING, problem="")
    Round.objects.filter(pk=made.pk).update(status=Round.Status.RUNNING, problem="", finished_at=None)
    _again(made.run_id, missing)
    session.status, session.problem = planning.WORKING[made.kind], ""
    session.save(update_fields=["status", "problem", "updated_at"])
    audit.record(f"generation.{made.kind}.retry", session, actor=actor, round=str(made.pk), missing=len(missing))
    events.session_changed(session)
    return round_of(made.pk)


def _again(run_id: uuid.UUID, missing: list[Take]) -> None:
    """The steps of what is missing, and those of no single take that never ended, the last one always. A film goes through all of its
    steps, which answer from what they have."""
    steps = list(Step.objects.filter(run=run_id).order_by("position", "item"))
    if not missing:
        runs.reopen(run_id, steps[0].name)
        return
    wanted = {str(take.pk) for take in missing}
    for step in steps:
        if step.item in wanted or (not step.item and not step.is_finished) or step.pk == steps[-1].pk:
            runs.redo(run_id, [step.name], item=step.item)


def _require_room(session: GenerationSession, made: Round, missing: list[Take], *, actor: User) -> None:
    whole: Estimate = estimating.estimate(
        session,
        made.kind,
        user=actor,
        count=len(missing),
        seconds=float(made.plan.get("seconds") or estimating.DEFAULT_SECONDS),
        model=made.plan.get("model", ""),
    )
    estimating.require_room(session, whole, user=actor)


def find(session: GenerationSession, round_id: uuid.UUID) -> Round:
    found = session.rounds.select_related("session__owner", "run").filter(pk=round_id).first()
    if found is None:
        raise NotFoundError(NOT_FOUND)
    return found
