"""Languages that are checked, over JSON: one view per move."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.rest.schema import Gives
from jobs.api.serializers import CommentInput, ReasonInput
from qc import queries, review_policies, workflows
from qc.api import shapes
from qc.api.base import LanguageView, body_of
from qc.models import LanguageReview
from qc.services import assignment, reviewing


class Languages(LanguageView):
    gives = Gives(get=shapes.LANGUAGES)

    def get(self, _request: Request, job_id: uuid.UUID) -> Response:
        """The languages of the job that the caller sees: a linguist their own."""
        job = self.find_job(job_id)
        visible = LanguageReview.objects.visible_to(self.caller).filter(output__job=job)
        reviews = list(queries.detailed(visible).order_by("-output__is_source", "output__language", "pk"))
        progress = queries.progress(reviews)
        address = shapes.sees_addresses(self.caller, job)
        answers = {
            one.output.language: shapes.language_output(one, self.caller, progress[one.pk], address=address)
            for one in reviews
        }
        return Response({"job_id": job.pk, "status": job.status, "languages": answers})


class Act(LanguageView):
    """A move of one language: the right to it, then the body, then the move."""

    verb = ""
    gives = Gives(post=shapes.LANGUAGE)

    def post(self, request: Request, job_id: uuid.UUID, lang: str) -> Response:
        review = self.find(job_id, lang)
        review_policies.require(self.caller, self.verb, review)
        body = self.takes.parse(body_of(request)) if self.takes else {}
        return self.answer(self.move(review, body))

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        raise NotImplementedError


class Assign(Act):
    verb = "assign"
    takes = shapes.LinguistInput
    body_names_things = True

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        linguist = self.person(review.output.job, body["linguist_id"])
        return workflows.assign(review, linguist=linguist, due_at=body["due_at"], actor=self.caller)


class Reassign(Assign):
    verb = "reassign"

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        linguist = self.person(review.output.job, body["linguist_id"])
        return workflows.reassign(review, linguist=linguist, due_at=body["due_at"], actor=self.caller)


class AssignReviewer(Act):
    verb = "assign_reviewer"
    takes = shapes.ReviewerInput
    body_names_things = True

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        reviewer = self.person(review.output.job, body["reviewer_id"])
        return workflows.assign_reviewer(review, reviewer=reviewer, actor=self.caller)


class ReassignReviewer(AssignReviewer):
    verb = "reassign_reviewer"

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        reviewer = self.person(review.output.job, body["reviewer_id"])
        return workflows.reassign_reviewer(review, reviewer=reviewer, actor=self.caller)


class StartWork(Act):
    verb = "start_work"

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:  # noqa: ARG002  (no body)
        return workflows.start_work(review, actor=self.caller)


class Submit(Act):
    verb = "submit"
    takes = CommentInput

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        return workflows.submit(review, actor=self.caller, comment=body["comment"])


class OpenReview(Act):
    verb = "open_review"

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:  # noqa: ARG002  (no body)
        return workflows.open_review(review, actor=self.caller)


class Approve(Act):
    verb = "approve"
    takes = CommentInput

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        return workflows.approve(review, actor=self.caller, comment=body["comment"])


class Reject(Act):
    verb = "reject"
    takes = ReasonInput

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        return workflows.reject(review, actor=self.caller, reason=body["reason"])


class Reopen(Act):
    verb = "reopen"
    takes = CommentInput

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        return workflows.reopen(review, actor=self.caller, comment=body["comment"])


class Waive(Act):
    """Lets the language be submitted although it breaks the job's quality profile."""

    verb = "waive"
    takes = shapes.WaiverInput

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        return workflows.waive(review, actor=self.caller, reason=body["reason"])


class MarkCueReviewed(Act):
    verb = "mark_cue_reviewed"
    takes = shapes.CueInput

    def move(self, review: LanguageReview, body: dict[str, Any]) -> LanguageReview:
        return reviewing.mark_cue_reviewed(review, actor=self.caller, **body)


class BulkAssign(LanguageView):
    takes = shapes.BulkAssignInput
    gives = Gives(post=shapes.OUTCOMES)
    body_names_things = True

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = self.find_job(job_id)
        policies.require(self.caller, "qc.languages.assign", job)
        body = shapes.BulkAssignInput.parse(request.data)
        entries = [assignment.Entry(**entry) for entry in body["assignments"]]
        return Response(shapes.outcomes_output(assignment.assign_many(job, entries, actor=self.caller)))


class AutoAssign(LanguageView):
    """Gives the languages that nobody has to whoever suits best and has time."""

    takes = shapes.LanguagesInput
    gives = Gives(post=shapes.OUTCOMES)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = self.find_job(job_id)
        policies.require(self.caller, "qc.languages.assign", job)
        body = shapes.LanguagesInput.parse(body_of(request))
        outcomes = assignment.assign_by_rule(job, actor=self.caller, wanted=body["languages"])
        return Response(shapes.outcomes_output(outcomes))


class Candidates(LanguageView):
    """Everybody of the house who could do this, the best first, each with the reasons."""

    query = (shapes.CandidatesQuery,)
    gives = Gives(get={"language": "string", "role": "string", "candidates": [shapes.CANDIDATE]})

    def get(self, request: Request, job_id: uuid.UUID, lang: str) -> Response:
        review = self.find(job_id, lang)
        review_policies.require(self.caller, "assign", review)
        role = shapes.CandidatesQuery.parse(request.query_params)["role"]
        found = assignment.suggest(review.output, role)
        candidates = [shapes.candidate_output(one) for one in found]
        return Response({"language": review.output.language, "role": role, "candidates": candidates})
