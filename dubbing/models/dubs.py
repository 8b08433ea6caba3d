"""Dubs: a video in another language, line by line, with a voice for each of its speakers."""

from __future__ import annotations

import uuid
from typing import Any, Self, TypeVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from accounts.models import Organization, Project, User
from core.runs.models import Run
from media_library.models import Asset, Speaker, VoiceProfile

Row = TypeVar("Row", bound=models.Model)


class DubQuerySet(models.QuerySet["Dub"]):
    def visible_to(self, user: User) -> DubQuerySet:
        """One's own, and those of videos in the library that one sees with others; admins see all. The deleted are nobody's."""
        live = self.filter(deleted_at=None)
        if user.is_platform_admin:
            return live
        shared = Asset.objects.visible_to(user).filter(shelf__in=Asset.SHARED).order_by().values("pk")
        return live.filter(Q(owner=user) | Q(video__in=shared))


class OfDubQuerySet(models.QuerySet[Row]):
    """Rows that hang on a dub, `path` away, are seen with it."""

    path = "dub"

    def visible_to(self, user: User) -> Self:
        return self.filter(**{f"{self.path}__in": Dub.objects.visible_to(user)})


class Dub(models.Model):
    """One video in one other language. `options` is how it is put together, as `services.dubs` reads it: {background, duck_db, fastest,
    loudness}. `status` tells what is at work; `ready` means that all lines are there and a film can be made.

    `made_of` names what the film was made of: where the desk's lines have another digest, the film is out of date.
    """

    class Status(models.TextChoices):
        PREPARING = "preparing", "Preparing"
        EDITING = "editing", "Editing"
        SPEAKING = "speaking", "Speaking"
        MIXING = "mixing", "Mixing"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="dubs")
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="dubs")
    video = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="dubs")
    title = models.CharField(max_length=255)
    source_language = models.CharField(max_length=35, blank=True)
    target_language = models.CharField(max_length=35)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREPARING)
    problem = models.TextField(blank=True)
    options: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    # Who translated and what they lacked: {translate, speech, missing, duration, …}.
    facts: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # The dubbed video; the original with the dub as a further sound track; the dub's sound alone; captions that say what is heard.
    film = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    multitrack = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sound = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    captions = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_of = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = DubQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=["owner", "-created_at"], name="dubs_of"),)

    def __str__(self) -> str:
        return self.title


class DubSpeakerQuerySet(OfDubQuerySet["DubSpeaker"]):
    pass


class DubSpeaker(models.Model):
    """One of the cast: who speaks in the original, and with which voice in the dub: one of an engine's (`voice`), or a matched one.

    `pitch` is the speaker's own mean in hertz, by which a voice is proposed when nobody has chosen one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dub = models.ForeignKey(Dub, on_delete=models.CASCADE, related_name="cast")
    speaker = models.ForeignKey(Speaker, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=150)
    position = models.PositiveIntegerField(default=0)
    voice = models.CharField(max_length=100, blank=True)
    profile = models.ForeignKey(VoiceProfile, null=True, blank=True, on_delete=models.SET_NULL, related_name="roles")
    speed = models.FloatField(default=1.0)
    pitch = models.FloatField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DubSpeakerQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(fields=["dub", "speaker"], name="one_role_per_speaker"),
            models.CheckConstraint(condition=Q(speed__gte=0.5, speed__lte=2.0), name="a_speed_that_can_be_heard"),
        )

    def __str__(self) -> str:
        return self.name


class DubLineQuerySet(OfDubQuerySet["DubLine"]):
    pass


class DubLine(models.Model):
    """What is said in one stretch of the original, and what is said there in the dub.

    `start` and `end` are the slot in seconds of the video. `natural` is how long the voice took by itself, `rate` how much faster it
    is played, `placed_start` and `placed_end` where it is heard. `spoken_of` is a digest of the words, the voice and its speed at the
    time it was spoken: where that of now differs, the line is stale. `sound` is the stored file {key, size, sha256, …}.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dub = models.ForeignKey(Dub, on_delete=models.CASCADE, related_name="lines")
    role = models.ForeignKey(DubSpeaker, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    start = models.FloatField()
    end = models.FloatField()
    original = models.TextField()
    text = models.TextField(blank=True)
    # By whom the text was written last, and a shorter wording where the line does not fit.
    written_by = models.CharField(max_length=10, choices=[("machine", "Machine"), ("person", "Person")], blank=True)
    suggestion = models.TextField(blank=True)
    muted = models.BooleanField(default=False)
    sound: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    spoken_of = models.CharField(max_length=64, blank=True)
    engine = models.CharField(max_length=100, blank=True)
    natural = models.FloatField(null=True, blank=True)
    rate = models.FloatField(null=True, blank=True)
    placed_start = models.FloatField(null=True, blank=True)
    placed_end = models.FloatField(null=True, blank=True)
    similarity = models.FloatField(null=True, blank=True)
    problem = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DubLineQuerySet.as_manager()

    class Meta:
        ordering = ("number", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["dub", "number"], name="one_line_per_number", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=Q(start__gte=0, end__gt=F("start")), name="a_line_has_a_slot"),
        )

    def __str__(self) -> str:
        return self.text[:60] or self.original[:60]
