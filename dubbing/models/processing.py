"""Voice work asked for one job at a time: extracted sound, transcripts, matched voices, films with another voice."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models

from accounts.models import Project, User
from core.runs.models import Run
from media_library.models import Asset, Transcript, VoiceProfile


class ProcessingJobQuerySet(models.QuerySet["ProcessingJob"]):
    def visible_to(self, user: User) -> ProcessingJobQuerySet:
        """One's own alone; admins see all."""
        return self if user.is_platform_admin else self.filter(owner=user)


class ProcessingJob(models.Model):
    """One wish over the voice routes. `input` and `output` are files of one id space; `parameters` is what was asked for, as it was
    understood: {audio_format, sample_rate} and so on, with the engine that was named and the one that ran."""

    class Type(models.TextChoices):
        EXTRACT_AUDIO = "extract_audio", "Extract audio"
        TRANSCRIBE = "transcribe", "Transcribe"
        CLONE_VOICE = "clone_voice", "Match a voice"
        GENERATE_VIDEO = "generate_video", "Make the video"

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        PROCESSING = "processing", "Processing"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="processing_jobs")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="processing_jobs"
    )
    job_type = models.CharField(max_length=20, choices=Type.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING, db_index=True)
    progress = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    input = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    output = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    transcript = models.ForeignKey(Transcript, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    parameters: models.JSONField[Any, Any] = models.JSONField(default=dict)
    # What the answer of a status carries: {type, id, content, language, confidence_score, word_timestamps, …}.
    result: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    error_message = models.TextField(blank=True)
    estimated_completion = models.DateTimeField(null=True, blank=True)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProcessingJobQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=["owner", "-created_at"], name="processing_jobs_of"),)

    def __str__(self) -> str:
        return f"{self.get_job_type_display()} {self.pk}"


class VoiceCloneQuerySet(models.QuerySet["VoiceClone"]):
    def visible_to(self, user: User) -> VoiceCloneQuerySet:
        """Those of one's own jobs; admins see all."""
        return self if user.is_platform_admin else self.filter(job__owner=user)


class VoiceClone(models.Model):
    """A text said with a matched voice. Has the id of its sound file, so that either names both.

    `revoked_at` marks what was made under a consent that has been taken back.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    profile = models.ForeignKey(VoiceProfile, null=True, on_delete=models.SET_NULL, related_name="clones")
    transcript = models.ForeignKey(Transcript, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    target_language = models.CharField(max_length=35)
    text_content = models.TextField()
    asset = models.OneToOneField(Asset, null=True, on_delete=models.CASCADE, related_name="voice_clone")
    job = models.ForeignKey(ProcessingJob, null=True, on_delete=models.SET_NULL, related_name="clones")
    engine = models.CharField(max_length=100, blank=True)
    similarity = models.FloatField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VoiceCloneQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.text_content[:60]
