"""Who may do what with a brief he can see: section 2.4 of the role matrix, and nobody approves what he wrote or submitted."""

from __future__ import annotations

from accounts.models import User
from accounts.policies import ALLOWED, Decision, denied, rule
from jobs.models import Brief

R = User.Role
WRITERS = (R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN)
# Of other people's briefs; customers change their own.
KEEPERS = (R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN)
APPROVERS = (R.PROJECT_MANAGER, R.ADMIN)


def role_for(user: User, brief: Brief) -> str:
    return user.role_in(brief.organization_id)


@rule("jobs.brief.open")
def readers(user: User, obj: None) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """The list of briefs; `visible_to` decides which."""
    return ALLOWED if user.has_role(*WRITERS) else denied("Linguists and reviewers work on jobs, not on briefs.")


@rule("jobs.brief.create")
def writers(user: User, obj: Brief | None) -> Decision:
    """Where no house is named yet, a role in any of one's houses is enough; services ask again about the house it is for."""
    allowed = user.has_role(*WRITERS) if obj is None else role_for(user, obj) in WRITERS
    return ALLOWED if allowed else denied("Linguists and reviewers do not write briefs.")


@rule("jobs.brief.change", "jobs.brief.submit")
def changers(user: User, obj: Brief) -> Decision:
    role = role_for(user, obj)
    if role in KEEPERS or (role == R.CLIENT and obj.created_by_id == user.pk):
        return ALLOWED
    return denied("Whoever wrote the brief, a project manager, production or an admin does this.")


@rule("jobs.brief.approve")
def approvers(user: User, obj: Brief) -> Decision:
    if role_for(user, obj) not in APPROVERS:
        return denied("A project manager approves a brief.")
    if user.pk in (obj.created_by_id, obj.submitted_by_id):
        return denied("Nobody approves a brief they wrote or submitted themselves.")
    return ALLOWED
