"""The thread that keeps an attempt's lease alive and tells the attempt when it must end."""

from __future__ import annotations

import mmap
import threading
import time
from datetime import timedelta
from typing import Any

import structlog
from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from core.runs.context import StepContext
from core.runs.models import Run, Step

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5

# One byte that the pool's processes share with the worker they were forked from: only that one hears the signal to end.
_ending = mmap.mmap(-1, 1)


def end_attempts(**_: Any) -> None:
    """On a deploy the attempts hand their steps back, which is no failure, rather than being killed a few seconds later."""
    _ending[0] = 1


worker_shutting_down.connect(end_attempts)


def is_ending() -> bool:
    return _ending[0] == 1


class Heartbeat(threading.Thread):
    """Halts its attempt when that was cancelled, taken over, cut off from the database, out of time, or must make way for a restart."""

    def __init__(self, ctx: StepContext, timeout: timedelta) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.ctx = ctx
        self.deadline = time.monotonic() + timeout.total_seconds()
        self.ended = threading.Event()

    def run(self) -> None:
        renewed = beaten = time.monotonic()
        try:
            while not self.ended.wait(min(LOOK_SECONDS, settings.RUN_HEARTBEAT_SECONDS)):
                now = time.monotonic()
                if is_ending():
                    self.ctx.stop("shutdown")
                if now > self.deadline:
                    self.ctx.stop("timeout")
                if now - beaten < settings.RUN_HEARTBEAT_SECONDS:
                    continue
                beaten = now
                try:
                    reason = self.beat()
                    renewed = time.monotonic()
                except Exception as error:  # noqa: BLE001  (a beat that breaks must not end the beating)
                    log.warning("step.beat_failed", step=str(self.ctx.step), error=str(error))
                    connection.close()
                    # By now another worker may have taken over, so this one must not go on.
                    reason = "lost" if time.monotonic() - renewed > settings.RUN_LEASE_SECONDS else ""
                if reason:
                    self.ctx.stop(reason)
                if reason == "lost":
                    return
        finally:
            # Django's connections belong to threads: nobody else can close this one.
            connection.close()

    def beat(self) -> str:
        """Renews the lease, also one that ran out and was taken by nobody. Returns why the attempt must end, if it must."""
        held = Step.objects.held_by(self.ctx.lease).filter(pk=self.ctx.step.pk)
        if not held.update(lease_expires_at=Now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)):
            return "lost"
        status = Run.objects.values_list("status", flat=True).get(pk=self.ctx.run.pk)
        return "cancelled" if status == Run.Status.CANCELLING else ""

    def stop(self) -> None:
        self.ended.set()
        self.join(timeout=10)
