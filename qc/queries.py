"""Reads of languages that are checked. Every list costs the same number of queries for one row or a hundred."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Membership, User
from core.languages import primary
from jobs.models import Job
from media_library.media import webvtt
from media_library.media.cue_diff import cue_digest
from media_library.models import Track, TrackVersion
from qc.models import CueReview, LanguageReview, LanguageSkill, ReviewComment

S = LanguageReview.State
R = User.Role
LINGUISTS_TURN = (S.ASSIGNED, S.IN_PROGRESS, S.REJECTED)
REVIEWERS_TURN = (S.SUBMITTED, S.IN_REVIEW)


# ---- people


def members(house: uuid.UUID | None, *roles: str) -> QuerySet[User]:
    """Who may sign in and does one of these things in that house."""
    there = Membership.objects.filter(organization=house, organization__is_active=True)
    there = there.filter(Q(role__in=roles) | Q(role="", user__role__in=roles))
    found: QuerySet[User] = User.objects.active().filter(pk__in=there.order_by().values("user"))
    return found


def found_for(job: Job, user: User) -> QuerySet[User]:
    """The people that `user` may give the job's languages to: those of its house, and admins one knows."""
    known: QuerySet[User] = User.objects.visible_to(user).active()
    if job.organization_id is None:
        return known
    return known.filter(
        Q(role=R.ADMIN) | Q(pk__in=Membership.objects.filter(organization=job.organization_id).values("user"))
    )


def reviewers_of(review: LanguageReview) -> Iterable[User]:
    """Whoever is named, else every reviewer of the house."""
    if review.reviewer is not None:
        return [review.reviewer]
    return members(review.output.job.organization_id, R.REVIEWER)


def level_in(language: str, skills: Sequence[LanguageSkill]) -> int | None:
    """How well somebody with these skills works in `language`: 0 when they have named none, None when this is not among them.

    A skill in `es` is one in `es-MX`; one in `pt-BR` says nothing of `pt-PT`.
    """
    skill = skill_in(language, skills)
    return (0 if not skills else None) if skill is None else skill.level


def skill_in(language: str, skills: Sequence[LanguageSkill]) -> LanguageSkill | None:
    wanted = language.lower()
    exact = [one for one in skills if one.language.lower() == wanted]
    wider = [one for one in skills if one.language.lower() == primary(language)]
    return next(iter([*exact, *wider]), None)


# ---- languages


def detailed(reviews: QuerySet[LanguageReview]) -> QuerySet[LanguageReview]:
    """Everything that the answer about a language shows, its cues excepted."""
    return reviews.select_related("output__job", "output__captions", "output__description", "linguist", "reviewer")


@dataclass(frozen=True)
class Progress:
    """Of the captions, in their newest version. `errors` are those of its last check, None before any."""

    reviewed: list[int]
    total: int
    errors: int | None = None


def reviewed(cues: Sequence[webvtt.Cue], marks: Iterable[CueReview]) -> list[int]:
    """The cues that somebody found right and that still say the same, wherever they stand by now."""
    right = {mark.text_digest for mark in marks}
    return [index for index, cue in enumerate(cues) if cue_digest(cue) in right] if right else []


def current(track: Track | None) -> list[webvtt.Cue]:
    """The cues of the track's newest version."""
    version = track.versions.first() if track else None
    return list(webvtt.parse(version.content).cues) if version else []


def progress(reviews: Sequence[LanguageReview]) -> dict[uuid.UUID, Progress]:
    """By review. Texts are read only where something was marked; elsewhere the count of the version is enough."""
    marks: dict[uuid.UUID, list[CueReview]] = {}
    wanted = CueReview.objects.filter(review__in=[one.pk for one in reviews], kind=Track.Kind.CAPTIONS)
    for mark in wanted.order_by("cue_index", "pk"):
        marks.setdefault(mark.review_id, []).append(mark)
    tracks = {one.output.captions_id: one.pk for one in reviews if one.output.captions_id}
    found: dict[uuid.UUID, Progress] = {}
    for version in newest(tracks):
        review = tracks[version.track_id]
        if review in marks or not version.cue_count:
            cues = webvtt.parse(version.content).cues
            found[review] = Progress(reviewed(cues, marks.get(review, [])), len(cues), _errors(version))
        else:
            found[review] = Progress([], version.cue_count, _errors(version))
    return {one.pk: found.get(one.pk, Progress([], 0)) for one in reviews}


