"""What a client asks for, before there is a job."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Client, Organization, Project, User


class BriefQuerySet(models.QuerySet["Brief"]):
    def visible_to(self, user: User) -> BriefQuerySet:
        """One's own; production and admins: the house's; clients: those of their clients; project managers: also those of no client."""
        briefs = self.filter(deleted_at=None)
        if user.is_platform_admin:
            return briefs
        role = User.Role
        in_the_house = Q(organization__in=user.houses_as(role.CLIENT, role.PROJECT_MANAGER))
        of_their_clients = Q(client__in=Client.objects.visible_to(user))
        return briefs.filter(
            Q(created_by=user)
            | Q(organization__in=user.houses_as(role.PRODUCTION, role.ADMIN))
            | (in_the_house & of_their_clients)
            # One customer is not shown what another asks for.
            | Q(organization__in=user.houses_as(role.PROJECT_MANAGER), client=None)
        )

    def titled(self, words: str) -> BriefQuerySet:
        return self.filter(title__icontains=words) if words else self


class Brief(models.Model):
    """`requested_outputs` has the contract's keys, or is None while nothing was chosen."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Waiting for approval"
        APPROVED = "approved", "Approved"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="briefs"
    )
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="briefs")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="briefs")
    source_language = models.CharField(max_length=35, blank=True)
    languages = models.JSONField(default=list, blank=True)
    requested_outputs = models.JSONField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(default=1)
    due_date = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="briefs")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = BriefQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=["organization", "-created_at"], name="brief_house"),)

    def __str__(self) -> str:
        return self.title
