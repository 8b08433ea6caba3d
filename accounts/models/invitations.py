"""Invitations: one table for a place in the studio, in an organisation and in a project."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from accounts.models.houses import Organization
from accounts.models.people import User
from accounts.models.projects import Project, ProjectMember


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=Now())

    def visible_to(self, user: User) -> InvitationQuerySet:
        """One's own, and those to houses and projects one rules; admins see all."""
        if user.is_platform_admin:
            return self
        return self.filter(
            Q(invited_by=user) | Q(organization__in=user.houses_as(User.Role.ADMIN)) | Q(project__owner=user)
        )


class Invitation(models.Model):
    """What was promised when it was written is what the guest gets: address, role and place never come from the guest.

    `token_hash` is the SHA-256 of the secret in the mail, which is kept nowhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, choices=User.Role.choices, default=User.Role.CLIENT)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations"
    )
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    project_role = models.CharField(max_length=12, choices=ProjectMember.Role.choices, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="invitations_sent"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="invitations_accepted"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=["email"], name="invitation_email"),)
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                "organization",
                "project",
                condition=Q(accepted_at=None, revoked_at=None),
                nulls_distinct=False,
                name="one_open_invitation_per_place",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} to {self.organization or self.project or 'the studio'}"
