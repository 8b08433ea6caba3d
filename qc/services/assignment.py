"""Giving languages to people: by hand, several at once, and by rule."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import policies
from accounts.models import User
from core import languages
from core.errors import DomainError, NotFoundError, WrongStateError
from jobs.models import Job, LanguageOutput
from qc import queries, workflows
from qc.models import LanguageReview, LanguageSkill

S = LanguageReview.State
WEEK = timedelta(days=7)
LINGUIST, REVIEWER = "linguist", "reviewer"
# Work that a reviewer will have, submitted already or not.
COMING_REVIEWS = (S.ASSIGNED, S.IN_PROGRESS, S.SUBMITTED, S.IN_REVIEW, S.REJECTED)


@dataclass(frozen=True)
class Entry:
    """Who gets which language. What is None stays as it is."""

    language: str
    linguist_id: uuid.UUID | None = None
    reviewer_id: uuid.UUID | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """Of one language. `detail` says why not, or why these people."""

    language: str
    ok: bool
    state: str | None = None
    detail: str | None = None
    linguist: User | None = None
    reviewer: User | None = None


@dataclass(frozen=True)
class Candidate:
    """`load_minutes` of film are theirs until the language is due; `free_minutes` None is no limit."""

    user: User
    fits: bool
    level: int | None
    load_minutes: int
    free_minutes: int | None
    reasons: list[str] = field(default_factory=list)


# ---- by hand


@transaction.atomic
def assign_people(
    review: LanguageReview,
    *,
    actor: User,
    linguist: User | None = None,
    reviewer: User | None = None,
    due_at: datetime | None = None,
) -> LanguageReview:
    """Assign or reassign, and assign-reviewer or reassign-reviewer; both or neither. Whoever has it already keeps it as it is."""
    # Where they change places, the reviewer's is free first.
    swapped = linguist is not None and linguist.pk == review.reviewer_id
    if swapped:
        _give_review(review.pk, reviewer, actor=actor)
    _give(review.pk, linguist, due_at=due_at, actor=actor)
    if not swapped:
        _give_review(review.pk, reviewer, actor=actor)
    return queries.detailed(LanguageReview.objects.all()).get(pk=review.pk)


def _give(pk: uuid.UUID, linguist: User | None, *, due_at: datetime | None, actor: User) -> None:
    review = queries.detailed(LanguageReview.objects.all()).get(pk=pk)
    if linguist is None or (linguist.pk == review.linguist_id and due_at in (None, review.due_at)):
        return
    give = workflows.assign if review.state == S.UNASSIGNED else workflows.reassign
    give(review, linguist=linguist, actor=actor, due_at=due_at)


def _give_review(pk: uuid.UUID, reviewer: User | None, *, actor: User) -> None:
    review = queries.detailed(LanguageReview.objects.all()).get(pk=pk)
    if reviewer is None or reviewer.pk == review.reviewer_id:
        return
    give = workflows.assign_reviewer if review.reviewer_id is None else workflows.reassign_reviewer
    give(review, reviewer=reviewer, actor=actor)


def assign_many(job: Job, entries: Sequence[Entry], *, actor: User) -> list[Outcome]:
    """Each entry on its own: what cannot be done is told, and the others are done."""
    policies.require(actor, "qc.languages.assign", job)
    reviews = {one.output.language.lower(): one for one in of_job(job)}
    wanted = {pk for entry in entries for pk in (entry.linguist_id, entry.reviewer_id) if pk}
    people = {one.pk: one for one in queries.found_for(job, actor).filter(pk__in=wanted)}
    return [_assign_one(entry, reviews, people, actor=actor) for entry in entries]


def _assign_one(
    entry: Entry, reviews: dict[str, LanguageReview], people: dict[uuid.UUID, User], *, actor: User
) -> Outcome:
    review = reviews.get(entry.language.lower())
    if review is None:
        return Outcome(entry.language, ok=False, detail="Language not found on this job")
    if {pk for pk in (entry.linguist_id, entry.reviewer_id) if pk} - set(people):
        return Outcome(entry.language, ok=False, state=review.state, detail="User not found")
    if entry.linguist_id is None and entry.reviewer_id is None:
        return Outcome(entry.language, ok=False, state=review.state, detail="Nobody is named")
    try:
        done = assign_people(
            review,
            linguist=people.get(entry.linguist_id) if entry.linguist_id else None,
            reviewer=people.get(entry.reviewer_id) if entry.reviewer_id else None,
            due_at=entry.due_at,
            actor=actor,
        )
    except DomainError as error:
        return Outcome(entry.language, ok=False, state=review.state, detail=error.message)
    return Outcome(entry.language, ok=True, state=done.state, linguist=done.linguist, reviewer=done.reviewer)


def of_job(job: Job) -> list[LanguageReview]:
    """The job's languages, the source first."""
    reviews = queries.detailed(LanguageReview.objects.filter(output__job=job))
    return list(reviews.order_by("-output__is_source", "output__language", "pk"))


# ---- by rule


