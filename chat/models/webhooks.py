"""Who is told when something is done, over HTTP, and how that went."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def visible_to(self, user: User) -> WebhookQuerySet:
        """One's own, admins included: a delivery holds what that person may see."""
        return self.filter(user=user, ended_at=None)


class Webhook(models.Model):
    """A subscription. `secret` signs what is sent and is shown once, at creation; kept encrypted, because signing needs it."""

    class Event(models.TextChoices):
        PROJECT_COMPLETED = "project-completed", "Project completed"
        MEDIA_PROCESSED = "media-processed", "Media processed"
        AI_RESPONSE_READY = "ai-response-ready", "Answer ready"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    events = ArrayField(models.CharField(max_length=40, choices=Event.choices))
    url = models.CharField(max_length=2000)
    secret = models.TextField()
    # Failures in a row; after many the studio stops trying and says so.
    failures = models.PositiveIntegerField(default=0)
    disabled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.url


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def visible_to(self, user: User) -> WebhookDeliveryQuerySet:
        return self.filter(webhook__in=Webhook.objects.visible_to(user))


class WebhookDelivery(models.Model):
    """One event on its way to one subscriber. `id` is the message id of the Standard Webhooks rules, the same in every attempt.

    `attempts` are [{at, status, seconds, error, answer}], newest last.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40, choices=Webhook.Event.choices)
    # What it is about: the same thing is told once.
    subject = models.CharField(max_length=100)
    payload: models.JSONField[Any, Any] = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    attempts: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.UniqueConstraint(fields=["webhook", "event", "subject"], name="one_delivery_per_event_and_subject"),
        )
        indexes = (
            models.Index(fields=["next_attempt_at"], condition=Q(status="waiting"), name="webhook_deliveries_due"),
        )

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook}"
