"""Uploads in progress and done."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models.functions import Now

from core.storage.base import Incoming
from core.storage.signing import upload_signature


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: AbstractBaseUser) -> UploadQuerySet:
        """An upload is its owner's alone."""
        return self.filter(owner_id=user.pk)


class Upload(models.Model):
    """One file that somebody may send. `received` bytes are safe; the next piece starts there. Expiry is database time."""

    class Status(models.TextChoices):
        RESERVED = "reserved", "Reserved"
        RECEIVING = "receiving", "Receiving"
        COMPLETE = "complete", "Complete"
        EXPIRED = "expired", "Expired"
        ABORTED = "aborted", "Aborted"

    OPEN = (Status.RESERVED, Status.RECEIVING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=500, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    size = models.BigIntegerField()
    # False: `size` is the most the file may have; the first piece says how much it has.
    exact = models.BooleanField(default=True)
    received = models.BigIntegerField(default=0)
    sha256_expected = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.RESERVED)
    progress: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField(db_index=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(condition=models.Q(size__gt=0), name="upload_has_a_size"),
            models.CheckConstraint(
                condition=models.Q(received__gte=0, received__lte=models.F("size")), name="upload_received_within_size"
            ),
        )

    def __str__(self) -> str:
        return f"{self.filename} ({self.status})"

    @property
    def url(self) -> str:
        """Where the pieces go. The signature is the permission, so hand it to nobody but the owner."""
        return f"{settings.PUBLIC_URL}/uploads/{self.pk}?sig={upload_signature(str(self.pk))}"

    @property
    def incoming(self) -> Incoming:
        return Incoming(
            id=str(self.pk),
            key=self.key,
            content_type=self.content_type,
            size=self.size,
            sha256=self.sha256_expected,
            progress=self.progress,
        )


class Removal(models.Model):
    """A file that nothing names any more, or nothing yet, and that has to go from `due_at` on."""

    key = models.CharField(max_length=500, unique=True)
    due_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.key
