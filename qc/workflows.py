"""The language review's state machine, as accessible.yaml states it, and one function per move."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core import audit
from core.errors import ConflictError, DomainError, WrongStateError
from core.workflow import Machine, Move
from jobs.models import Job
from jobs.services.quality import gate
from jobs.workflows import JOB
from qc import events, queries, review_policies
from qc.models import LanguageReview, ReviewComment

S = LanguageReview.State
R = User.Role
# The others are told by the checks themselves.
MOST_FINDINGS = 200

_STAFF = frozenset({R.PROJECT_MANAGER, R.PRODUCTION, R.ADMIN})
_LINGUIST = frozenset({R.LINGUIST, R.PRODUCTION, R.ADMIN})
_REVIEWER = frozenset({R.REVIEWER, R.PRODUCTION, R.ADMIN})
OPEN = frozenset({S.UNASSIGNED, S.ASSIGNED, S.IN_PROGRESS, S.SUBMITTED, S.IN_REVIEW, S.REJECTED})


def _refusal(verb: str, review: Any) -> str:
    return f"Cannot {verb} language '{review.output.language}' in state '{review.state}'"


REVIEW = Machine(
    name="qc.language_review",
    field="state",
    refusal=_refusal,
    moves={
        "assign": Move(frozenset({S.UNASSIGNED}), S.ASSIGNED, _STAFF),
        "reassign": Move(frozenset({S.ASSIGNED, S.IN_PROGRESS, S.REJECTED}), S.ASSIGNED, _STAFF),
        "assign_reviewer": Move(OPEN, None, _STAFF),
        "reassign_reviewer": Move(OPEN, None, _STAFF),
        "start_work": Move(frozenset({S.ASSIGNED}), S.IN_PROGRESS, _LINGUIST),
        "submit": Move(frozenset({S.IN_PROGRESS}), S.SUBMITTED, _LINGUIST),
        "open_review": Move(frozenset({S.SUBMITTED}), S.IN_REVIEW, _REVIEWER),
        "approve": Move(frozenset({S.IN_REVIEW}), S.APPROVED, _REVIEWER),
        "reject": Move(frozenset({S.IN_REVIEW}), S.REJECTED, _REVIEWER),
        "reopen": Move(frozenset({S.REJECTED}), S.IN_PROGRESS, _REVIEWER | _STAFF),
        "mark_cue_reviewed": Move(frozenset({S.IN_PROGRESS, S.IN_REVIEW}), None, _REVIEWER),
        "source_approved": Move(OPEN | {S.APPROVED}, S.APPROVED, system=True),
        "returned_to_qc": Move(frozenset({S.APPROVED}), S.UNASSIGNED, system=True),
    },
)


def allowed_actions(review: LanguageReview, user: User) -> list[str]:
    """What this person may do with the language now, for buttons and for `allowed_actions`."""
    if review.output.job.status in Job.READ_ONLY:
        return []
    taken = {"assign_reviewer"} if review.reviewer_id else {"reassign_reviewer"}
    return [
        verb for verb in REVIEW.allowed(review.state) if verb not in taken and review_policies.may(user, verb, review)
    ]


def begin(verb: str, review: LanguageReview, *, actor: User) -> LanguageReview:
    """Locks the job and the review for the rest of the caller's transaction, and judges the locked rows: right, then state.

    The job first, against `complete` at the same moment: one of the two comes first, and the other sees it.
    """
    job = JOB.lock(review.output.job)
    locked = REVIEW.lock(review)
    locked.output = review.output
    locked.output.job = job
    # What asks the output for its review gets the locked one.
    locked.output.review = locked
    review_policies.require(actor, verb, locked)
    if job.status in Job.READ_ONLY or locked.state not in REVIEW.moves[verb].sources:
        raise WrongStateError(_refusal(verb, locked), current_status=locked.state)
    return locked


def _move(verb: str, locked: LanguageReview, *, actor: User | None, **more: Any) -> LanguageReview:
    output, before = locked.output, locked.state
    moved = REVIEW.move(verb, locked, actor=actor, **more)
    moved.output = output
    if moved.state != before:
        events.language_state(output, state=moved.state, before=before)
    return moved


def _require_able(person: User, review: LanguageReview, roles: frozenset[str], refusal: str) -> None:
    """Role and language. Whoever has named no languages works in every one."""
    if person.role_in(review.output.job.organization_id) not in roles:
        raise DomainError(refusal)
    if queries.level_in(review.output.language, list(person.language_skills.all())) is None:
        raise DomainError(f"User does not work in {review.output.language}")


def _require_unchanged(verb: str, seen: LanguageReview, locked: LanguageReview, person: str) -> None:
    """What is replaced is what the caller saw: of two at the same moment one wins."""
    if getattr(seen, person) != getattr(locked, person):
        raise WrongStateError(_refusal(verb, locked), current_status=locked.state)


def _give(
    verb: str, review: LanguageReview, *, linguist: User, due_at: datetime | None, actor: User, **changes: Any
) -> LanguageReview:
    locked = begin(verb, review, actor=actor)
    _require_unchanged(verb, review, locked, "linguist_id")
    _require_able(linguist, locked, _LINGUIST, "User is not a linguist")
    if locked.reviewer_id == linguist.pk:
        raise DomainError("User is the reviewer of this language")
    before = locked.linguist
    changes |= {"linguist": linguist, **({"due_at": due_at} if due_at else {})}
    locked = _move(verb, locked, actor=actor, changes=changes, linguist=str(linguist.pk))
    if before is not None and before != linguist:
        events.taken_away(locked, before, by=actor)
    events.given(locked, linguist, by=actor)
    return locked


@transaction.atomic
def assign(review: LanguageReview, *, linguist: User, actor: User, due_at: datetime | None = None) -> LanguageReview:
    return _give("assign", review, linguist=linguist, due_at=due_at, actor=actor)


@transaction.atomic
def reassign(review: LanguageReview, *, linguist: User, actor: User, due_at: datetime | None = None) -> LanguageReview:
    """Versions and reviewed cues are kept; a waiver was for the one who had the language before."""
    fresh = {"started_at": None, "rejection_reason": "", "waiver": "", "waived_by": None}
    return _give("reassign", review, linguist=linguist, due_at=due_at, actor=actor, **fresh)


@transaction.atomic
def assign_reviewer(review: LanguageReview, *, reviewer: User, actor: User) -> LanguageReview:
    locked = begin("assign_reviewer", review, actor=actor)
    if locked.reviewer_id is not None:
        raise ConflictError("Reviewer already assigned; use reassign-reviewer")
    return _give_review("assign_reviewer", locked, reviewer=reviewer, actor=actor)


@transaction.atomic
def reassign_reviewer(review: LanguageReview, *, reviewer: User, actor: User) -> LanguageReview:
    """An opened review goes back to waiting for the new reviewer."""
    locked = begin("reassign_reviewer", review, actor=actor)
    if locked.reviewer_id is None:
        raise ConflictError("No reviewer assigned")
    _require_unchanged("reassign_reviewer", review, locked, "reviewer_id")
    return _give_review("reassign_reviewer", locked, reviewer=reviewer, actor=actor)


def _give_review(verb: str, locked: LanguageReview, *, reviewer: User, actor: User) -> LanguageReview:
    _require_able(reviewer, locked, _REVIEWER, "User is not a reviewer")
    if reviewer.pk in (locked.linguist_id, locked.submitted_by_id):
        raise DomainError("User is not a reviewer", reason=review_policies.OWN_WORK)
    before = locked.reviewer
    target = S.SUBMITTED if verb == "reassign_reviewer" and locked.state == S.IN_REVIEW else None
    locked = _move(verb, locked, actor=actor, target=target, changes={"reviewer": reviewer}, reviewer=str(reviewer.pk))
    if before is not None and before != reviewer:
        events.taken_away(locked, before, by=actor)
    events.review_given(locked, reviewer, by=actor)
    return locked


@transaction.atomic
def start_work(review: LanguageReview, *, actor: User) -> LanguageReview:
    if _is_open_already("start_work", review, S.IN_PROGRESS, person="linguist_id", actor=actor):
        return review
    locked = begin("start_work", review, actor=actor)
    return _move("start_work", locked, actor=actor, changes={"started_at": timezone.now()})


def _is_open_already(verb: str, review: LanguageReview, state: str, *, person: str, actor: User) -> bool:
    """The same person opens once more what they have open: nothing changes."""
    review_policies.require(actor, verb, review)
    still = review.state == state and getattr(review, person) == actor.pk
    return still and review.output.job.status not in Job.READ_ONLY


@transaction.atomic
def submit(review: LanguageReview, *, actor: User, comment: str = "") -> LanguageReview:
    locked = begin("submit", review, actor=actor)
    _require_checked(locked)
    changes = {"submitted_at": timezone.now(), "submitted_by": actor}
    locked = _move("submit", locked, actor=actor, changes=changes, comment=comment)
    if comment:
        say(locked, comment, author=actor)
    events.submitted(locked, queries.reviewers_of(locked), by=actor)
    return locked


def _require_checked(review: LanguageReview) -> None:
    """A job may demand that its style is kept, unless somebody else than the linguist waived it."""
    findings = gate(review.output)
    if not findings:
        return
    profile, number = review.output.job.quality_profile, len(findings)
    errors = f"{number} error{'' if number == 1 else 's'}"
    raise WrongStateError(
        f"Language '{review.output.language}' has {errors} of profile '{profile}'",
        profile=profile,
        findings=[asdict(finding) for finding in findings[:MOST_FINDINGS]],
    )


@transaction.atomic
def open_review(review: LanguageReview, *, actor: User) -> LanguageReview:
    """With nobody named, whoever opens it is the reviewer."""
    if _is_open_already("open_review", review, S.IN_REVIEW, person="reviewer_id", actor=actor):
        return review
    locked = begin("open_review", review, actor=actor)
    claimed = {"reviewer": actor} if locked.reviewer_id is None else {}
    return _move("open_review", locked, actor=actor, changes={"review_started_at": timezone.now(), **claimed})


@transaction.atomic
def approve(review: LanguageReview, *, actor: User, comment: str = "") -> LanguageReview:
    locked = begin("approve", review, actor=actor)
    changes = {"approved_at": timezone.now(), "approved_by": actor}
    locked = _move("approve", locked, actor=actor, changes=changes, comment=comment)
    if comment:
        say(locked, comment, author=actor)
    events.approved(locked, by=actor)
    return locked


@transaction.atomic
def reject(review: LanguageReview, *, actor: User, reason: str = "") -> LanguageReview:
    locked = begin("reject", review, actor=actor)
    locked = _move("reject", locked, actor=actor, changes={"rejection_reason": reason}, reason=reason)
    if reason:
        say(locked, reason, author=actor)
    events.rejected(locked, by=actor)
    return locked


@transaction.atomic
def reopen(review: LanguageReview, *, actor: User, comment: str = "") -> LanguageReview:
    """Back to its linguist; to nobody when there is none."""
    locked = begin("reopen", review, actor=actor)
    target = S.IN_PROGRESS if locked.linguist_id else S.UNASSIGNED
    locked = _move("reopen", locked, actor=actor, target=target, changes={"rejection_reason": ""}, comment=comment)
    if comment:
        say(locked, comment, author=actor)
    events.reopened(locked, by=actor)
    return locked


@transaction.atomic
def waive(review: LanguageReview, *, actor: User, reason: str) -> LanguageReview:
    """The language may be submitted although its profile is broken, until it is given to somebody else."""
    job = JOB.lock(review.output.job)
    locked = REVIEW.lock(review)
    locked.output = review.output
    locked.output.job = job
    review_policies.require(actor, "waive", locked)
    if job.status in Job.READ_ONLY or locked.state not in OPEN:
        raise WrongStateError(_refusal("waive", locked), current_status=locked.state)
    locked.waiver, locked.waived_by = reason, actor
    locked.save(update_fields=["waiver", "waived_by", "updated_at"])
    audit.record("qc.language_review.waive", locked, actor=actor, reason=reason)
    return locked


def say(review: LanguageReview, body: str, *, author: User, **about: Any) -> ReviewComment:
    """Keeps what somebody says of the language. It is about the work of its linguist of now."""
    return ReviewComment.objects.create(review=review, body=body, author=author, about_id=review.linguist_id, **about)


@transaction.atomic
def approve_with_source(review: LanguageReview, *, actor: User) -> LanguageReview:
    """The job's source was approved, and with it the source language."""
    changes = {"approved_at": timezone.now(), "approved_by": actor}
    return _move("source_approved", review, actor=actor, changes=changes)


@transaction.atomic
def return_to_qc(review: LanguageReview, *, actor: User) -> LanguageReview:
    """The job went back from its final review: whoever had the language has it again."""
    target = S.IN_PROGRESS if review.linguist_id else S.UNASSIGNED
    cleared = {"approved_at": None, "approved_by": None, "waiver": "", "waived_by": None}
    review = _move("returned_to_qc", review, actor=actor, target=target, changes=cleared)
    events.reopened(review, by=actor)
    return review
