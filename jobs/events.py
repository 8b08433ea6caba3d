"""What sockets and pages hear of a job. One stream for all jobs, keyed by job; who hears what is decided at delivery."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from core.live import publish
from core.live.events import percent
from core.runs.models import Run, Step
from jobs.models import Job, LanguageOutput

STREAM = "jobs"


def _now() -> str:
    return timezone.now().isoformat()


def job_status(job: Job, *, before: str = "", progress: float | None = None) -> None:
    fraction = progress if progress is not None else (job.run.progress if job.run else 0.0)
    _publish(
        job.pk,
        {
            "type": "job.status",
            "status": job.status,
            "previous_status": before or None,
            "progress": percent(fraction),
            "title": job.title,
            "error": job.error or None,
        },
    )


def job_progress(run: Run, step: Step, *, status: str) -> None:
    _publish(
        run.subject_id,
        {
            "type": "job.progress",
            "status": status,
            "progress": percent(run.progress),
            "step": step.name,
            "language": step.item or None,
            "message": step.message or None,
        },
    )


def language_state(output: LanguageOutput, *, state: str, before: str = "") -> None:
    _publish(
        output.job_id,
        {"type": "language.state", "language": output.language, "state": state, "previous_state": before or None},
    )


def _publish(job_id: object, payload: dict[str, Any]) -> None:
    kind = payload.pop("type")
    publish(STREAM, {"type": kind, "job_id": str(job_id), **payload, "timestamp": _now()}, key=str(job_id))
