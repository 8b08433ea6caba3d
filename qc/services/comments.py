"""What people say of a language, and when it is settled."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import policies
from accounts.models import User
from core import audit
from core.errors import NotFoundError
from media_library.models import Track
from qc import events, queries, review_policies, workflows
from qc.models import LanguageReview, ReviewComment


@transaction.atomic
def add_comment(
    review: LanguageReview,
    *,
    body: str,
    author: User,
    cue_index: int | None = None,
    kind: str = "",
    category: str = "",
    severity: str = "",
) -> ReviewComment:
    """In any state. At a cue it has to be there; with a category and a severity it counts for the linguist's score."""
    review_policies.require(author, "comment", review)
    kind = kind or (Track.Kind.CAPTIONS if cue_index is not None else "")
    if cue_index is not None and cue_index >= len(queries.current(review.output.track(kind))):
        raise NotFoundError("Cue not found")
    comment = workflows.say(
        review, body, author=author, cue_index=cue_index, kind=kind, category=category, severity=severity
    )
    audit.record("qc.comment.add", comment, actor=author, language=review.output.language, severity=severity)
    events.commented(comment)
    return comment


@transaction.atomic
def change_comment(comment: ReviewComment, *, actor: User, changes: dict[str, Any]) -> ReviewComment:
    """Words and weight are their author's; `resolved` is for everybody who works on the language."""
    review = comment.review
    comment = ReviewComment.objects.select_for_update(of=("self",)).select_related("author").get(pk=comment.pk)
    comment.review = review
    written = {name: value for name, value in changes.items() if name in ("body", "category", "severity")}
    if written:
        policies.require(actor, "qc.comment.change", comment)
        for name, value in written.items():
            setattr(comment, name, value)
        comment.save(update_fields=list(written))
        audit.record("qc.comment.edit", comment, actor=actor, **written)
    resolved = changes.get("resolved")
    if resolved is not None:
        policies.require(actor, "qc.comment.settle", comment)
        if resolved != (comment.resolved_at is not None):
            comment.resolved_at = timezone.now() if resolved else None
            comment.resolved_by = actor if resolved else None
            comment.save(update_fields=["resolved_at", "resolved_by"])
            audit.record("qc.comment.resolve" if resolved else "qc.comment.reopen", comment, actor=actor)
    return comment
