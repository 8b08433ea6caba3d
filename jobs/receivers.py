"""What jobs make of the moves of those they are done for."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import Client, Project
from accounts.signals import closing_client, closing_project
from core.errors import WrongStateError
from jobs.models import Job

S = Job.Status
ENDED = frozenset({S.COMPLETED, S.CANCELLED, S.REJECTED, S.FAILED})


@receiver(closing_client)
def refuse_while_the_client_has_active_jobs(*, client: Client, **_: Any) -> None:
    if client.jobs.filter(deleted_at=None).exclude(status__in=ENDED).exists():
        raise WrongStateError("Client has active jobs")


@receiver(closing_project)
def refuse_while_the_project_has_active_jobs(*, project: Project, **_: Any) -> None:
    if project.jobs.filter(deleted_at=None).exclude(status__in=ENDED).exists():
        raise WrongStateError("Project has active jobs")
