"""Clips of a session: its approved pictures, in their order, set in motion."""

from __future__ import annotations

import math
from typing import Any

from django.db import transaction

from accounts.models import User
from core.errors import DomainError, InvalidFieldError
from generation.models import GenerationSession, Round, Take
from generation.services import estimating, planning, sessions
from generation.services.planning import Planned

FAILED = "Clip generation failed"
NO_IMAGES = "No approved images"
MOST = 24
SHORTEST, LONGEST = 1.0, 16.0
READY: dict[str, Any] = {"status": Take.Status.READY, "asset__isnull": False, "asset__deleted_at": None}


@transaction.atomic
def make(
    session: GenerationSession,
    *,
    actor: User,
    video_prompt: str,
    count: int | None = None,
    seconds: float = estimating.DEFAULT_SECONDS,
    model: str = "",
) -> Round:
    """Begins a clip of each approved picture, or `count` of them, in turn. 400 while no picture is approved, 409 while a step runs."""
    locked = sessions.hold(session)
    video_prompt = video_prompt.strip()
    if not video_prompt or len(video_prompt) > sessions.LONGEST_PROMPT:
        raise InvalidFieldError(f"A prompt has 1 to {sessions.LONGEST_PROMPT} characters.", field="video_prompt")
    if not math.isfinite(seconds) or not SHORTEST <= seconds <= LONGEST:
        raise InvalidFieldError(f"A clip has {SHORTEST:g} to {LONGEST:g} seconds.", field="duration")
    if count is not None and not 1 <= count <= MOST:
        raise InvalidFieldError(f"One asks for 1 to {MOST} clips at a time.", field="num_clips")
    pictures = approved(locked, Take.Kind.IMAGE)
    if not pictures:
        raise DomainError(NO_IMAGES)
    count = count or min(len(pictures), MOST)
    estimate = estimating.estimate(locked, Round.Kind.CLIPS, user=actor, count=count, seconds=seconds, model=model)
    plan = {"count": count, "seconds": seconds, "model": model, "aspect_ratio": locked.aspect_ratio}
    takes = [
        Planned(video_prompt, seed, source=pictures[number % len(pictures)], seconds=seconds)
        for number, seed in enumerate(planning.seeds(None, count))
    ]
    locked.video_prompt = video_prompt
    locked.save(update_fields=["video_prompt", "updated_at"])
    return planning.start(
        locked, Round.Kind.CLIPS, actor=actor, prompt=video_prompt, plan=plan, takes=takes, estimate=estimate
    )


def approved(session: GenerationSession, kind: str) -> list[Take]:
    """What was chosen and is there, in its order."""
    chosen = session.takes.shown().filter(kind=kind, approved=True, **READY)
    return list(chosen.select_related("asset").order_by("order_index", "round__created_at", "index", "pk"))
