"""Who may do what with reviews, notes and links of a job he can see. Sections 2.2 and 2.3 of the role matrix."""

from __future__ import annotations

from accounts.models import User
from accounts.policies import ALLOWED, Decision, denied, rule
from jobs.models import Job
from jobs.policies import role_for
from qc.models import ReviewNote

R = User.Role


@rule("qc.share.manage")
def share(user: User, job: Job) -> Decision:
    """Clients share the jobs they began themselves."""
    role = role_for(user, job)
    if role in {R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN} or (role == R.CLIENT and job.created_by_id == user.pk):
        return ALLOWED
    return denied("Production, a project manager or whoever began the job shares it.")


@rule("qc.note.write")
def write_note(_user: User, _job: Job) -> Decision:
    """Whoever sees the job may say what they see in it."""
    return ALLOWED


@rule("qc.note.internal")
def keep_from_clients(user: User, job: Job) -> Decision:
    return denied("Clients read all notes they write.") if role_for(user, job) == R.CLIENT else ALLOWED


@rule("qc.note.change")
def change_note(user: User, note: ReviewNote) -> Decision:
    if note.author_id == user.pk or role_for(user, note.job) in {R.PROJECT_MANAGER, R.ADMIN}:
        return ALLOWED
    return denied("Its author, a project manager or an admin changes a note.")


@rule("qc.note.resolve")
def resolve_note(user: User, note: ReviewNote) -> Decision:
    """Settled by those who do the work, and by the author."""
    if note.author_id == user.pk or role_for(user, note.job) in {R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN}:
        return ALLOWED
    return denied("Its author, production or a project manager settles a note.")
