"""Who may do what with a job he can see. The table is section 2.2 of the role matrix; the reason is shown to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts import policies
from accounts.models import Organization, User
from accounts.policies import ALLOWED, Decision, denied
from core.errors import NotAllowedError, WrongStateError
from jobs.models import Job, LanguageOutput

R = User.Role
BEFORE_QC = frozenset({Job.Status.CREATED, Job.Status.INGESTING, Job.Status.AI_PROCESSING})


@dataclass(frozen=True)
class Rule:
    """`roles` may always; `creator` may with a job he made, while `creator_until` allows."""

    roles: frozenset[str]
    creator: bool = False
    creator_until: frozenset[str] | None = None
    reason: str = ""


def _rule(*roles: str, **more: Any) -> Rule:
    return Rule(frozenset({R.ADMIN, *roles}), **more)


RULES: dict[str, Rule] = {
    "create": _rule(R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, reason="Linguists and reviewers do not start jobs."),
    "cancel": _rule(R.PRODUCTION, R.PROJECT_MANAGER, creator=True, creator_until=BEFORE_QC),
    "retry": _rule(R.PRODUCTION, R.PROJECT_MANAGER),
    "approve_source": _rule(R.REVIEWER, R.PRODUCTION, reason="A reviewer or production approves the source."),
    "reprocess": _rule(reason="Only an admin makes a stuck job start over."),
    "complete": _rule(R.PROJECT_MANAGER, reason="A project manager completes a job."),
    # Which language and state is decided per track, by `may_edit_track`.
    "edit_tracks": _rule(R.LINGUIST, R.REVIEWER, R.PRODUCTION),
    # Which language and state is decided per track too.
    "pause_points": _rule(R.LINGUIST, R.REVIEWER, R.PRODUCTION),
    "description_mode": _rule(R.LINGUIST, R.REVIEWER, R.PRODUCTION, R.PROJECT_MANAGER),
    "downloads": _rule(R.CLIENT, R.REVIEWER, R.PRODUCTION, R.PROJECT_MANAGER),
}


def role_for(user: User, job: Job | None) -> str:
    """What the person does where the job is done."""
    return user.role if job is None else user.role_in(job.organization_id)


def decision(user: User, action: str, job: Job | None = None) -> Decision:
    rule = RULES[action]
    role = role_for(user, job)
    # Where there is no job yet, a role in any of one's houses is enough; services check the house it is made in.
    if role in rule.roles or (job is None and user.has_role(*rule.roles)):
        return ALLOWED
    made_it = job is not None and rule.creator and job.created_by_id == user.pk and role == R.CLIENT
    if job is not None and made_it and (rule.creator_until is None or job.status in rule.creator_until):
        return ALLOWED
    return denied(rule.reason)


def _register(action: str) -> None:
    @policies.rule(f"jobs.job.{action}")
    def rule(user: User, job: Job | None) -> Decision:
        return decision(user, action, job)


for _action in RULES:
    _register(_action)


def allowed(user: User, action: str, job: Job | None = None) -> bool:
    return bool(policies.can(user, f"jobs.job.{action}", job))


def require_in_house(user: User, action: str, house: Organization | None) -> None:
    """For what is about to be made: the role that counts is the one in that house."""
    rule = RULES[action]
    if (user.role if house is None else user.role_in(house.pk)) not in rule.roles:
        raise NotAllowedError(reason=rule.reason)


def require(user: User, action: str, job: Job | None = None) -> None:
    policies.require(user, f"jobs.job.{action}", job)


def _review(output: LanguageOutput) -> Any:
    """The language's review, which app qc hangs on every output; its state and people decide who edits."""
    return getattr(output, "review", None)


def is_approved(output: LanguageOutput) -> bool:
    review = _review(output)
    return review is not None and review.state == "approved"


def may_read_track(user: User, output: LanguageOutput) -> bool:
    review = _review(output)
    if role_for(user, output.job) == R.LINGUIST:
        return bool(review and review.linguist_id == user.pk) or output.job.created_by_id == user.pk
    return True


def _linguist_edits(user: User, output: LanguageOutput) -> bool:
    review = _review(output)
    if review is None or review.linguist_id != user.pk:
        return False
    if review.state not in {"assigned", "in_progress", "rejected"}:
        raise WrongStateError(f"Language '{output.language}' is not being worked on (it is {review.state}).")
    return True


def _reviewer_edits(user: User, output: LanguageOutput) -> bool:
    review = _review(output)
    if review is None:
        return False
    if review.reviewer_id is None:
        # Nobody is named: whoever of the house opens the waiting source corrects it.
        return output.is_source and output.job.status == Job.Status.PENDING_QC
    return bool(review.reviewer_id == user.pk)


EDITORS: dict[str, Callable[[User, LanguageOutput], bool]] = {
    R.ADMIN: lambda _user, _output: True,
    R.PRODUCTION: lambda _user, _output: True,
    R.LINGUIST: _linguist_edits,
    R.REVIEWER: _reviewer_edits,
}


def may_edit_track(user: User, output: LanguageOutput) -> bool:
    """False for a role that never may; raises where it may, but not in this state."""
    rule = EDITORS.get(role_for(user, output.job))
    return rule is not None and rule(user, output)


def offers_editing(user: User, output: LanguageOutput) -> bool:
    """Whether a page shows the editor as writable."""
    try:
        return output.job.status not in Job.READ_ONLY and may_edit_track(user, output)
    except WrongStateError:
        return False
