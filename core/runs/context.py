"""What a step sees of the world while it runs: who it is, what came before, where it may write, and whether it must stop."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import structlog
from django.db import Error as DatabaseTrouble
from django.db import connection
from django.db.models import F, Func, Value
from pydantic import BaseModel

from core.runs import artefacts
from core.runs.errors import HaltedError
from core.runs.models import Run, Step

R = TypeVar("R", bound=BaseModel)
log = structlog.get_logger(__name__)

# Four a second is as often as a person can read and the socket should carry.
PROGRESS_INTERVAL = 0.25


class StepContext:
    """Made by the worker for one attempt. `halt` is set when the attempt must end; `workdir` is removed after it."""

    def __init__(
        self, run: Run, step: Step, lease: uuid.UUID, workdir: Path, on_progress: Callable[[Run, Step], None]
    ) -> None:
        self.run = run
        self.step = step
        self.lease = lease
        self.workdir = workdir
        self.halt = threading.Event()
        self.halt_reason = ""
        self._on_progress = on_progress
        self._told_at = 0.0

    @property
    def run_id(self) -> uuid.UUID:
        return self.run.pk

    @property
    def subject_id(self) -> uuid.UUID:
        return self.run.subject_id

    @property
    def item(self) -> str:
        return self.step.item

    @property
    def attempt(self) -> int:
        return self.step.attempt

    @property
    def params(self) -> dict[str, Any]:
        return self.run.params

    @property
    def key(self) -> str:
        """The idempotency key of what this step pays for: the same for every attempt with the same inputs."""
        return f"{self.run.pk}/{self.step.name}/{self.step.item}/{self.step.inputs_hash[:32]}"

    def result(self, name: str, shape: type[R], *, item: str = "") -> R:
        """The typed result of a finished step of this run."""
        step = Step.objects.only("result").get(run=self.run, name=name, item=item, status__in=Step.FINISHED)
        return shape.model_validate(step.result)

    def result_or_none(self, name: str, shape: type[R], *, item: str = "") -> R | None:
        step = Step.objects.filter(run=self.run, name=name, item=item, status=Step.Status.DONE).only("result").first()
        return None if step is None else shape.model_validate(step.result)

    @property
    def storage_prefix(self) -> str:
        return artefacts.prefix(self.step, self.step.attempt)

    def storage_key(self, name: str) -> str:
        """A key of this attempt alone, noted before anything is written, so that what a dead attempt left is found and removed."""
        self.check()
        key = self.storage_prefix + name
        noted = Step.objects.held_by(self.lease).filter(pk=self.step.pk)
        if not noted.update(keys=Func(F("keys"), Value(key), function="array_append")):
            self.stop("lost")
            self.check()
        return key

    def stop(self, reason: str) -> None:
        self.halt_reason = self.halt_reason or reason
        self.halt.set()

    def check(self) -> None:
        """Raises when the attempt must end."""
        if self.halt.is_set():
            raise HaltedError(self.halt_reason)

    def progress(self, fraction: float, message: str = "") -> None:
        """Tells how far the step is. Throttled; raises `HaltedError` when it must end, so long loops call it between pieces."""
        self.check()
        now = time.monotonic()
        if now - self._told_at < PROGRESS_INTERVAL:
            return
        self._told_at = now
        # What people saw never runs backwards.
        self.step.progress = max(self.step.progress, min(max(fraction, 0.0), 1.0))
        self.step.message = message[:300] or self.step.message
        try:
            held = Step.objects.held_by(self.lease).filter(pk=self.step.pk)
            if held.update(progress=self.step.progress, message=self.step.message):
                self._on_progress(self.run, self.step)
                return
        except DatabaseTrouble as error:
            # The work goes on without being told of; whether it may is for the heartbeat to say.
            log.warning("step.progress_not_told", error=str(error))
            connection.close()
            return
        self.stop("lost")
        self.check()

    def note(self, text: str) -> None:
        """Adds lines to the step's log, for whoever looks into it later."""
        self.step.log = (self.step.log + text.rstrip() + "\n")[-20_000:]
