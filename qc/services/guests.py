"""What guests do with a link: look, say what they see, approve or ask for changes."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from accounts.services.notifications import notify
from core import audit
from core.errors import DomainError, NotAllowedError
from qc.models import GuestVerdict, ReviewNote, ShareLink
from qc.services import notes
from qc.services.notes import NewNote

LONGEST_NAME = 100


def called(name: str) -> str:
    """The name a guest goes by."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise DomainError("Say what you are called, so that the team knows who wrote this.")
    return name


def say(share: ShareLink, new: NewNote, *, guest_name: str, parent: ReviewNote | None = None) -> ReviewNote:
    if not share.allow_comments:
        raise NotAllowedError("This link is for watching only.")
    if not new.body.strip():
        raise DomainError("Write what you see.")
    return notes.add_as_guest(share, new, guest_name=called(guest_name), parent=parent)


@transaction.atomic
def decide(share: ShareLink, verdict: str, *, guest_name: str, comment: str = "") -> GuestVerdict:
    """A guest's answer. It moves nothing by itself: the team reads it and completes the job, or sends it back."""
    if not share.allow_approval:
        raise NotAllowedError("This link is for watching only.")
    if verdict not in GuestVerdict.Verdict.values:
        raise DomainError("Approve, or ask for changes.")
    if verdict == GuestVerdict.Verdict.CHANGES and not comment.strip():
        raise DomainError("Say what should change.")
    made = GuestVerdict.objects.create(
        share=share, verdict=verdict, guest_name=called(guest_name), comment=comment.strip()
    )
    audit.record("qc.share.verdict", made, actor=None, job=str(share.job_id), guest=made.guest_name, verdict=verdict)
    job = share.job
    managers = job.client.managers.order_by("pk") if job.client else []
    word = "approved" if verdict == GuestVerdict.Verdict.APPROVED else "asked for changes to"
    notify(
        [share.created_by, job.created_by, *managers],
        kind="qc.verdict",
        text=f"{made.guest_name} (guest) {word} “{job.title}”",
        url=reverse("jobs:detail", args=[job.pk]),
        subject=f"job:{job.pk}",
        urgent=True,
    )
    return made


def shown_notes(share: ShareLink) -> list[ReviewNote]:
    """What guests read: every note that is not for the house alone, answers under their notes."""
    found = ReviewNote.objects.filter(job=share.job, internal=False).select_related("author", "share")
    return list(found.order_by("timestamp", "created_at", "pk"))
