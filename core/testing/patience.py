"""Answers that wait, where the handler of a test cannot: the test's own process does the work, and the answer is the final one."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models.functions import Now
from django.http import HttpResponse

from core.runs import sweep, worker
from core.runs.models import Run, Step
from core.runs.waiting import failure_of_run

MOST_STEPS = 200


def work_off(run_id: uuid.UUID | None, *, until: str = "") -> Run:
    """Performs what is queued, and what waits as if its time had come, until nothing moves or only `until` is left to do."""
    if run_id is None:
        raise ValueError("nothing was begun")
    for _ in range(MOST_STEPS):
        moving = Step.objects.filter(run=run_id, status__in=["queued", "waiting"]).exclude(name=until)
        step = moving.exclude(status="waiting", run_after=None).order_by("position", "item", "pk").first()
        if step is None:
            break
        if step.status == Step.Status.WAITING:
            Step.objects.filter(pk=step.pk).update(run_after=Now())
            sweep.wake()
        else:
            worker.perform(step.pk)
    return Run.objects.get(pk=run_id)


def done_at_once(_request: Any, run: Run, answer: Any, *, refuse: Any = None, **_: Any) -> HttpResponse:
    """In the place of `when_done`."""
    ended = work_off(run.pk)
    if ended.status != Run.Status.COMPLETED:
        raise (refuse or failure_of_run)(ended)
    response: HttpResponse = answer(ended)
    return response
