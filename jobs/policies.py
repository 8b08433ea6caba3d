"""Who may do what with a job he can see. The table is section 2.2 of the role matrix; the reason is shown to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts import policies
from accounts.models import Client, Organization, User
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


# Where nobody at all may cancel, the state is the reason: a client is told so, too.
NEVER_CANCELLED = frozenset({Job.Status.COMPLETED, Job.Status.REJECTED, Job.Status.FAILED, Job.Status.CANCELLED})
SOURCE = "A reviewer or production approves the source."
VERDICT = "A project manager decides the final review."
PRODUCTION = "Production does this."

RULES: dict[str, Rule] = {
    "create": _rule(R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, reason="Linguists and reviewers do not start jobs."),
    "clone": _rule(R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, reason="Linguists and reviewers do not start jobs."),
    "update": _rule(R.PRODUCTION, R.PROJECT_MANAGER, creator=True),
    "delete": _rule(R.PRODUCTION, R.PROJECT_MANAGER, creator=True, creator_until=BEFORE_QC),
    "cancel": _rule(R.PRODUCTION, R.PROJECT_MANAGER, creator=True, creator_until=BEFORE_QC | NEVER_CANCELLED),
    "retry": _rule(R.PRODUCTION, R.PROJECT_MANAGER),
    "validate": _rule(R.PRODUCTION, R.PROJECT_MANAGER),
    "approve_source": _rule(R.REVIEWER, R.PRODUCTION, reason=SOURCE),
    "approve_english": _rule(R.REVIEWER, R.PRODUCTION, reason=SOURCE),
    "reject": _rule(R.REVIEWER, R.PRODUCTION, reason=SOURCE),
    "reprocess": _rule(reason="Only an admin makes a stuck job start over."),
    "complete": _rule(R.PROJECT_MANAGER, reason="A project manager completes a job."),
    "reject_final": _rule(R.PROJECT_MANAGER, reason=VERDICT),
    "return_to_qc": _rule(R.PROJECT_MANAGER, reason=VERDICT),
    "blocked_on_source": _rule(R.PRODUCTION, reason=PRODUCTION),
    "promote_to_qc": _rule(R.PRODUCTION, reason=PRODUCTION),
    "retry_tts": _rule(R.PRODUCTION, reason=PRODUCTION),
    "translate": _rule(
        R.PRODUCTION, R.PROJECT_MANAGER, reason="Production and project managers have a language translated."
    ),
    # Which language and state is decided per track, by `may_edit_track`.
    "edit_tracks": _rule(R.LINGUIST, R.REVIEWER, R.PRODUCTION),
    "upload_final": _rule(R.PRODUCTION, reason="Production uploads finished texts."),
    # Which language and state is decided per track too.
    "pause_points": _rule(R.LINGUIST, R.REVIEWER, R.PRODUCTION),
    "description_mode": _rule(R.LINGUIST, R.REVIEWER, R.PRODUCTION, R.PROJECT_MANAGER),
    "quality": _rule(R.PRODUCTION, R.PROJECT_MANAGER, reason="Production and project managers choose the style."),
    "costs": _rule(R.PRODUCTION, R.PROJECT_MANAGER, reason="Production and project managers see what work costs."),
    "downloads": _rule(R.CLIENT, R.REVIEWER, R.PRODUCTION, R.PROJECT_MANAGER),
}


def role_for(user: User, job: Job | None) -> str:
    """What the person does where the job is done."""
    return user.role if job is None else user.role_in(job.organization_id)


def decision(user: User, action: str, job: Job | None = None) -> Decision:
    rule = RULES[action]
    role = role_for(user, job)
    # Where no job is named yet, a role in any of one's houses is enough, and being able to have made one: it is asked again then.
    ever = rule.roles | ({R.CLIENT} if rule.creator else set())
    if role in rule.roles or (job is None and user.has_role(*ever)):
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


@policies.rule("jobs.production.use")
def _production(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """The console; whose jobs it shows is decided by `Job.objects.produced_by`."""
    return ALLOWED if user.has_role(R.PRODUCTION, R.ADMIN) else denied(PRODUCTION)


@policies.rule("jobs.dashboard.open")
def dashboard_readers(user: User, obj: Client) -> Decision:
    """The figures of a client's work: its own people, and those who plan and do it for the house."""
    if user.role_in(obj.organization_id) in {R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN}:
        return ALLOWED
    return denied("Linguists and reviewers see their own work.")


@policies.rule("jobs.dashboard.costs")
def cost_readers(user: User, obj: Client) -> Decision:
    if user.role_in(obj.organization_id) in RULES["costs"].roles:
        return ALLOWED
    return denied(RULES["costs"].reason)


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