def suggest(output: LanguageOutput, role: str = LINGUIST) -> list[Candidate]:
    """Everybody of the house with that role, the best first: language, then who has most time until it is due. Constant in queries."""
    review = LanguageReview.objects.get(output=output)
    job = output.job
    people = list(queries.members(job.organization_id, role).prefetch_related("language_skills").order_by("pk"))
    due = review.due_at or job.due_at
    until = due if due and due > timezone.now() else timezone.now() + WEEK
    loads = _loads(people, until=until, beside=review)
    taken = {review.reviewer_id} if role == LINGUIST else {review.linguist_id, review.submitted_by_id}
    minutes = _minutes(job.source.duration if job.source else None)
    found = [
        _judge(one, output.language, loads.get(one.pk, 0), minutes, until=until, other_role=one.pk in taken)
        for one in people
    ]
    return sorted(found, key=_best_first)


def _judge(person: User, language: str, load: int, minutes: int, *, until: datetime, other_role: bool) -> Candidate:
    skills: list[LanguageSkill] = list(person.language_skills.all())
    level = queries.level_in(language, skills)
    skill = queries.skill_in(language, skills)
    weeks = max(1.0, (until - timezone.now()) / WEEK)
    free = round(skill.weekly_minutes * weeks) - load if skill and skill.weekly_minutes else None
    reasons = [_language_reason(language, level), f"{load} min of film until {until:%d %b}"]
    if free is not None:
        reasons.append(f"{max(0, free)} min free" if free >= minutes else f"{minutes - free} min too much for them")
    if other_role:
        reasons.append("Has the other part of this language")
    fits = level is not None and not other_role and (free is None or free >= minutes)
    return Candidate(person, fits, level, load, free, reasons)


def _language_reason(language: str, level: int | None) -> str:
    name = languages.name(language)
    if level is None:
        return f"Does not work in {name}"
    words = {
        LanguageSkill.Level.NATIVE: f"{name} is their first language",
        LanguageSkill.Level.EXPERT: f"Expert in {name}",
        LanguageSkill.Level.WORKING: f"Works in {name}",
    }
    return words.get(LanguageSkill.Level(level), "") if level else "Has named no languages: takes every one"


def _best_first(one: Candidate) -> tuple[object, ...]:
    known = -1 if one.level is None else one.level
    # Whoever has no limit competes by how much they have already.
    return (not one.fits, -known, one.load_minutes, str(one.user).lower(), str(one.user.pk))


def _loads(people: Iterable[User], *, until: datetime, beside: LanguageReview) -> dict[uuid.UUID, int]:
    """Minutes of film that each of them has to do until then beside this one. Without a deadline it is due at once."""
    ids = {one.pk for one in people}
    as_linguist = Q(linguist__in=ids, state__in=queries.LINGUISTS_TURN)
    as_reviewer = Q(reviewer__in=ids, state__in=COMING_REVIEWS)
    rows = LanguageReview.objects.filter(as_linguist | as_reviewer, output__job__deleted_at=None)
    rows = rows.exclude(output__job__status__in=Job.READ_ONLY).exclude(pk=beside.pk)
    loads: dict[uuid.UUID, int] = {}
    for linguist, reviewer, state, due, job_due, seconds in rows.values_list(
        "linguist", "reviewer", "state", "due_at", "output__job__due_at", "output__job__source__duration"
    ):
        moment = due or job_due
        if moment is not None and moment > until:
            continue
        doing = [linguist] if state in queries.LINGUISTS_TURN else []
        for person in chain(doing, [reviewer]):
            if person in ids:
                loads[person] = loads.get(person, 0) + _minutes(seconds)
    return loads


def _minutes(seconds: float | None) -> int:
    """Begun minutes count."""
    return -int(-(seconds or 0) // 60)


def assign_by_rule(job: Job, *, actor: User, wanted: Sequence[str] = ()) -> list[Outcome]:
    """Gives the languages that nobody has, or those `wanted`, to whoever suits best. Only to people with time for them."""
    policies.require(actor, "qc.languages.assign", job)
    reviews = of_job(job)
    by_language = {one.output.language.lower(): one for one in reviews}
    if not wanted:
        wanted = [one.output.language for one in reviews if one.state == S.UNASSIGNED and not one.output.is_source]
    outcomes = []
    for language in wanted:
        review = by_language.get(language.lower())
        if review is None:
            outcomes.append(Outcome(language, ok=False, detail="Language not found on this job"))
            continue
        try:
            outcomes.append(_by_rule(review, actor=actor))
        except DomainError as error:
            outcomes.append(Outcome(language, ok=False, state=review.state, detail=error.message))
    return outcomes


@transaction.atomic
def _by_rule(review: LanguageReview, *, actor: User) -> Outcome:
    language = review.output.language
    if review.state != S.UNASSIGNED:
        raise WrongStateError(f"Cannot assign language '{language}' in state '{review.state}'")
    linguist = _best(review, LINGUIST)
    if linguist is None:
        name = languages.name(language)
        raise NotFoundError(f"No linguist of the house works in {name} and has time for it")
    review = assign_people(review, linguist=linguist.user, actor=actor)
    reviewer = _best(review, REVIEWER) if review.reviewer_id is None else None
    if reviewer is not None:
        review = assign_people(review, reviewer=reviewer.user, actor=actor)
    why = f"{linguist.user}: {', '.join(linguist.reasons)}"
    return Outcome(
        language, ok=True, state=review.state, detail=why, linguist=review.linguist, reviewer=review.reviewer
    )


def _best(review: LanguageReview, role: str) -> Candidate | None:
    found = suggest(review.output, role)
    return found[0] if found and found[0].fits else None
