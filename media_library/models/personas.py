"""How somebody writes and speaks, and how somebody sounds, with the consent that allows it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from accounts.models import Organization, User
from core.runs.models import Run
from media_library.models.assets import Asset


class VoiceProfileQuerySet(models.QuerySet["VoiceProfile"]):
    def visible_to(self, user: User) -> VoiceProfileQuerySet:
        """One's own, and the public ones of others; admins see all."""
        if user.is_platform_admin:
            return self
        return self.filter(Q(owner=user) | Q(is_public=True))

    def with_consent(self) -> VoiceProfileQuerySet:
        """With `consented`: whether a consent is in force."""
        given = VoiceConsent.objects.filter(profile=OuterRef("pk"), revoked_at=None)
        return self.annotate(consented=Exists(given))


class VoiceProfile(models.Model):
    """How somebody sounds, from a recorded sample. Not used before a consent is recorded, nor after it is revoked."""

    class Status(models.TextChoices):
        PENDING = "pending"
        READY = "ready"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="voice_profiles")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=35)
    gender = models.CharField(max_length=20, blank=True)
    sample = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="voice_profiles")
    # What was measured of the voice: pitch, its spread, the speaker vector's similarity.
    characteristics = models.JSONField(default=dict, blank=True)
    # The fitted style of the engine that matches it, and its name.
    model_key = models.CharField(max_length=300, blank=True)
    engine = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    # How near the matched voice came to the sample: the cosine of their speaker vectors.
    similarity = models.FloatField(null=True, blank=True)
    # The hosted provider's own name of the voice, where one made it.
    hosted_voice = models.CharField(max_length=200, blank=True)
    problem = models.TextField(blank=True)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_public = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VoiceProfileQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class VoiceConsentQuerySet(models.QuerySet["VoiceConsent"]):
    def visible_to(self, user: User) -> VoiceConsentQuerySet:
        """The profile's owner's alone: who consented, in which words, is nobody else's."""
        return self if user.is_platform_admin else self.filter(profile__owner=user)


class VoiceConsent(models.Model):
    """Whose voice it is, and that they agreed to its use, in their words. Never changed; revoking says when and by whom."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="consents")
    given_by = models.CharField(max_length=255)
    given_at = models.DateTimeField()
    statement = models.TextField()
    # Which wording of the studio's terms of consent the statement was given under; empty for the person's own words alone.
    terms = models.CharField(max_length=20, blank=True)
    audio = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="consents")
    # Of the recorded consent, or else of the sample that it allows: what exactly was agreed to.
    audio_sha256 = models.CharField(max_length=64, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_because = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VoiceConsentQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["profile"], condition=Q(revoked_at=None), name="one_consent_in_force_per_voice"
            ),
        )

    def __str__(self) -> str:
        return f"Consent of {self.given_by}"


class PersonaQuerySet(models.QuerySet["Persona"]):
    def visible_to(self, user: User) -> PersonaQuerySet:
        """Those of one's houses, and one's own; admins see all. The deleted too: `active` leaves them out."""
        if user.is_platform_admin:
            return self
        return self.filter(
            Q(organization__in=Organization.objects.visible_to(user).order_by().values("pk"))
            | Q(organization=None, owner=user)
        )

    def active(self) -> PersonaQuerySet:
        return self.filter(is_active=True)


class Persona(models.Model):
    """How somebody writes and speaks. Belongs to a house, or to the person who made it and has none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="personas"
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="personas")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    tone = models.TextField(blank=True)
    style_notes = models.TextField(blank=True)
    topics = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    vocabulary = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    speaker_name_in_videos = models.CharField(max_length=150, blank=True)
    avatar_url = models.URLField(max_length=500, blank=True)
    voice = models.ForeignKey(VoiceProfile, null=True, blank=True, on_delete=models.SET_NULL, related_name="personas")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PersonaQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                condition=Q(is_active=True, organization__isnull=False),
                name="persona_name_unique_in_its_house",
            ),
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                condition=Q(is_active=True, organization=None),
                name="persona_name_unique_for_a_person",
            ),
        )

    def __str__(self) -> str:
        return self.name
