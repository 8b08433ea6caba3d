"""Links that show one job to somebody who has no account."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from jobs.models import Job


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def visible_to(self, user: User) -> ShareLinkQuerySet:
        return self.filter(job__in=Job.objects.visible_to(user))

    def in_force(self) -> ShareLinkQuerySet:
        """Neither revoked nor expired. Its views may be used up."""
        return self.filter(revoked_at=None, expires_at__gt=Now())

    def alive(self) -> ShareLinkQuerySet:
        """In force, of a job that is there."""
        return self.in_force().filter(job__deleted_at=None)

    def with_views_left(self) -> ShareLinkQuerySet:
        return self.filter(Q(max_views=None) | Q(view_count__lt=F("max_views")))


class ShareLink(models.Model):
    """`token_hash` is the SHA-256 of the link's secret, which is shown once and kept nowhere; `prefix` is its beginning."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="share_links")
    name = models.CharField(max_length=100, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=8)
    password = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField()
    allow_download = models.BooleanField(default=False)
    allow_comments = models.BooleanField(default=False)
    allow_approval = models.BooleanField(default=False)
    max_views = models.PositiveIntegerField(null=True, blank=True)
    view_count = models.PositiveIntegerField(default=0)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name or f"Link {self.prefix}…"

    @property
    def is_over(self) -> bool:
        used_up = self.max_views is not None and self.view_count >= self.max_views
        return used_up or self.expires_at <= timezone.now()


class ShareVisitQuerySet(models.QuerySet["ShareVisit"]):
    def visible_to(self, user: User) -> ShareVisitQuerySet:
        return self.filter(share__in=ShareLink.objects.visible_to(user))


class ShareVisit(models.Model):
    """Somebody opened the link. `visitor` is a keyed digest of the address, which tells visitors apart and names nobody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="visits")
    visitor = models.CharField(max_length=16)
    guest_name = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects = ShareVisitQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.share}, {self.at:%Y-%m-%d %H:%M}"


class GuestVerdictQuerySet(models.QuerySet["GuestVerdict"]):
    def visible_to(self, user: User) -> GuestVerdictQuerySet:
        return self.filter(share__in=ShareLink.objects.visible_to(user))


class GuestVerdict(models.Model):
    """A guest approved, or asked for changes. The newest of a link counts; the team decides what follows."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "Approved"
        CHANGES = "changes", "Asked for changes"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="verdicts")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    guest_name = models.CharField(max_length=100)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects = GuestVerdictQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.guest_name}: {self.get_verdict_display()}"
