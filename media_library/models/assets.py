"""Files, what is said in them, and the tracks made from that."""

from __future__ import annotations

import uuid
from typing import Self, TypeVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from accounts.models import Organization, User


class AssetQuerySet(models.QuerySet["Asset"]):
    def visible_to(self, user: User) -> AssetQuerySet:
        """One's own and those of one's houses; admins see all. The deleted are nobody's."""
        assets = self.filter(deleted_at=None)
        if user.is_platform_admin:
            return assets
        return assets.filter(Q(owner=user) | Q(organization__in=Organization.objects.visible_to(user)))


Row = TypeVar("Row", bound=models.Model)


class OfAssetQuerySet(models.QuerySet[Row]):
    """Rows that hang on an asset, `path` away, are seen with it."""

    path = "asset"

    def visible_to(self, user: User) -> Self:
        return self.filter(**{f"{self.path}__in": Asset.objects.visible_to(user)})


class TranscriptQuerySet(OfAssetQuerySet["Transcript"]):
    pass


class TrackQuerySet(OfAssetQuerySet["Track"]):
    pass


class SegmentQuerySet(OfAssetQuerySet["Segment"]):
    path = "transcript__asset"


class TrackVersionQuerySet(OfAssetQuerySet["TrackVersion"]):
    path = "track__asset"


class TrackDraftQuerySet(models.QuerySet["TrackDraft"]):
    def visible_to(self, user: User) -> TrackDraftQuerySet:
        """A draft is its author's alone."""
        return self.filter(author=user)


class Asset(models.Model):
    """One stored file. `purpose` tells what the studio made it for; a file that people brought has none."""

    class Kind(models.TextChoices):
        VIDEO = "video"
        AUDIO = "audio"
        IMAGE = "image"
        DOCUMENT = "document"
        CAPTION = "caption"
        EXPORT = "export"

    class Purpose(models.TextChoices):
        ORIGINAL = "", "as it was brought"
        MEZZANINE = "mezzanine"
        POSTER = "poster"
        WAVEFORM = "waveform"
        DESCRIPTION_AUDIO = "description_audio"
        ACCESSIBLE_VIDEO = "accessible_video"
        ACCESSIBLE_CAPTIONS = "accessible_captions"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="assets")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="assets"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    purpose = models.CharField(max_length=20, choices=Purpose.choices, blank=True)
    made_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="made")
    language = models.CharField(max_length=35, blank=True)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    key = models.CharField(max_length=300, unique=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    duration = models.FloatField(null=True, blank=True)
    technical = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["made_from", "purpose", "language"],
                condition=~Q(purpose="") & Q(made_from__isnull=False),
                name="one_made_asset_per_purpose_and_language",
            ),
        )

    def __str__(self) -> str:
        return self.filename


class Transcript(models.Model):
    """What is said in an asset, as an engine heard it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, related_name="transcript")
    language = models.CharField(max_length=35)
    confidence = models.FloatField(null=True, blank=True)
    engine = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TranscriptQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.asset} in {self.language}"


class Segment(models.Model):
    """A stretch of speech. `words` is a list of {word, start, end, confidence}, seconds from the start of the asset."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="segments")
    position = models.PositiveIntegerField()
    start = models.FloatField()
    end = models.FloatField()
    text = models.TextField()
    words = models.JSONField(default=list)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=["transcript", "position"], name="one_segment_per_position"),)

    def __str__(self) -> str:
        return self.text[:60]


class Track(models.Model):
    """Captions or descriptions of an asset in one language. Its text is the newest version's."""

    class Kind(models.TextChoices):
        CAPTIONS = "captions"
        AUDIO_DESCRIPTION = "audio_description"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="tracks")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    language = models.CharField(max_length=35)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.language}"


class TrackVersion(models.Model):
    """One saved text. A person's has an `author`; a machine's names its `engine`. Never changed afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    engine = models.CharField(max_length=100, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrackVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-number", "-id")
        constraints = (models.UniqueConstraint(fields=["track", "number"], name="one_version_per_number"),)

    def __str__(self) -> str:
        return f"{self.track} version {self.number}"


class TrackDraft(models.Model):
    """A text that lost against somebody else's save. Kept until its author merges or discards it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    base_version = models.PositiveIntegerField()
    content = models.TextField()
    comment = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrackDraftQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"Draft of {self.track}"
