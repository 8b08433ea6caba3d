"""Whom a house works for: clients, the project managers who look after them, and the teams on their work."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models.houses import Organization
from accounts.models.people import User

Role = User.Role


class ClientQuerySet(models.QuerySet["Client"]):
    def live(self) -> ClientQuerySet:
        return self.filter(deleted_at=None)

    def visible_to(self, user: User) -> ClientQuerySet:
        """Production and a house's admins: the house's. Project managers: those they manage. Everybody: those whose team they are in."""
        clients = self.live()
        if user.is_platform_admin:
            return clients
        return clients.filter(
            Q(organization__in=user.houses_as(Role.PRODUCTION, Role.ADMIN))
            | Q(pk__in=ClientManager.objects.filter(user=user).order_by().values("client"))
            | Q(pk__in=TeamMember.objects.filter(user=user).order_by().values("team__client"))
        )


class Client(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="clients"
    )
    name = models.CharField(max_length=200)
    contact_email = models.EmailField(blank=True)
    notes = models.TextField(blank=True)
    managers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="ClientManager", related_name="managed_clients", blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ClientQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                condition=Q(deleted_at=None),
                nulls_distinct=False,
                name="client_name_unique_in_its_house",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ClientManager(models.Model):
    """A project manager of a client."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="management")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="management")
    assigned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("assigned_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["client", "user"], name="one_assignment_per_manager_and_client"),
        )

    def __str__(self) -> str:
        return f"{self.user} for {self.client}"


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: User) -> TeamQuerySet:
        """Of the clients one sees: one's own teams, and all of a client whom one manages or whose house one works in at large.

        Linguists and reviewers see the people of their own teams only.
        """
        teams = self.filter(client__in=Client.objects.visible_to(user))
        if user.is_platform_admin:
            return teams
        at_large = user.houses_as(Role.CLIENT, Role.PRODUCTION, Role.PROJECT_MANAGER, Role.ADMIN)
        return teams.filter(
            Q(pk__in=TeamMember.objects.filter(user=user).order_by().values("team"))
            | Q(client__organization__in=at_large)
            | Q(client__in=ClientManager.objects.filter(user=user).order_by().values("client"))
        )


class Team(models.Model):
    """The people who work on, or for, one client. A person of the client is in one of its teams as well."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=200)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="TeamMember", related_name="teams", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint("client", Lower("name"), name="team_name_unique_for_its_client"),)

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="team_memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_person_and_team"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
