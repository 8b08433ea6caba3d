"""The files of a step: which of them a result names, and how the rest is removed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

import structlog
from django.db import transaction

from core.runs.models import Step
from core.storage import removal, store

log = structlog.get_logger(__name__)

OF_A_RUN = re.compile(r"runs/([0-9a-f-]{36})/")


def names(result: Any) -> set[str]:
    """Every string in a result: the keys of its files are among them."""
    if isinstance(result, str):
        return {result}
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, list):
        return set().union(*(names(value) for value in result))
    return set()


def discard(step: Step, *, attempt: int | None = None) -> None:
    """Removes noted files that the step's recorded result does not name: all of them, or those of one attempt.

    Call after the commit that ended the attempt, never while it may still succeed. The row is read afresh: when an outcome was
    written but the answer to its commit was lost, the result names the files, and they stay.
    """
    row = Step.objects.only("keys", "result", "run_id", "name", "item").filter(pk=step.pk).first()
    if row is None:
        return
    kept = names(row.result)
    mark = prefix(row, attempt) if attempt is not None else ""
    gone = []
    for key in row.keys:
        if key in kept or not key.startswith(mark):
            continue
        try:
            store().delete(key)
        except Exception:  # the outcome stands; what could not be removed stays noted, and the next attempt tries again
            log.exception("step.file_not_removed", key=key)
        else:
            gone.append(key)
    if gone:
        # Only what is gone is forgotten: a newer attempt may have noted more since the row was read.
        _forget(row, gone)


def prefix(step: Step, attempt: int) -> str:
    item = f"{step.item.lower()}/" if step.item else ""
    return f"runs/{step.run_id}/{step.name}/{item}{attempt}/"


def _forget(step: Step, keys: list[str]) -> None:
    with transaction.atomic():
        row = Step.objects.select_for_update().only("keys").get(pk=step.pk)
        Step.objects.filter(pk=step.pk).update(keys=[key for key in row.keys if key not in keys])


def forget_files(*, kind: str, subjects: Iterable[Any], names: Iterable[str]) -> None:
    """Parts that ended steps of these names left for a next time, which nobody will look for any more. They go after the commit."""
    parts = Step.objects.select_for_update(no_key=True).filter(
        run__kind=kind, run__subject_id__in=subjects, name__in=list(names), status__in=Step.FINISHED
    )
    gone = list(parts.exclude(keys=[]).order_by("pk"))
    removal.remove_later({key for step in gone for key in step.keys})
    Step.objects.filter(pk__in=[step.pk for step in gone]).update(keys=[])


def release(subjects: Iterable[uuid.UUID], keys: Iterable[str]) -> set[str]:
    """Lets go of files whose subjects are removed for good: `keys`, and all that ended steps of the subjects' own runs noted.

    Answers with the latter, for the caller to remove. What a worker is still writing is not among them: its step is over without a
    result then, and its files go with it.
    """
    ended = Step.objects.select_for_update().exclude(status=Step.Status.RUNNING).exclude(keys=[])
    own = list(ended.filter(run__subject_id__in=list(subjects)).only("keys"))
    found = {key for step in own for key in step.keys}
    for step in own:
        step.keys = []
    # Others may have had a share in the same files; their keys tell whose they are.
    named = set(keys) - found
    runs = {uuid.UUID(run[1]) for key in named if (run := OF_A_RUN.match(key))}
    shared = [step for step in ended.filter(run__in=runs).only("keys") if set(step.keys) & named] if runs else []
    for step in shared:
        step.keys = [key for key in step.keys if key not in named]
    Step.objects.bulk_update([*own, *shared], ["keys"])
    return found
