"""What people and sockets hear of a language that is checked. Called in the transaction that makes the change."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from accounts.models import User
from accounts.services.notifications import notify
from core import languages
from jobs.events import language_state
from qc.models import LanguageReview, ReviewComment

__all__ = ["language_state"]


def editor(review: LanguageReview) -> str:
    """Where one works on the language."""
    output = review.output
    return reverse("jobs:track", kwargs={"job_id": output.job_id, "language": output.language, "kind": "captions"})


def _named(review: LanguageReview) -> str:
    return f"{languages.name(review.output.language)} of “{review.output.job}”"


def _tell(
    review: LanguageReview, what: str, text: str, people: Iterable[User | None], *, by: User, urgent: bool = False
) -> None:
    """Nobody is told what they did themselves."""
    notify(
        (person for person in people if person is not None and person.pk != by.pk),
        kind=f"qc.language.{what}",
        text=text,
        url=editor(review),
        subject=f"language:{review.output_id}",
        urgent=urgent,
    )


def given(review: LanguageReview, linguist: User, *, by: User) -> None:
    _tell(review, "assigned", f"{_named(review)} is yours to work on.", [linguist], by=by)


def taken_away(review: LanguageReview, person: User, *, by: User) -> None:
    """They may not see the job any more: there is nowhere to lead them."""
    notify(
        [person] if person != by else [], kind="qc.language.taken_away", text=f"{_named(review)} went to somebody else."
    )


def review_given(review: LanguageReview, reviewer: User, *, by: User) -> None:
    _tell(review, "reviewer_assigned", f"{_named(review)} is yours to review.", [reviewer], by=by)


def submitted(review: LanguageReview, reviewers: Iterable[User], *, by: User) -> None:
    _tell(review, "submitted", f"{_named(review)} waits for its review.", reviewers, by=by)


def approved(review: LanguageReview, *, by: User) -> None:
    _tell(review, "approved", f"{_named(review)} is approved.", [review.linguist], by=by)


def rejected(review: LanguageReview, *, by: User) -> None:
    why = f": {review.rejection_reason}" if review.rejection_reason else "."
    _tell(review, "rejected", f"{_named(review)} was rejected{why}", [review.linguist], by=by, urgent=True)


def reopened(review: LanguageReview, *, by: User) -> None:
    _tell(review, "reopened", f"{_named(review)} is open again.", [review.linguist], by=by)


def commented(comment: ReviewComment) -> None:
    """The other party: the linguist hears of the reviewer's, the reviewer of the linguist's, both of anybody else's."""
    review = comment.review
    text = f"{comment.author} on {_named(review)}: {comment.body}"
    _tell(review, "commented", text, [review.linguist, review.reviewer], by=comment.author)
