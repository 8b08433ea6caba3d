"""Projects: one thing on every surface, whether it belongs to a person or is a client's."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models.clients import Client
from accounts.models.people import User


class ProjectQuerySet(models.QuerySet["Project"]):
    def live(self) -> ProjectQuerySet:
        return self.filter(deleted_at=None)

    def visible_to(self, user: User) -> ProjectQuerySet:
        """One's own, those one collaborates on, and those of the clients one sees; admins see all."""
        projects = self.live()
        if user.is_platform_admin:
            return projects
        return projects.filter(
            Q(owner=user)
            | Q(pk__in=ProjectMember.objects.filter(user=user).order_by().values("project"))
            | Q(client__in=Client.objects.visible_to(user))
        )


class Project(models.Model):
    """`status` archived is what lists leave out; `deleted_at` is what nobody sees any more."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        COMPLETED = "completed", "Completed"
        ON_HOLD = "on-hold", "On hold"
        ARCHIVED = "archived", "Archived"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="projects")
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    color = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="ProjectMember", related_name="shared_projects", blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                "client",
                Lower("name"),
                condition=Q(deleted_at=None, client__isnull=False),
                name="project_name_unique_for_its_client",
            ),
        )
        indexes = (models.Index(fields=["owner", "-created_at"], name="project_owner"),)

    def __str__(self) -> str:
        return self.name


class ProjectMember(models.Model):
    """Somebody who is not the owner. Collaborators change things, viewers look."""

    class Role(models.TextChoices):
        COLLABORATOR = "collaborator", "Collaborator"
        VIEWER = "viewer", "Viewer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="project_memberships")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.COLLABORATOR)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["project", "user"], name="one_membership_per_person_and_project"),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"
