"""One clip or one section made again: another range, or other words, by what people said of it."""

from __future__ import annotations

import re

from django.db import transaction

from accounts.models import User
from chat.models import ClipProposal, Record, ScriptComment
from core import audit
from core.runs import services as runs
from core.runs.models import Run

KIND = "chat.regenerate"
CALL = "@mv-video"
MOST_FEEDBACK = 2_000

_CALL = re.compile(re.escape(CALL), re.IGNORECASE)


@transaction.atomic
def begin(thing: ClipProposal | Record, *, feedback: str, actor: User, comment: ScriptComment | None = None) -> Run:
    """Refused (409) while the same thing is being made already. Without feedback the open comments on it are what is wished for."""
    is_clip = isinstance(thing, ClipProposal)
    wished = plain(feedback) or (plain(comment.content) if comment else "") or _comments_on(thing)
    params = {"thing": "clip" if is_clip else "record", "feedback": wished[:MOST_FEEDBACK]}
    run = runs.start(KIND, subject_id=thing.pk, params=params, created_by=actor)
    if comment is not None:
        ScriptComment.objects.filter(pk=comment.pk).update(run=run, regeneration_requested=True)
        comment.run, comment.regeneration_requested = run, True
    audit.record(
        "chat.clip.regenerate" if is_clip else "chat.record.regenerate",
        thing,
        actor=actor,
        run=str(run.pk),
        conversation=str(thing.conversation_id),
        comment=str(comment.pk) if comment else "",
    )
    return run


def plain(feedback: str) -> str:
    """What is wished for, without the word that calls for it."""
    return " ".join(_CALL.sub(" ", feedback).split())


def _comments_on(thing: ClipProposal | Record) -> str:
    open_ones = thing.comments.filter(resolved_at=None).order_by("created_at", "pk").values_list("content", flat=True)
    return " ".join(filter(None, map(plain, open_ones)))
