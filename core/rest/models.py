"""Answers that may be given again, and what was asked of the API."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models


class IdempotentAnswer(models.Model):
    """What one Idempotency-Key led to. `body` is encrypted: it may hold a signed link.

    A row is first a claim (running, until the lease ends) and then the answer (done, until it expires).
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    scope = models.CharField(max_length=100)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=500)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    claim = models.UUIDField(default=uuid.uuid4)
    claimed_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    headers: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict, blank=True)
    body = models.BinaryField(blank=True, default=b"")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["scope", "method", "path", "key"], name="one_answer_per_idempotency_key"),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.state}"


class RequestLog(models.Model):
    """One request to the API: who, from where, which route, what came of it and how long it took."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No constraint: a row is written seconds after the request, when the person may be gone.
    user: models.ForeignKey[Any, Any] = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="api_requests",
    )
    endpoint = models.CharField(max_length=255)
    method = models.CharField(max_length=10)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    response_status = models.PositiveSmallIntegerField()
    response_time_ms = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=["user", "-created_at"], name="requests_of_a_person"),)

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint} {self.response_status}"
