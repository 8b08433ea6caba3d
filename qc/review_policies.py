"""Who may do what with a language that is checked. The table is section 2.3 of the role matrix; nobody checks what they made."""

from __future__ import annotations

from collections.abc import Callable

from accounts import policies
from accounts.models import User
from accounts.policies import ALLOWED, Decision, denied, rule
from jobs.models import Job
from jobs.policies import role_for
from qc.models import LanguageReview, ReviewComment

R = User.Role
PRODUCTION = frozenset({R.PRODUCTION, R.ADMIN})
STAFF = PRODUCTION | {R.PROJECT_MANAGER}
Check = Callable[[User, LanguageReview], Decision]

ASSIGNS = "Project managers, production and admins give languages to people."
WORKS = "Only the linguist whose language it is works on it."
REVIEWS = "Only the reviewer of the language does this."
OWN_WORK = "Nobody checks what they worked on themselves."


def _role(user: User, review: LanguageReview) -> str:
    return role_for(user, review.output.job)


def _is_reviewer(user: User, review: LanguageReview) -> bool:
    """Named, or nobody is named yet and one is a reviewer of the house."""
    return _role(user, review) == R.REVIEWER and review.reviewer_id in (None, user.pk)


def _assigns(user: User, review: LanguageReview) -> Decision:
    return ALLOWED if _role(user, review) in STAFF else denied(ASSIGNS)


def _works(user: User, review: LanguageReview) -> Decision:
    """Production and admins may as well, and the trail says so."""
    role = _role(user, review)
    if role in PRODUCTION or (role == R.LINGUIST and review.linguist_id == user.pk):
        return ALLOWED
    return denied(WORKS)


def _checks(user: User, review: LanguageReview) -> Decision:
    if not (_role(user, review) in PRODUCTION or _is_reviewer(user, review)):
        return denied(REVIEWS)
    return denied(OWN_WORK) if user.pk in (review.submitted_by_id, review.linguist_id) else ALLOWED


def _reopens(user: User, review: LanguageReview) -> Decision:
    if _role(user, review) in STAFF or _is_reviewer(user, review):
        return ALLOWED
    return denied("The reviewer, a project manager or production takes a language up again.")


def _talks(user: User, review: LanguageReview) -> Decision:
    role = _role(user, review)
    if role in STAFF or _is_reviewer(user, review) or (role == R.LINGUIST and review.linguist_id == user.pk):
        return ALLOWED
    return denied("Comments are for those who work on the language.")


CHECKS: dict[str, Check] = {
    "assign": _assigns,
    "reassign": _assigns,
    "assign_reviewer": _assigns,
    "reassign_reviewer": _assigns,
    "start_work": _works,
    "submit": _works,
    "open_review": _checks,
    "approve": _checks,
    "reject": _checks,
    "mark_cue_reviewed": _checks,
    "waive": _checks,
    "reopen": _reopens,
    "comment": _talks,
}


def _register(verb: str, check: Check) -> None:
    @rule(f"qc.language.{verb}")
    def asked(user: User, review: LanguageReview) -> Decision:
        return check(user, review)


for _verb, _check in CHECKS.items():
    _register(_verb, _check)


def may(user: User, verb: str, review: LanguageReview) -> Decision:
    return policies.can(user, f"qc.language.{verb}", review)


def require(user: User, verb: str, review: LanguageReview) -> None:
    policies.require(user, f"qc.language.{verb}", review)


@rule("qc.languages.assign")
def assigners(user: User, job: Job) -> Decision:
    """Several languages of a job at once."""
    return ALLOWED if role_for(user, job) in STAFF else denied(ASSIGNS)


@rule("qc.comment.change")
def authors(user: User, comment: ReviewComment) -> Decision:
    return ALLOWED if comment.author_id == user.pk else denied("Only its author changes a comment.")


@rule("qc.comment.settle")
def settlers(user: User, comment: ReviewComment) -> Decision:
    """Whoever may speak of the language says whether a point is settled."""
    return _talks(user, comment.review)


@rule("qc.queue.open")
def queue_readers(user: User, obj: object) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """In the rail; the page itself is everybody's, and empty for whom nothing waits."""
    return ALLOWED if user.has_role(R.LINGUIST, R.REVIEWER, *STAFF) else denied("Nothing is given to clients to check.")


@rule("qc.scores.see")
def score_readers(user: User, obj: object) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """Linguists see their own; what is shown is decided by `visible_to`."""
    return (
        ALLOWED if user.has_role(R.LINGUIST, *STAFF) else denied("Scores are for linguists and those who manage them.")
    )


@rule("qc.skills.keep")
def managers_of_skills(user: User, obj: object) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """Whether the list of people leads to their languages."""
    return ALLOWED if user.has_role(R.ADMIN, R.PROJECT_MANAGER) else denied("Project managers and admins keep them.")


@rule("qc.skills.change")
def skill_keepers(user: User, person: User) -> Decision:
    """Oneself; the admins and project managers of a house that both belong to."""
    if user.pk == person.pk or user.is_platform_admin:
        return ALLOWED
    kept = set(user.houses_as(R.ADMIN, R.PROJECT_MANAGER)) & set(person.roles_by_house)
    return ALLOWED if kept else denied("People themselves, their project managers and admins say what they can do.")
