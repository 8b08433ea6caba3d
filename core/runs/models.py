"""Durable work. Postgres is the truth; the broker only rings the bell."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Run(models.Model):
    """One execution of a pipeline for one subject (a job, an asset). `stage` is the pipeline's word for where it stands."""

    class Status(models.TextChoices):
        RUNNING = "running"
        WAITING = "waiting"  # for a person
        CANCELLING = "cancelling"
        CANCELLED = "cancelled"
        FAILED = "failed"
        COMPLETED = "completed"

    ACTIVE = (Status.RUNNING, Status.WAITING, Status.CANCELLING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    params: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RUNNING)
    stage = models.CharField(max_length=40, blank=True)
    progress = models.FloatField(default=0.0)
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    failed_step = models.CharField(max_length=60, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=["kind", "subject_id", "-created_at"], name="run_subject"),)
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "subject_id"],
                condition=models.Q(status__in=["running", "waiting", "cancelling"]),
                name="one_active_run_per_subject",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class StepQuerySet(models.QuerySet["Step"]):
    def claimable(self) -> StepQuerySet:
        """Queued steps. One whose worker died is queued again by the reaper, which counts how often that happens."""
        return self.filter(status=Step.Status.QUEUED)

    def held_by(self, lease: uuid.UUID) -> StepQuerySet:
        """Every write of a worker goes through this, so that one that was paused and replaced changes nothing."""
        return self.filter(status=Step.Status.RUNNING, lease=lease)


class Step(models.Model):
    """One step of a run, for one item (a language) or for the whole. `attempt` is the fencing number: it grows with every claim."""

    class Status(models.TextChoices):
        PENDING = "pending"  # what it needs is not done
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"  # for a person, or until `run_after` for a provider
        DONE = "done"
        SKIPPED = "skipped"
        FAILED = "failed"
        CANCELLED = "cancelled"

    FINISHED = (Status.DONE, Status.SKIPPED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=60)
    item = models.CharField(max_length=60, blank=True)
    position = models.PositiveSmallIntegerField()
    queue = models.CharField(max_length=20)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    waits = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    run_after = models.DateTimeField(null=True, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True)
    rings = models.PositiveIntegerField(default=0)
    inputs_hash = models.CharField(max_length=64, blank=True)
    result = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    reused = models.BooleanField(default=False)
    keys = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    progress = models.FloatField(default=0.0)
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    log = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ("position", "item", "id")
        constraints = (models.UniqueConstraint(fields=["run", "name", "item"], name="one_step_per_name_and_item"),)
        indexes = (
            models.Index(
                fields=["status", "run_after"],
                condition=models.Q(status__in=["queued", "running", "waiting"]),
                name="step_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}[{self.item}]" if self.item else self.name

    @property
    def is_finished(self) -> bool:
        return self.status in self.FINISHED

    @property
    def took(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


class OutboxMessage(models.Model):
    """What a transaction decided to ring for. Sent after its commit; swept again when that did not happen."""

    id = models.BigAutoField(primary_key=True)
    task = models.CharField(max_length=120)
    kwargs = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    queue = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["id"], condition=models.Q(sent_at=None), name="outbox_unsent"),)

    def __str__(self) -> str:
        return f"{self.task} on {self.queue}"
