"""How long a run will take still."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from core.runs.models import Run, Step

# Below this share of the work the rest cannot be guessed from the time so far.
ETA_FROM = 0.03


def eta(run: Run | None) -> timedelta | None:
    """What is left, from the share that is done and the time its steps took. None when that would be a guess."""
    if run is None or run.status != Run.Status.RUNNING or run.progress < ETA_FROM:
        return None
    now = timezone.now()
    spent = sum(
        (
            (step.finished_at or now) - step.started_at
            for step in run.steps.exclude(queue="").filter(status__in=[Step.Status.DONE, Step.Status.RUNNING])
            if step.started_at
        ),
        timedelta(0),
    )
    return spent * ((1 - run.progress) / run.progress)
