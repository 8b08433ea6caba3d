"""What comes in and goes out about languages, comments, the queue and skills."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts import policies
from accounts.models import User
from core import languages
from core.errors import DomainError
from core.rest.inputs import IdField, Input, TextField
from jobs.models import Job
from jobs.policies import role_for
from media_library.models import Track
from qc import workflows
from qc.models import LanguageReview, LanguageSkill, ReviewComment
from qc.queries import Progress
from qc.services.assignment import LINGUIST, REVIEWER, Candidate, Outcome

MOST_ENTRIES = 100
LANGUAGE_LENGTH = 35
PERSON = {"$nullable": True, "id": "uuid", "email": "string", "name": "nullable string"}
LANGUAGE = {
    "job_id": "uuid",
    "language": "string",
    "is_source": "bool",
    "state": "string",
    "linguist": PERSON,
    "reviewer": PERSON,
    "reviewed_cues": "list<int>",
    "total_cues": "int",
    "due_at": "nullable datetime",
    "rejection_reason": "nullable string",
    "waiver": "nullable string",
    "submitted_at": "nullable datetime",
    "approved_at": "nullable datetime",
    "updated_at": "datetime",
    "allowed_actions": "list<string>",
}
LANGUAGES = {"job_id": "uuid", "status": "string", "languages": {"$map": LANGUAGE}}
OUTCOMES = {
    "results": [{"language": "string", "ok": "bool", "state": "nullable string", "detail": "nullable string"}],
    "succeeded": "int",
    "failed": "int",
}
COMMENT = {
    "id": "uuid",
    "job_id": "uuid",
    "language": "string",
    "kind": "nullable string",
    "cue_index": "nullable int",
    "body": "string",
    "category": "nullable string",
    "severity": "nullable string",
    "resolved": "bool",
    "author": {"id": "uuid", "email": "string", "name": "nullable string", "role": "string"},
    "created_at": "datetime",
}
QUEUE_ROW = {
    "job_id": "uuid",
    "job_title": "string",
    "job_status": "string",
    "language": "string",
    "state": "string",
    "my_role": "string",
    "due_at": "nullable datetime",
    "updated_at": "datetime",
}
CANDIDATE = {
    "user": {"id": "uuid", "email": "string", "name": "nullable string"},
    "fits": "bool",
    "level": "nullable int",
    "load_minutes": "int",
    "free_minutes": "nullable int",
    "reasons": "list<string>",
}
SKILLS = {"user_id": "uuid", "skills": [{"language": "string", "level": "int", "weekly_minutes": "int"}]}


# ---- in


def renamed(data: Any, name: str, *aliases: str) -> Any:
    """The same fields with the first alias under its proper name."""
    if not isinstance(data, Mapping) or name in data:
        return data
    given = next((alias for alias in aliases if alias in data), "")
    return {**data, name: data[given]} if given else data


class LinguistInput(Input):
    linguist_id = IdField()
    due_at = serializers.DateTimeField(required=False, default=None)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(renamed(data, "linguist_id", "user_id"))


class ReviewerInput(Input):
    reviewer_id = IdField()

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(renamed(data, "reviewer_id", "user_id"))


class EntryInput(Input):
    language = TextField(max_length=LANGUAGE_LENGTH)
    linguist_id = IdField(required=False, allow_null=True, default=None)
    reviewer_id = IdField(required=False, allow_null=True, default=None)
    due_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(renamed(data, "language", "lang"))


class BulkAssignInput(Input):
    """`{languages, linguist_id, reviewer_id, due_at}` is short for the same people in several languages."""

    assignments = serializers.ListField(child=EntryInput(), allow_empty=False, max_length=MOST_ENTRIES)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and "assignments" not in data and isinstance(data.get("languages"), list):
            same = {name: data[name] for name in ("linguist_id", "reviewer_id", "due_at") if name in data}
            data = {**data, "assignments": [{"language": one, **same} for one in data["languages"]]}
        return super().to_internal_value(data)


class LanguagesInput(Input):
    languages = serializers.ListField(
        child=TextField(max_length=LANGUAGE_LENGTH), default=list, max_length=MOST_ENTRIES
    )


class WaiverInput(Input):
    reason = TextField(max_length=1000)


class CueInput(Input):
    cue_index = serializers.IntegerField(min_value=0)
    kind = serializers.ChoiceField(Track.Kind.values, default=Track.Kind.CAPTIONS)
    reviewed = serializers.BooleanField(default=True)


class NewCommentInput(Input):
    body = TextField(max_length=5000)
    cue_index = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    kind = serializers.ChoiceField(Track.Kind.values, required=False, allow_blank=True, default="")
    category = serializers.ChoiceField(
        ReviewComment.Category.values, required=False, allow_blank=True, allow_null=True, default=""
    )
    severity = serializers.ChoiceField(
        ReviewComment.Severity.values, required=False, allow_blank=True, allow_null=True, default=""
    )

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(renamed(data, "body", "text"))


class ChangedCommentInput(Input):
    body = TextField(max_length=5000, required=False)
    category = serializers.ChoiceField(ReviewComment.Category.values, required=False, allow_blank=True)
    severity = serializers.ChoiceField(ReviewComment.Severity.values, required=False, allow_blank=True)
    resolved = serializers.BooleanField(required=False)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(renamed(data, "body", "text"))


class QueueQuery(Input):
    state = serializers.ChoiceField(LanguageReview.State.values, required=False, allow_blank=True, default="")


class CandidatesQuery(Input):
    role = serializers.ChoiceField([LINGUIST, REVIEWER], default=LINGUIST)


class SkillInput(Input):
    language = TextField(max_length=LANGUAGE_LENGTH)
    level = serializers.ChoiceField(LanguageSkill.Level.values, default=LanguageSkill.Level.EXPERT)
    weekly_minutes = serializers.IntegerField(min_value=0, max_value=10_080, default=0)

    def validate_language(self, value: str) -> str:
        try:
            return languages.canonical(value)
        except DomainError as error:
            raise serializers.ValidationError(error.message) from error


class SkillsInput(Input):
    skills = serializers.ListField(child=SkillInput(), max_length=60)


# ---- out


def person_output(person: User | None, *, address: bool) -> dict[str, Any] | None:
    if person is None:
        return None
    return {"id": person.pk, "email": person.email if address else "", "name": person.name or None}


def language_output(review: LanguageReview, user: User, progress: Progress, *, address: bool) -> dict[str, Any]:
    """What stands between linguist and reviewer is nothing for clients."""
    output = review.output
    internal = role_for(user, output.job) != User.Role.CLIENT
    return {
        "job_id": output.job_id,
        "language": output.language,
        "is_source": output.is_source,
        "state": review.state,
        "linguist": person_output(review.linguist, address=address),
        "reviewer": person_output(review.reviewer, address=address),
        "reviewed_cues": progress.reviewed,
        "total_cues": progress.total,
        "due_at": review.due_at or output.job.due_at,
        "rejection_reason": (review.rejection_reason or None) if internal else None,
        "waiver": (review.waiver or None) if internal else None,
        "submitted_at": review.submitted_at,
        "approved_at": review.approved_at,
        "updated_at": review.updated_at,
        "allowed_actions": workflows.allowed_actions(review, user),
    }


def sees_addresses(user: User, job: Job) -> bool:
    return bool(policies.can(user, "accounts.member.see_address", job))


def outcomes_output(outcomes: list[Outcome]) -> dict[str, Any]:
    return {
        "results": [
            {
                "language": one.language,
                "ok": one.ok,
                "state": one.state,
                "detail": one.detail,
                "linguist_id": one.linguist.pk if one.linguist else None,
                "reviewer_id": one.reviewer.pk if one.reviewer else None,
            }
            for one in outcomes
        ],
        "succeeded": sum(one.ok for one in outcomes),
        "failed": sum(not one.ok for one in outcomes),
    }


def comment_output(comment: ReviewComment, review: LanguageReview, roles: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    author = comment.author
    return {
        "id": comment.pk,
        "job_id": review.output.job_id,
        "language": review.output.language,
        "kind": comment.kind or None,
        "cue_index": comment.cue_index,
        "body": comment.body,
        "category": comment.category or None,
        "severity": comment.severity or None,
        "resolved": comment.resolved_at is not None,
        "resolved_at": comment.resolved_at,
        "author": {
            "id": author.pk,
            "email": author.email,
            "name": author.name or None,
            "role": roles.get(author.pk, author.role),
        },
        "created_at": comment.created_at,
    }


def queue_row(review: Any) -> dict[str, Any]:
    """Of a row of `queries.queue`, which says as what one has it."""
    return {
        "job_id": review.output.job_id,
        "job_title": review.output.job.title,
        "job_status": review.output.job.status,
        "language": review.output.language,
        "state": review.state,
        "my_role": review.my_role,
        "due_at": review.due,
        "updated_at": review.updated_at,
    }


def candidate_output(candidate: Candidate) -> dict[str, Any]:
    return {
        "user": person_output(candidate.user, address=True),
        "fits": candidate.fits,
        "level": candidate.level,
        "load_minutes": candidate.load_minutes,
        "free_minutes": candidate.free_minutes,
        "reasons": candidate.reasons,
    }


def skills_output(person: User, skills: list[LanguageSkill]) -> dict[str, Any]:
    return {
        "user_id": person.pk,
        "skills": [
            {"language": one.language, "level": one.level, "weekly_minutes": one.weekly_minutes} for one in skills
        ],
    }
