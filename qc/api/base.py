"""What the views about languages share: who asks, and what they may see."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.services import foreign_reads
from core.errors import NotFoundError
from core.rest.views import ApiView
from jobs.models import Job
from qc import queries
from qc.api import shapes
from qc.models import LanguageReview


class LanguageView(ApiView):
    """For signed-in people. The job is found first, then its language, each among what the caller may see."""

    @property
    def caller(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101  (the permission has let nobody else in)
        return self.request.user

    def find_job(self, job_id: uuid.UUID) -> Job:
        found = Job.objects.visible_to(self.caller).select_related("source").filter(pk=job_id).first()
        if found is None:
            raise NotFoundError("Job not found")
        foreign_reads.note(self.caller, found)
        return found

    def find(self, job_id: uuid.UUID, lang: str) -> LanguageReview:
        job = self.find_job(job_id)
        reviews = queries.detailed(LanguageReview.objects.visible_to(self.caller))
        found = reviews.filter(output__job=job, output__language__iexact=lang).first()
        if found is None:
            raise NotFoundError("Language not found on this job")
        found.output.job = job
        return found

    def person(self, job: Job, user_id: uuid.UUID) -> User:
        """Somebody whom the job's languages could be given to."""
        found = queries.found_for(job, self.caller).filter(pk=user_id).first()
        if found is None:
            raise NotFoundError("User not found")
        return found

    def answer(self, review: LanguageReview) -> Response:
        """The language as it is after the change."""
        fresh = queries.detailed(LanguageReview.objects.all()).get(pk=review.pk)
        progress = queries.progress([fresh])[fresh.pk]
        address = shapes.sees_addresses(self.caller, fresh.output.job)
        return Response(shapes.language_output(fresh, self.caller, progress, address=address))


def body_of(request: Request) -> Any:
    """A body that may be left out."""
    return request.data or {}
