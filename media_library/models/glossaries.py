"""Words and how they are translated for a client, in versions of which one is in force."""

from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Lower

from accounts.models import Client, Organization, User


class GlossaryQuerySet(models.QuerySet["Glossary"]):
    def visible_to(self, user: User) -> GlossaryQuerySet:
        """Those of the clients one sees; of no client: those of one's houses, and one's own. Archived ones too."""
        if user.is_platform_admin:
            return self.filter(Q(client=None) | Q(client__deleted_at=None))
        return self.filter(
            Q(client__in=Client.objects.visible_to(user))
            | Q(client=None, organization__in=Organization.objects.visible_to(user))
            | Q(client=None, organization=None, owner=user)
        )

    def live(self) -> GlossaryQuerySet:
        return self.filter(archived_at=None)

    def named(self, words: str) -> GlossaryQuerySet:
        return self.filter(name__icontains=words) if words else self

    def with_version_in_force(self) -> GlossaryQuerySet:
        """In one query for all rows; `Glossary.in_force` reads it."""
        active = GlossaryVersion.objects.filter(is_active=True)
        return self.prefetch_related(Prefetch("versions", active, to_attr="active_versions"))


class Glossary(models.Model):
    """Belongs to its client's house; without a client to a house, or to the person who made it and has none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="glossaries"
    )
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="glossaries")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="glossaries")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = GlossaryQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name_plural = "glossaries"
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                condition=Q(archived_at=None, organization__isnull=False),
                name="glossary_name_unique_in_its_house",
            ),
            models.UniqueConstraint(
                "client",
                Lower("name"),
                condition=Q(archived_at=None, organization=None, client__isnull=False),
                name="glossary_name_unique_for_a_client_of_no_house",
            ),
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                condition=Q(archived_at=None, organization=None, client=None),
                name="glossary_name_unique_for_a_person",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> str:
        return "archived" if self.archived_at else "active"

    @property
    def in_force(self) -> GlossaryVersion | None:
        found: list[GlossaryVersion] | None = getattr(self, "active_versions", None)
        if found is None:
            return self.versions.filter(is_active=True).first()
        return found[0] if found else None


class GlossaryVersionQuerySet(models.QuerySet["GlossaryVersion"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(glossary__in=Glossary.objects.visible_to(user))


class GlossaryVersion(models.Model):
    """One uploaded file. Its terms never change; `term_count` and `languages` are what the file had."""

    class Embedding(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    glossary = models.ForeignKey(Glossary, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    is_active = models.BooleanField(default=False)
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    languages = models.JSONField(default=list)
    term_count = models.PositiveIntegerField()
    embedding_status = models.CharField(max_length=10, choices=Embedding.choices, default=Embedding.QUEUED)
    # Who works on the vectors now; a worker that lost its claim to another request writes no outcome.
    embedding_claim = models.UUIDField(null=True, blank=True, editable=False)
    embedding_claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    embedding_engine = models.CharField(max_length=100, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GlossaryVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-number", "-id")
        constraints = (
            models.UniqueConstraint(fields=["glossary", "number"], name="one_glossary_version_per_number"),
            models.UniqueConstraint(
                fields=["glossary"], condition=Q(is_active=True), name="one_active_version_per_glossary"
            ),
        )

    def __str__(self) -> str:
        return f"{self.glossary} version {self.number}"


class GlossaryTermQuerySet(models.QuerySet["GlossaryTerm"]):
    def visible_to(self, user: User) -> GlossaryTermQuerySet:
        return self.filter(version__glossary__in=Glossary.objects.visible_to(user))

    def holding(self, words: str) -> GlossaryTermQuerySet:
        return self.filter(words__icontains=words) if words else self


class GlossaryTerm(models.Model):
    """`translations` maps languages to texts; `words` is all that a search looks at."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(GlossaryVersion, on_delete=models.CASCADE, related_name="terms")
    position = models.PositiveIntegerField()
    source_term = models.TextField()
    translations = models.JSONField(default=dict)
    notes = models.TextField(blank=True)
    forbidden = models.BooleanField(default=False)
    case_sensitive = models.BooleanField(default=False)
    words = models.TextField(editable=False)
    # Meaning of the source term: 32-bit floats, one unit vector, made by the version's engine.
    embedding = models.BinaryField(null=True, editable=False)

    objects = GlossaryTermQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=["version", "position"], name="one_term_per_position"),)

    def __str__(self) -> str:
        return self.source_term[:60]