def _errors(version: TrackVersion) -> int | None:
    if version.findings is None:
        return None
    findings: list[dict[str, object]] = version.findings
    return sum(one.get("severity") == "error" for one in findings)


def newest(tracks: Iterable[uuid.UUID]) -> QuerySet[TrackVersion]:
    """The newest version of each of these tracks."""
    return TrackVersion.objects.filter(track__in=list(tracks), number=F("track__version"))


def open_comments(reviews: Sequence[LanguageReview]) -> dict[uuid.UUID, int]:
    """How many comments of each language nobody has settled."""
    rows = ReviewComment.objects.filter(review__in=[one.pk for one in reviews], resolved_at=None)
    counted = rows.order_by().values("review").annotate(comments=Count("pk"))
    return {row["review"]: row["comments"] for row in counted}


# ---- the queue


def queue(user: User, *, state: str = "") -> QuerySet[LanguageReview]:
    """What waits for this person, the oldest deadline first; `my_role` says as what. Approved ones only when asked for."""
    as_linguist, as_reviewer = Q(linguist=user), Q(reviewer=user)
    if state == S.APPROVED:
        mine = (as_linguist | as_reviewer) & Q(state=S.APPROVED)
    else:
        mine = (as_linguist & Q(state__in=LINGUISTS_TURN)) | (as_reviewer & Q(state__in=REVIEWERS_TURN))
        mine = mine & Q(state=state) if state else mine
    return _waiting(user, LanguageReview.objects.filter(mine))


def unclaimed(user: User) -> QuerySet[LanguageReview]:
    """Submitted, and no reviewer is named: any reviewer of the house may open it, whoever worked on it excepted."""
    houses = user.houses_as(R.REVIEWER)
    waiting = LanguageReview.objects.filter(state=S.SUBMITTED, reviewer=None, output__job__organization__in=houses)
    return _waiting(user, waiting.exclude(submitted_by=user).exclude(linguist=user))


def _waiting(user: User, reviews: QuerySet[LanguageReview]) -> QuerySet[LanguageReview]:
    reviews = reviews.filter(output__job__deleted_at=None).exclude(output__job__status=Job.Status.CANCELLED)
    role = Case(When(linguist=user, then=Value("linguist")), default=Value("reviewer"), output_field=CharField())
    return (
        detailed(reviews)
        .annotate(my_role=role, due=Coalesce("due_at", "output__job__due_at"))
        .order_by(F("due").asc(nulls_last=True), "updated_at", "pk")
    )


def queue_counts(user: User) -> dict[str, int]:
    """How much waits for this person in each state."""
    rows = queue(user).order_by().values("state").annotate(languages=Count("pk"))
    return {row["state"]: row["languages"] for row in rows}


def decisions(user: User) -> QuerySet[Job]:
    """Jobs that wait for a decision of this person: their source to be approved, or the whole to be signed off."""
    sources = Q(status=Job.Status.PENDING_QC, organization__in=user.houses_as(R.REVIEWER, R.PRODUCTION))
    ends = Q(status=Job.Status.PENDING_FINAL_REVIEW, organization__in=user.houses_as(R.PROJECT_MANAGER))
    waiting = Job.objects.visible_to(user).filter(sources | ends)
    return waiting.order_by(F("due_at").asc(nulls_last=True), "updated_at", "pk")


def comments(review: LanguageReview) -> QuerySet[ReviewComment]:
    return review.comments.select_related("author", "resolved_by").order_by("created_at", "pk")


def cue_count(path: str) -> Subquery:
    """The number of cues in the newest version of the track at `path` of a review."""
    newest_version = TrackVersion.objects.filter(track=OuterRef(path)).order_by("-number", "-pk")
    return Subquery(newest_version.values("cue_count")[:1])
