"""The language review's state machine, as accessible.yaml states it, and the moves that a job's own moves cause."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.workflow import Machine, Move
from jobs import events
from qc.models import LanguageReview

S = LanguageReview.State
R = User.Role

_STAFF = frozenset({R.PROJECT_MANAGER, R.PRODUCTION, R.ADMIN})
_LINGUIST = frozenset({R.LINGUIST, R.PRODUCTION, R.ADMIN})
_REVIEWER = frozenset({R.REVIEWER, R.PRODUCTION, R.ADMIN})
_OPEN = frozenset({S.UNASSIGNED, S.ASSIGNED, S.IN_PROGRESS, S.SUBMITTED, S.IN_REVIEW, S.REJECTED})


def _refusal(verb: str, review: Any) -> str:
    return f"Cannot {verb} language '{review.output.language}' in state '{review.state}'"


REVIEW = Machine(
    name="qc.language_review",
    field="state",
    refusal=_refusal,
    moves={
        "assign": Move(frozenset({S.UNASSIGNED}), S.ASSIGNED, _STAFF),
        "reassign": Move(frozenset({S.ASSIGNED, S.IN_PROGRESS, S.REJECTED}), S.ASSIGNED, _STAFF),
        "assign_reviewer": Move(_OPEN, None, _STAFF),
        "reassign_reviewer": Move(_OPEN, None, _STAFF),
        "start_work": Move(frozenset({S.ASSIGNED}), S.IN_PROGRESS, _LINGUIST),
        "submit": Move(frozenset({S.IN_PROGRESS}), S.SUBMITTED, _LINGUIST),
        "open_review": Move(frozenset({S.SUBMITTED}), S.IN_REVIEW, _REVIEWER),
        "approve": Move(frozenset({S.IN_REVIEW}), S.APPROVED, _REVIEWER),
        "reject": Move(frozenset({S.IN_REVIEW}), S.REJECTED, _REVIEWER),
        "reopen": Move(frozenset({S.REJECTED}), S.IN_PROGRESS, _LINGUIST | _REVIEWER | _STAFF),
        "mark_cue_reviewed": Move(frozenset({S.IN_PROGRESS, S.IN_REVIEW}), None, _LINGUIST | _REVIEWER),
        "source_approved": Move(_OPEN | {S.APPROVED}, S.APPROVED, system=True),
        "returned_to_qc": Move(frozenset({S.APPROVED}), S.UNASSIGNED, system=True),
    },
)


@transaction.atomic
def approve_with_source(review: LanguageReview, *, actor: User) -> LanguageReview:
    """The job's source was approved, and with it the source language."""
    before = review.state
    review = REVIEW.move("source_approved", review, actor=actor, changes={"approved_at": timezone.now()})
    events.language_state(review.output, state=review.state, before=before)
    return review
