"""Captions and descriptions of an asset, in versions of their text."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from accounts.models import User
from media_library.models.assets import Asset, OfAssetQuerySet


class TrackQuerySet(OfAssetQuerySet["Track"]):
    pass


class TrackVersionQuerySet(OfAssetQuerySet["TrackVersion"]):
    path = "track__asset"


class TrackDraftQuerySet(models.QuerySet["TrackDraft"]):
    def visible_to(self, user: User) -> TrackDraftQuerySet:
        """A draft is its author's alone."""
        return self.filter(author=user)


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
    """One saved text. A person's has an `author`; a machine's names its `engine`. Its text never changes afterwards.

    `origins` has one entry for each cue, in order: {"by": "machine" or "person", "from": a digest of the source cues it was translated
    from, or ""}; empty where nobody has counted yet. `findings` are those of the last check with `profile`, None before any.
    """

    class Source(models.TextChoices):
        AI = "ai", "Draft by an engine"
        TRANSLATION = "translation", "Draft translation"
        EDIT = "edit", "Edited"
        TIMING = "timing", "Times moved"
        RESTORE = "restore", "Restored"
        UPLOAD = "upload", "Uploaded"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    engine = models.CharField(max_length=100, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.EDIT)
    cue_count = models.PositiveIntegerField(default=0)
    origins = models.JSONField(default=list, blank=True)
    profile = models.CharField(max_length=40, blank=True)
    findings = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrackVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-number", "-id")
        constraints = (models.UniqueConstraint(fields=["track", "number"], name="one_version_per_number"),)

    def __str__(self) -> str:
        return f"{self.track} version {self.number}"


class TrackDraft(models.Model):
    """A text that lost against somebody else's save, or (`automatic`) what its author has typed and not saved yet, one for each track.
    Kept until its author saves, merges or discards it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    base_version = models.PositiveIntegerField()
    content = models.TextField()
    comment = models.CharField(max_length=500, blank=True)
    automatic = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TrackDraftQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["track", "author"], condition=models.Q(automatic=True), name="one_automatic_draft_per_author"
            ),
        )

    def __str__(self) -> str:
        return f"Draft of {self.track}"
