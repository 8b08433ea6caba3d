"""Pictures of a session: so many for a prompt, each planned with its seed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from accounts.models import Project, User
from ai.capabilities.generate_image import ASPECT_RATIOS
from core.errors import InvalidFieldError
from generation.models import GenerationSession, Round
from generation.services import estimating, planning, sessions
from generation.services.planning import Planned
from media_library.models import Asset

__all__ = ["ASPECT_RATIOS", "FAILED", "MOST", "begin", "make", "require_aspect"]

FAILED = "Image generation failed"
MOST = 8
MOST_REFERENCES = 4


@transaction.atomic
def make(
    session: GenerationSession,
    *,
    actor: User,
    prompt: str = "",
    count: int = 4,
    aspect_ratio: str = "",
    model: str = "",
    seed: int | None = None,
    references: Sequence[Asset] = (),
) -> Round:
    """Begins `count` more. Without a prompt or shape they are the session's. Earlier pictures, and which are approved, stay.

    `references` are pictures of the library to follow, for engines that can. 409 while a step of the session runs, 402 over budget.
    """
    locked = sessions.hold(session)
    prompt = prompt.strip() or locked.prompt
    aspect_ratio = aspect_ratio or locked.aspect_ratio
    require_aspect(aspect_ratio)
    if not 1 <= count <= MOST:
        raise InvalidFieldError(f"One asks for 1 to {MOST} pictures at a time.", field="num_images")
    if len(prompt) > sessions.LONGEST_PROMPT:
        raise InvalidFieldError(f"A prompt has at most {sessions.LONGEST_PROMPT} characters.", field="prompt")
    estimate = estimating.estimate(locked, Round.Kind.IMAGES, user=actor, count=count, model=model)
    plan = {
        "count": count,
        "aspect_ratio": aspect_ratio,
        "model": model,
        "references": [str(one.pk) for one in references[:MOST_REFERENCES]],
    }
    takes = [Planned(prompt, one) for one in planning.seeds(seed, count)]
    return planning.start(
        locked, Round.Kind.IMAGES, actor=actor, prompt=prompt, plan=plan, takes=takes, estimate=estimate
    )


@transaction.atomic
def begin(
    owner: User,
    *,
    prompt: str,
    count: int = 4,
    aspect_ratio: str = "",
    model: str = "",
    seed: int | None = None,
    references: Sequence[Asset] = (),
    session_id: uuid.UUID | None = None,
    project: Project | None = None,
    cap_usd: Decimal | None = None,
    title: str = "",
) -> Round:
    """A session and its first pictures, both or neither. With the id of one's own session and the same prompt: more of them."""
    require_aspect(aspect_ratio or ASPECT_RATIOS[0])
    session = sessions.begin(
        owner,
        prompt=prompt,
        aspect_ratio=aspect_ratio or ASPECT_RATIOS[0],
        session_id=session_id,
        project=project,
        cap_usd=cap_usd,
        title=title,
    )
    return make(
        session, actor=owner, count=count, aspect_ratio=aspect_ratio, model=model, seed=seed, references=references
    )


def require_aspect(aspect_ratio: str) -> None:
    if aspect_ratio not in ASPECT_RATIOS:
        raise InvalidFieldError(f"Shapes are {', '.join(ASPECT_RATIOS)}.", field="aspect_ratio", kind="literal_error")
