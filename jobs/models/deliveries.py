"""Packages of finished work, to hand over."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from core.runs.models import Run


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: User) -> DeliveryQuerySet:
        """A package is of whoever asked for it: it holds what that person may download."""
        return self if user.is_platform_admin else self.filter(created_by=user)

    def alive(self) -> DeliveryQuerySet:
        return self.filter(expires_at__gt=Now())


class Delivery(models.Model):
    """A ZIP of the files of one or more jobs. `key` is empty until it is built; `digest` names exactly what goes in, so that the same
    package is built once. `manifest` lists path, kind, language, size and SHA-256 of every file; `skipped` the jobs left out and why."""

    class Status(models.TextChoices):
        BUILDING = "building", "Being built"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.BUILDING)
    jobs = models.ManyToManyField("jobs.Job", related_name="deliveries")
    kinds = models.JSONField(default=list)
    formats = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    key = models.CharField(max_length=300, blank=True)
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=list)
    skipped = models.JSONField(default=list)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return self.filename
