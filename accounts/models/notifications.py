"""What people are told of while they do something else."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.people import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> NotificationQuerySet:
        """One's own only, admins included."""
        return self.filter(user=user)

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)


class Notification(models.Model):
    """`url` is a path of the studio. `subject` is what it is about (`job:<id>`): newer news of the same kind and subject replace older
    unread ones. `mailed_at` is when a letter, single or digest, told of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=100, blank=True)
    urgent = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["user", "-created_at"], name="notification_of_person"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["user", "kind", "subject"],
                condition=Q(read_at=None) & ~Q(subject=""),
                name="one_unread_notification_per_subject",
            ),
        )

    def __str__(self) -> str:
        return self.text
