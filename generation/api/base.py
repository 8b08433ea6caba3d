"""What the views of sessions share: finding as the caller sees it, asking whether they may, and waiting for a round."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import policies
from accounts.api.base import PersonView
from accounts.models import Project
from accounts.services import foreign_reads
from ai.errors import BudgetExceededError
from core.errors import DomainError, NotFoundError, StorageFullError, TooLargeError, WrongStateError
from core.rest import waiting
from core.runs.errors import StepError
from core.runs.models import Run
from generation.models import GenerationSession, Round
from generation.policies import CHANGE
from generation.queries import sessions as queries
from generation.services import sessions

# What a person can do something about is told in its own words; all else in the document's.
TOLD: dict[str, type[DomainError]] = {
    BudgetExceededError.code: BudgetExceededError,
    StorageFullError.code: StorageFullError,
    "quota_exceeded": TooLargeError,
}


class SessionView(PersonView):
    """For signed-in people. Hidden is 404, a missing right 403, and only then the input is read."""

    def find(self, session_id: uuid.UUID, action: str = "") -> GenerationSession:
        found = queries.find(self.caller, session_id)
        if found is None:
            raise NotFoundError(sessions.NOT_FOUND)
        foreign_reads.note(self.caller, found)
        if action:
            policies.require(self.caller, action, found)
        return found

    def named(self, body: Any) -> GenerationSession | None:
        """The session that a body names, for the caller to change; None where it names none that can be one, which the input tells."""
        given = body.get("session_id") if isinstance(body, Mapping) else None
        try:
            session_id = uuid.UUID(given) if isinstance(given, str) else None
        except ValueError:
            session_id = None
        return self.find(session_id, CHANGE) if session_id else None

    def find_project(self, project_id: uuid.UUID | None) -> Project | None:
        if project_id is None:
            return None
        found = Project.objects.visible_to(self.caller).select_related("client__organization").filter(pk=project_id)
        project = found.distinct().first()
        if project is None:
            raise NotFoundError("Project not found")
        return project


def when_made(request: Request, made: Round, answer: Callable[[Round], dict[str, Any]], *, failed: str) -> HttpResponse:
    """The result once the round is done; `failed` is what the document says when it could not be."""
    assert made.run is not None  # noqa: S101  (a round that was just begun has one)

    def done(_run: Run) -> HttpResponse:
        return waiting.as_json(answer(Round.objects.select_related("session").get(pk=made.pk)))

    def refuse(run: Run) -> DomainError:
        if run.status == Run.Status.CANCELLED:
            return WrongStateError("This was cancelled.")
        told = TOLD.get(run.error_code)
        return told(run.error) if told else StepError(failed, code=run.error_code)

    return waiting.when_done(request, made.run, done, refuse=refuse)
