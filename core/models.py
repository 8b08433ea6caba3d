"""The trail of what was done: every workflow move and every change that matters writes one row."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    """Append-only. `action` is `<app>.<noun>.<verb>`; `before`/`after` are the status of a workflow move, empty otherwise.

    `row_hash` seals the row itself; `position`, `prev_hash` and `hash` are its place in the chain, given after the commit
    (core.audit.chain). A trigger of the database refuses every other change. The actor's id is no constraint: the trail outlives
    whom it speaks of, and writing a row never waits for somebody's lock on a person.
    """

    class Category(models.TextChoices):
        SECURITY = "security", "Security"
        CHANGE = "change", "Change"
        ACCESS = "access", "Access"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    category = models.CharField(max_length=10, choices=Category.choices, default=Category.CHANGE)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="audit_events",
        db_constraint=False,
        db_index=False,
    )
    actor_email = models.EmailField(blank=True)
    action = models.CharField(max_length=100, db_index=True)
    subject_type = models.CharField(max_length=100, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True, encoder=DjangoJSONEncoder
    )
    request_id = models.CharField(max_length=64, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    row_hash = models.CharField(max_length=64, editable=False)
    position = models.BigIntegerField(null=True, blank=True, unique=True, editable=False)
    prev_hash = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=["subject_type", "subject_id", "-at"], name="audit_subject"),
            models.Index(fields=["actor", "-at"], name="audit_actor"),
            models.Index(fields=["category", "-at"], name="audit_category"),
            models.Index(fields=["at", "id"], name="audit_unsealed", condition=models.Q(position=None)),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.subject_id}".strip()


class AuditHead(models.Model):
    """One row, signed: where the chain ends, so that rows cut off its end are missed."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head {self.position}"


class AuditTombstone(models.Model):
    """Stands, signed, for the rows that a clean-up removed: the walk goes on behind it with `last_hash`."""

    first_position = models.BigIntegerField(primary_key=True)
    last_position = models.BigIntegerField(unique=True)
    prev_hash = models.CharField(max_length=64)
    last_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    signature = models.CharField(max_length=64)

    class Meta:
        ordering = ("first_position",)

    def __str__(self) -> str:
        return f"{self.first_position} to {self.last_position}"

    @property
    def count(self) -> int:
        return self.last_position - self.first_position + 1
