"""How good somebody's work is, from what reviewers said of it: weighted errors per 100 cues, after MQM."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import IntegerField, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import User
from qc import queries, review_policies
from qc.models import LanguageReview, ReviewComment

Severity, Category = ReviewComment.Severity, ReviewComment.Category
# MQM's usual scale: one critical error makes a text unusable.
WEIGHTS = {Severity.MINOR: 1, Severity.MAJOR: 5, Severity.CRITICAL: 25}
# What is a matter of taste is no error.
COUNTED = [category for category in Category.values if category != Category.SUBJECTIVE]


@dataclass
class Tally:
    """Points of errors, and the cues they were looked for in."""

    points: int = 0
    cues: int = 0

    @property
    def score(self) -> float | None:
        """Weighted errors per 100 cues; the fewer the better."""
        return round(100 * self.points / self.cues, 2) if self.cues else None


@dataclass
class Work:
    """What one person made of one language of one job."""

    person: User
    language: str
    cues: int
    month: date | None
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def points(self) -> int:
        return sum(WEIGHTS[Severity(severity)] * number for (_, severity), number in self.errors.items())


@dataclass
class Card:
    """All of one person's work in one language. `months` are those with work, the oldest first."""

    person: User
    language: str
    works: int = 0
    whole: Tally = field(default_factory=Tally)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    months: dict[date, Tally] = field(default_factory=dict)

    @property
    def found(self) -> int:
        return self.errors.total()

    @property
    def trend(self) -> float | None:
        """The newest month with work against the one before; below 0 is better."""
        scores = [tally.score for _, tally in sorted(self.months.items()) if tally.score is not None]
        return round(scores[-1] - scores[-2], 2) if len(scores) > 1 else None

    def of_category(self, category: str) -> int:
        return sum(number for (one, _), number in self.errors.items() if one == category)

    def of_severity(self, severity: str) -> int:
        return sum(number for (_, one), number in self.errors.items() if one == severity)

    def add(self, work: Work) -> None:
        self.works += 1
        self.errors += work.errors
        for tally in (self.whole, *([self.months.setdefault(work.month, Tally())] if work.month else [])):
            tally.points += work.points
            tally.cues += work.cues


def scorecards(user: User, *, language: str = "") -> list[Card]:
    """Of everybody whose work `user` may judge, linguists of themselves only. Two queries, however many people."""
    cards: dict[tuple[uuid.UUID, str], Card] = {}
    for work in _works(user, language=language).values():
        key = (work.person.pk, work.language)
        cards.setdefault(key, Card(work.person, work.language)).add(work)
    return sorted(cards.values(), key=lambda one: (str(one.person).lower(), str(one.person.pk), one.language))


def _works(user: User, *, language: str) -> dict[tuple[uuid.UUID, uuid.UUID], Work]:
    """By person and review: what was submitted, and what was found fault with, whoever has the language by now."""
    reviews = LanguageReview.objects.visible_to(user).exclude(submitted_at=None).exclude(linguist=None)
    reviews = reviews.select_related("linguist", "output").annotate(cues=_cues("output"))
    said = ReviewComment.objects.filter(review__in=LanguageReview.objects.visible_to(user), category__in=COUNTED)
    said = said.exclude(severity="").exclude(about=None).select_related("about", "review__output")
    said = said.annotate(cues=_cues("review__output"))
    if language:
        reviews = reviews.filter(output__language=language)
        said = said.filter(review__output__language=language)
    if not user.has_role(*review_policies.STAFF):
        reviews, said = reviews.filter(linguist=user), said.filter(about=user)
    works: dict[tuple[uuid.UUID, uuid.UUID], Work] = {}
    found: Iterable[Any] = reviews.order_by("pk")
    for review in found:
        work = Work(review.linguist, review.output.language, review.cues, _month(review.submitted_at))
        works[(review.linguist_id, review.pk)] = work
    _add_errors(works, said.order_by("pk"))
    return works


def _add_errors(works: dict[tuple[uuid.UUID, uuid.UUID], Work], said: QuerySet[ReviewComment]) -> None:
    found: Iterable[Any] = said
    for comment in found:
        review = comment.review
        when = _month(review.submitted_at or comment.created_at)
        fresh = Work(comment.about, review.output.language, comment.cues, when)
        work = works.setdefault((comment.about_id, review.pk), fresh)
        work.errors[(comment.category, comment.severity)] += 1


def _cues(output: str) -> Any:
    """Of captions and description, in their newest versions."""
    counts = [Coalesce(queries.cue_count(f"{output}__{name}"), 0) for name in ("captions", "description")]
    return Coalesce(counts[0] + counts[1], 0, output_field=IntegerField())


def _month(moment: datetime | None) -> date | None:
    return moment.date().replace(day=1) if moment else None
