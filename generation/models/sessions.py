"""Sessions in which pictures, clips and a film are made from words, with a person's choice between the steps."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, Self, TypeVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Organization, Project, User
from core.runs.models import Run
from media_library.models import Asset

Row = TypeVar("Row", bound=models.Model)


class GenerationSessionQuerySet(models.QuerySet["GenerationSession"]):
    def visible_to(self, user: User) -> GenerationSessionQuerySet:
        """One's own alone; admins see all. The deleted are nobody's."""
        live = self.filter(deleted_at=None)
        return live if user.is_platform_admin else live.filter(owner=user)


class OfSessionQuerySet(models.QuerySet[Row]):
    """Rows that hang on a session, `path` away, are seen with it."""

    path = "session"

    def visible_to(self, user: User) -> Self:
        return self.filter(**{f"{self.path}__in": GenerationSession.objects.visible_to(user)})


class GenerationSession(models.Model):
    """One film in the making. `status` tells which step is at work or waits for a person; a step that failed can be asked for again.

    `cap_usd` is what the session may cost at most; None leaves it to the budgets. `composition` is how the film is put together as
    it was last wished, so that a page can go on with it: {overlays, audio_id, transition, …} as `services.composing` reads it.
    """

    class Status(models.TextChoices):
        CREATED = "created", "New"
        GENERATING_IMAGES = "generating_images", "Making images"
        CHOOSING_IMAGES = "choosing_images", "Choose images"
        GENERATING_CLIPS = "generating_clips", "Making clips"
        CHOOSING_CLIPS = "choosing_clips", "Choose clips"
        COMPOSING = "composing", "Composing"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="generation_sessions")
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="generation_sessions"
    )
    title = models.CharField(max_length=255, blank=True)
    prompt = models.TextField()
    video_prompt = models.TextField(blank=True)
    aspect_ratio = models.CharField(max_length=10, default="16:9")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CREATED)
    problem = models.TextField(blank=True)
    cap_usd = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    composition: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    final = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = GenerationSessionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=["owner", "-created_at"], name="generation_sessions_of"),)

    def __str__(self) -> str:
        return self.title or self.prompt[:80]


class RoundQuerySet(OfSessionQuerySet["Round"]):
    pass


class Round(models.Model):
    """One asking of a step: so many pictures for this prompt, clips of these pictures, or one film. Its run's subject.

    `plan` is what was asked for, exactly: prompts, seeds, model, seconds, overlays; `estimate_usd` what that was thought to cost before.
    """

    class Kind(models.TextChoices):
        IMAGES = "images", "Images"
        CLIPS = "clips", "Clips"
        FILM = "film", "Final video"

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(GenerationSession, on_delete=models.CASCADE, related_name="rounds")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField()
    prompt = models.TextField(blank=True)
    plan: models.JSONField[Any, Any] = models.JSONField(default=dict)
    estimate_usd = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    problem = models.TextField(blank=True)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ("session", "kind", "number")
        constraints = (
            models.UniqueConstraint(fields=["session", "kind", "number"], name="one_round_per_number"),
            models.UniqueConstraint(
                fields=["session"], condition=Q(status="running"), name="one_round_of_a_session_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class TakeQuerySet(OfSessionQuerySet["Take"]):
    def shown(self) -> TakeQuerySet:
        """Not those that another take has replaced."""
        return self.filter(replaced_by=None, removed_at=None)


class Take(models.Model):
    """One picture or clip. Planned with its round, so that each has its place, prompt and seed before anything is paid for.

    A clip is made of the picture `source`. `order_index` is its place among the approved. `trim_start` and `trim_end` are seconds
    of the clip itself; a film shows what is between them. `made` tells who did it: {engine, named, seed, digital_source_type, …}.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", "Image"
        CLIP = "clip", "Clip"
        FINAL = "final_video", "Final video"
        AUDIO = "audio", "Audio"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(GenerationSession, on_delete=models.CASCADE, related_name="takes")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="takes")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    index = models.PositiveIntegerField()
    prompt = models.TextField(blank=True)
    seed = models.BigIntegerField(default=0)
    source = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="clips")
    seconds = models.FloatField(null=True, blank=True)
    asset = models.OneToOneField(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="take")
    made: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    problem = models.TextField(blank=True)
    approved = models.BooleanField(default=False)
    order_index = models.PositiveIntegerField(null=True, blank=True)
    trim_start = models.FloatField(null=True, blank=True)
    trim_end = models.FloatField(null=True, blank=True)
    caption = models.TextField(blank=True)
    replaced_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaces")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = TakeQuerySet.as_manager()

    class Meta:
        ordering = ("round", "index", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(trim_start=None) | Q(trim_end=None) | Q(trim_end__gt=F("trim_start")),
                name="a_trim_leaves_something",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.index + 1}"


class PresetQuerySet(models.QuerySet["Preset"]):
    def visible_to(self, user: User) -> PresetQuerySet:
        """One's own; admins see all."""
        return self if user.is_platform_admin else self.filter(owner=user)


class Preset(models.Model):
    """Settings worth using again: model, aspect, seconds, look of titles, transition, sound. Read like what a form sends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    values: models.JSONField[Any, Any] = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=["owner", "name"], name="preset_names_differ"),)

    def __str__(self) -> str:
        return self.name
