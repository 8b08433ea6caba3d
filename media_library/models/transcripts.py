"""What is said in an asset: who, when, in which words, and how people corrected it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from pgvector.django import HalfVectorField

from media_library.models.assets import Asset, OfAssetQuerySet

VOICE_DIMENSIONS = 256


class TranscriptQuerySet(OfAssetQuerySet["Transcript"]):
    pass


class SpeakerQuerySet(OfAssetQuerySet["Speaker"]):
    path = "transcript__asset"


class SegmentQuerySet(OfAssetQuerySet["Segment"]):
    path = "transcript__asset"


class TranscriptEditQuerySet(OfAssetQuerySet["TranscriptEdit"]):
    path = "transcript__asset"


class Transcript(models.Model):
    """What is said in an asset. `engine` heard it, or a person brought it; `revision` grows with every change by people."""

    class Source(models.TextChoices):
        HEARD = "heard"
        IMPORTED = "imported"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, related_name="transcript")
    language = models.CharField(max_length=35)
    confidence = models.FloatField(null=True, blank=True)
    engine = models.CharField(max_length=100)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.HEARD)
    # Who told the speakers apart; empty while nobody has.
    speakers_engine = models.CharField(max_length=100, blank=True)
    revision = models.PositiveIntegerField(default=0)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TranscriptQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.asset} in {self.language}"


class Speaker(models.Model):
    """Somebody heard in one transcript. `label` (speaker_1) is unique in it and stays; `name` is what people call them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="speakers")
    label = models.CharField(max_length=40)
    name = models.CharField(max_length=150, blank=True)
    # How the voice sounds, as the speaker encoder's unit vector: the same voice elsewhere is near.
    voice = HalfVectorField(dimensions=VOICE_DIMENSIONS, null=True, blank=True)
    voice_engine = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SpeakerQuerySet.as_manager()

    class Meta:
        ordering = ("label", "id")
        constraints = (models.UniqueConstraint(fields=["transcript", "label"], name="one_speaker_per_label"),)

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """The name, or the label in words."""
        return self.name or self.label.replace("_", " ").capitalize()


class Segment(models.Model):
    """A stretch of speech. `words` is a list of {word, start, end, confidence}, seconds from the start of the asset."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="segments")
    position = models.PositiveIntegerField()
    start = models.FloatField()
    end = models.FloatField()
    text = models.TextField()
    words = models.JSONField(default=list)
    speaker = models.ForeignKey(Speaker, null=True, blank=True, on_delete=models.SET_NULL, related_name="segments")

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=["transcript", "position"], name="one_segment_per_position"),)

    def __str__(self) -> str:
        return self.text[:60]


class TranscriptEdit(models.Model):
    """One change by a person, with what it changed: enough to see it and to take it back.

    `before` and `after` hold the segments (or speakers) that changed, as they were and as they are.
    """

    class Action(models.TextChoices):
        TEXT = "text"
        SPEAKER = "speaker"
        RENAME = "rename"
        MERGE = "merge"
        IDENTIFY = "identify"
        IMPORT = "import"
        LANGUAGE = "language"
        UNDO = "undo"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="edits")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    action = models.CharField(max_length=10, choices=Action.choices)
    summary = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TranscriptEditQuerySet.as_manager()

    class Meta:
        ordering = ("-number", "-id")
        constraints = (models.UniqueConstraint(fields=["transcript", "number"], name="one_edit_per_number"),)

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.number}"
