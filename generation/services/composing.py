"""Films of a session's approved clips: the wish is checked and written down, a run makes it, and it becomes a file of its owner.

The same film of the same files is made once. Nothing is locked while pictures are made. It costs nothing: no engine is asked.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from core import audit
from core import fonts as letters
from core.errors import DomainError
from core.runs import artefacts
from core.runs.models import Run
from core.storage import store
from generation import events
from generation.models import GenerationSession, Round, Take
from generation.services import approving, clips, planning, rounds, sessions, wishes
from generation.services.wishes import Wish, read
from media_library.media.overlays import Overlay
from media_library.models import Asset, Transcript
from media_library.services import provenance, quota

__all__ = ["Overlay", "Wish", "compose", "fonts", "keep", "read"]

KIND = "generation.film"
FAILED = rounds.FAILURES[Round.Kind.FILM.value]
NO_CLIPS = approving.NONE[Take.Kind.CLIP.value]
# What is made of a plan has changed: what was made before is not the same any more.
MADE = 1
# The steps whose files a film is put together of.
PARTS = ("form", "piece", "sound")
LABEL, PLAIN_LABEL = "AI-generated", "Computer-generated"
OPENING_SECONDS = 4.0


def fonts() -> list[str]:
    """The faces that words may be set in."""
    return list(letters.FACES)


@transaction.atomic
def keep(session: GenerationSession, wish: Wish, *, actor: User) -> GenerationSession:
    """What was wished, for the next time; nothing is made yet."""
    locked = sessions.hold(session)
    locked.composition = wish.stored()
    locked.save(update_fields=["composition", "updated_at"])
    audit.record("generation.composition.keep", locked, actor=actor, overlays=len(wish.overlays))
    events.session_changed(locked)
    return locked


@transaction.atomic
def compose(session: GenerationSession, wish: Wish, *, actor: User) -> Round:
    """The film that is being made, or, where the same was made before, that one. 409 while another step runs, 400 without clips."""
    locked = sessions.hold(session)
    chosen = clips.approved(locked, Take.Kind.CLIP)
    plan = _plan(locked, chosen, wish)
    if chosen and (same := _same(locked, plan["digest"])) is not None:
        return _shown_again(locked, same, wish)
    planning.refuse_while_running(locked)
    if not chosen:
        raise DomainError(NO_CLIPS)
    quota.hold(locked.owner)
    quota.require_room(locked.owner, sum(take.asset.size for take in chosen if take.asset))
    last = locked.rounds.filter(kind=Round.Kind.FILM).aggregate(last=Max("number"))["last"] or 0
    made = Round.objects.create(
        session=locked,
        kind=Round.Kind.FILM,
        number=last + 1,
        prompt=locked.prompt,
        plan=plan,
        requested_by=actor,
    )
    Take.objects.create(session=locked, round=made, kind=Take.Kind.FINAL, index=0, prompt=locked.prompt)
    locked.composition = wish.stored()
    locked.save(update_fields=["composition", "updated_at"])
    planning.begin(locked, made, actor=actor)
    audit.record("generation.film.make", locked, actor=actor, round=str(made.pk), clips=len(chosen))
    return made


def _plan(session: GenerationSession, chosen: Sequence[Take], wish: Wish) -> dict[str, Any]:
    shown = []
    for take in chosen:
        assert take.asset is not None  # noqa: S101  (only takes with a file are chosen)
        start, end = wishes.range_of(take)
        caption = take.caption if wish.captions != "none" else ""
        shown.append(
            {
                "take_id": str(take.pk),
                "asset_id": str(take.asset.pk),
                "start": start,
                "end": end,
                "caption": caption,
                "trained": provenance.is_generated(take.asset),
            }
        )
    plan = {"clips": shown, "wish": wish.stored()}
    return {**plan, "digest": _digest(session, plan, wish)}


def _digest(session: GenerationSession, plan: dict[str, Any], wish: Wish) -> str:
    """Names the film by all that its pictures and sound depend on. What stands at an address elsewhere may be another thing by now."""
    ids = {clip["asset_id"] for clip in plan["clips"]} | ({wish.audio_id} if wish.audio_id else set())
    files = sorted((str(pk), digest) for pk, digest in Asset.objects.filter(pk__in=ids).values_list("pk", "sha256"))
    spoken = Transcript.objects.filter(asset__in=Asset.objects.filter(pk__in=ids)).order_by("pk")
    said = [str(one) for one in spoken.values_list("updated_at", flat=True)]
    again = str(uuid.uuid4()) if wish.audio_url else ""
    text = json.dumps(
        [MADE, session.aspect_ratio, plan, files, said if wish.captions != "none" else [], again], sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _same(session: GenerationSession, digest: str) -> Round | None:
    """Made already, with its file still there, or being made."""
    films = session.rounds.filter(kind=Round.Kind.FILM, plan__digest=digest).select_related("run").order_by("-number")
    for made in films.filter(status__in=(Round.Status.RUNNING, Round.Status.DONE)):
        film = film_of(made)
        if made.status == Round.Status.RUNNING or (film is not None and store().exists(film.key)):
            return made
    return None


def _shown_again(session: GenerationSession, made: Round, wish: Wish) -> Round:
    if made.status == Round.Status.DONE:
        planning.refuse_while_running(session)
        session.final, session.status, session.problem = film_of(made), GenerationSession.Status.COMPLETED, ""
        session.completed_at = timezone.now()
    session.composition = wish.stored()
    session.save(update_fields=["final", "status", "problem", "completed_at", "composition", "updated_at"])
    events.session_changed(session)
    return made


def film_of(made: Round) -> Asset | None:
    """What came of it, while it is there."""
    return Asset.objects.filter(take__round=made, take__kind=Take.Kind.FINAL, deleted_at=None).first()


def take_of(made: Round) -> Take:
    return made.takes.select_related("session__owner", "round").get(kind=Take.Kind.FINAL)


def numbers(run: Run) -> list[str]:
    """The places of the clips: each is a piece of its own."""
    return [str(number) for number in range(len(Round.objects.get(pk=run.subject_id).plan["clips"]))]


def overlays_of(plan: dict[str, Any], *, length: float) -> list[Overlay]:
    """The words that stand over the film, with what it says of itself."""
    wish = Wish.of(plan["wish"])
    if wish.label == "none":
        return list(wish.overlays)
    trained = any(clip["trained"] for clip in plan["clips"])
    seconds = length if wish.label == "throughout" else min(length, OPENING_SECONDS)
    label = Overlay(
        text=LABEL if trained else PLAIN_LABEL,
        start=0.0,
        duration=seconds,
        size="small",
        place="top_right",
        margin="action",
        box=True,
    )
    return [*wish.overlays, label]


def ready(
    round_id: uuid.UUID,
    *,
    key: str,
    size: int,
    sha256: str,
    duration: float,
    technical: dict[str, Any],
    how: dict[str, Any],
) -> Asset:
    """The film is its owner's now, and the session is complete."""
    made = rounds.round_of(round_id)
    session = sessions.hold(made.session)
    take = rounds.take_ready(
        take_of(made),
        key=key,
        filename=f"{_stem(session)}-{made.number}.mp4",
        content_type="video/mp4",
        size=size,
        sha256=sha256,
        duration=duration,
        technical=technical,
        provenance=how,
        facts={"engine": "local:film", "digital_source_type": how["kind"], "frames_copied": technical["frames_copied"]},
    )
    assert take.asset is not None  # noqa: S101  (made ready above)
    made.status, made.problem, made.finished_at = Round.Status.DONE, "", timezone.now()
    made.save(update_fields=["status", "problem", "finished_at"])
    session.final, session.status, session.problem = take.asset, GenerationSession.Status.COMPLETED, ""
    session.completed_at = timezone.now()
    session.save(update_fields=["final", "status", "problem", "completed_at", "updated_at"])
    over = session.rounds.filter(kind=Round.Kind.FILM, status__in=(Round.Status.DONE, Round.Status.CANCELLED))
    # The newest has all pieces and sounds that the next film can use.
    artefacts.forget_files(kind=KIND, subjects=over.exclude(pk=made.pk).values("pk"), names=PARTS)
    events.progress(made, 1.0, "Done")
    events.session_changed(session)
    audit.record("generation.film.ready", session, actor=None, round=str(made.pk), asset=str(take.asset.pk))
    return take.asset


def _stem(session: GenerationSession) -> str:
    words = " ".join("".join(sign if sign.isalnum() else " " for sign in str(session)).split())
    return words[:60].strip().replace(" ", "-") or "film"
