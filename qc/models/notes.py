"""Notes on the picture: what somebody saw at a moment of a job's film."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from jobs.models import Job


class ReviewNoteQuerySet(models.QuerySet["ReviewNote"]):
    def visible_to(self, user: User) -> ReviewNoteQuerySet:
        """Those of the jobs one sees. Clients see what was written for them and what they or their guests wrote."""
        notes = self.filter(job__in=Job.objects.visible_to(user))
        if user.is_platform_admin or user.has_role(*[role for role in User.Role.values if role != User.Role.CLIENT]):
            return notes
        return notes.filter(Q(internal=False) | Q(author=user))


class ReviewNote(models.Model):
    """`timestamp` and `until` are seconds of the film that was watched (`asset` and `language` say which); `frame` is its number there.

    `drawing` is a list of strokes: {"colour", "width", "points": [[x, y], …]} in fractions of the picture. A guest has a name and
    no account. `internal` notes are for the house only.
    """

    class Film(models.TextChoices):
        SOURCE = "source_video"
        CAPTIONS = "captions_vtt"
        DESCRIPTION = "audio_description_vtt"
        DESCRIPTION_AUDIO = "audio_description_mp3"
        ACCESSIBLE = "accessible_video_mp4"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="review_notes")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies")
    language = models.CharField(max_length=35, blank=True)
    asset = models.CharField(max_length=24, choices=Film.choices, blank=True)
    timestamp = models.FloatField()
    until = models.FloatField(null=True, blank=True)
    frame = models.PositiveIntegerField(null=True, blank=True)
    body = models.TextField()
    drawing = models.JSONField(default=list, blank=True)
    internal = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    guest_name = models.CharField(max_length=100, blank=True)
    share = models.ForeignKey(
        "qc.ShareLink", null=True, blank=True, on_delete=models.SET_NULL, related_name="review_notes"
    )
    resolved = models.BooleanField(default=False)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReviewNoteQuerySet.as_manager()

    class Meta:
        ordering = ("timestamp", "created_at", "id")
        indexes = (models.Index(fields=["job", "timestamp"], name="note_of_job"),)

    def __str__(self) -> str:
        return self.body[:60]

    @property
    def milliseconds(self) -> float:
        return self.timestamp * 1000
