"""Where steps keep their temporary files: one folder per attempt on the worker's own disk, named by its lease."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from core.runs.models import Step

PREFIX = "step-"


def folder() -> Path:
    path: Path = settings.HOME / "scratch"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def workdir(lease: uuid.UUID) -> Iterator[Path]:
    path = folder() / f"{PREFIX}{lease}"
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def orphans() -> list[Path]:
    """Folders on this machine that belong to no running step: their worker was killed."""
    # Listed before the leases are read: a folder is made after its lease was committed, so a live one is never among these.
    found = list(folder().glob(f"{PREFIX}*"))
    if not found:
        return []
    live = Step.objects.filter(status=Step.Status.RUNNING).values_list("lease", flat=True)
    names = {f"{PREFIX}{lease}" for lease in live}
    return [path for path in found if path.name not in names]


def clear() -> int:
    """Removes what killed workers left here. Every worker does it for its own machine before it begins a step."""
    left = orphans()
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)
