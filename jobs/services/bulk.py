"""One move for many jobs: each by the function that moves one, each with its own result."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.services import foreign_reads
from core.errors import DomainError
from jobs import queries
from jobs.models import Job

MOST = 100


@dataclass(frozen=True)
class Outcome:
    """`status` is the job's afterwards; nothing is said of one that is not there, or not for this person."""

    job_id: uuid.UUID
    ok: bool
    status: str | None = None
    detail: str | None = None


def each(ids: Iterable[uuid.UUID], *, user: User, do: Callable[[Job], Any]) -> list[Outcome]:
    """Never all or nothing. One that is named twice is done once."""
    wanted = list(dict.fromkeys(ids))
    found = {job.pk: job for job in queries.detailed(Job.objects.visible_to(user)).filter(pk__in=wanted)}
    return [_one(job_id, found.get(job_id), user=user, do=do) for job_id in wanted]


def _one(job_id: uuid.UUID, job: Job | None, *, user: User, do: Callable[[Job], Any]) -> Outcome:
    if job is None:
        return Outcome(job_id, ok=False, detail="Job not found")
    foreign_reads.note(user, job)
    try:
        done = do(job)
    except DomainError as error:
        return Outcome(job_id, ok=False, status=error.details.get("current_status", job.status), detail=error.message)
    return Outcome(job_id, ok=True, status=done.status if isinstance(done, Job) else None)
