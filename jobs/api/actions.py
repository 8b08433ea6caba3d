"""The moves of a job over JSON: one route each, one function each."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.inputs import Input
from core.rest.schema import Gives
from core.rest.views import ApiView
from jobs import policies, workflows
from jobs.api import serializers as shapes
from jobs.api.views import answer, caller, find_job
from jobs.models import Job


class Move(ApiView):
    """Finds the job among what the caller sees, asks whether they may, reads the body, and makes the move."""

    verb: ClassVar[str]
    takes: ClassVar[type[Input]] = shapes.CommentInput
    gives = Gives(post=shapes.JOB)

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        policies.require(caller(request), self.verb, job)
        # The body of most moves is optional.
        self.make(job, actor=caller(request), **self.takes.parse(request.data or {}))
        return answer(request, job_id)

    def make(self, job: Job, **said: Any) -> Job:
        moved: Job = getattr(workflows, self.verb)(job, **said)
        return moved


class Cancel(Move):
    verb, takes = "cancel", shapes.ReasonInput


class Retry(Move):
    verb, takes = "retry", Input


class ApproveSource(Move):
    verb = "approve_source"


class ApproveEnglish(Move):
    verb = "approve_english"


class Reject(Move):
    verb, takes = "reject", shapes.ReasonInput


class Complete(Move):
    verb = "complete"


class RejectFinal(Move):
    verb, takes = "reject_final", shapes.ReasonInput


class ReturnToQc(Move):
    verb, takes = "return_to_qc", shapes.ReturnInput

    def make(self, job: Job, **said: Any) -> Job:
        return workflows.return_to_qc(job, actor=said["actor"], reason=said["reason"], wanted=said["languages"])


class BlockedOnSource(Move):
    verb, takes = "blocked_on_source", shapes.ReasonInput


class PromoteToQc(Move):
    verb = "promote_to_qc"


class RetryTts(Move):
    verb, takes = "retry_tts", shapes.LanguageInput
