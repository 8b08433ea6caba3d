"""Scripts and cuts: sections, the clips that quote footage, what people say of them, and what is made of them."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organization, User
from chat.models.conversations import Conversation, Message, OfConversationQuerySet
from core.runs.models import Run
from media_library.models import Asset


class ClipProposalQuerySet(OfConversationQuerySet["ClipProposal"]):
    def listed(self) -> ClipProposalQuerySet:
        """Those that were not taken out, in the order that gives them their index."""
        return self.filter(removed_at=None).order_by("position", "id")


class ClipProposal(models.Model):
    """A range of footage that quotes what is said there. Its index on the API is its place among the listed ones.

    Times are seconds of the asset; `text` is the transcript's own words in that range, never a model's. `source_n` is the quote of
    the message that it came from. `version` counts changes; `before` keeps the ranges it had: [{asset_id, start, end, text, title, at}].
    """

    class Transition(models.TextChoices):
        CUT = "cut", "Cut"
        DISSOLVE = "dissolve", "Dissolve"
        DIP = "dip", "Dip to black"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="clips")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="clips")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="clip_proposals")
    start = models.FloatField()
    end = models.FloatField()
    text = models.TextField(blank=True)
    speaker = models.CharField(max_length=150, blank=True)
    source_n = models.PositiveIntegerField(null=True, blank=True)
    in_cut = models.BooleanField(default=True)
    # Shown before the clip, for some seconds, when not empty.
    title_card = models.CharField(max_length=200, blank=True)
    # How the film goes from the clip before to this one.
    transition = models.CharField(max_length=10, choices=Transition.choices, default=Transition.CUT)
    version = models.PositiveIntegerField(default=1)
    before: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ClipProposalQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(start__gte=0, end__gt=models.F("start")), name="clip_proposal_has_length"
            ),
        )
        indexes = (models.Index(fields=["conversation", "position"], name="clips_in_order"),)

    def __str__(self) -> str:
        return self.title


class RecordQuerySet(OfConversationQuerySet["Record"]):
    def listed(self) -> RecordQuerySet:
        """Those that were not taken out, in the order that gives them their index."""
        return self.filter(removed_at=None).order_by("position", "id")


class Record(models.Model):
    """One section of the script: words to be narrated, or the place of a clip. Its index on the API is its place among the listed ones.

    `duration` is how long it takes to say, in seconds. `is_gap` marks narration that nobody has written yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="records")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="records")
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=255, blank=True)
    content = models.TextField(blank=True)
    duration = models.FloatField(default=0)
    clip = models.ForeignKey(ClipProposal, null=True, blank=True, on_delete=models.SET_NULL, related_name="records")
    is_gap = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    before: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        indexes = (models.Index(fields=["conversation", "position"], name="records_in_order"),)

    def __str__(self) -> str:
        return self.heading or self.content[:60]


class ScriptCommentQuerySet(OfConversationQuerySet["ScriptComment"]):
    pass


class ScriptComment(models.Model):
    """What somebody says of one clip or one section. With `@mv-video` it asked for that to be made again; `run` is that work."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="script_comments")
    clip = models.ForeignKey(ClipProposal, null=True, blank=True, on_delete=models.CASCADE, related_name="comments")
    record = models.ForeignKey(Record, null=True, blank=True, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    content = models.TextField()
    regeneration_requested = models.BooleanField(default=False)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScriptCommentQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(clip=None, record__isnull=False) | Q(clip__isnull=False, record=None),
                name="comment_of_a_clip_or_of_a_section",
            ),
        )

    def __str__(self) -> str:
        return self.content[:60]


class RenderQuerySet(OfConversationQuerySet["Render"]):
    pass


class Render(models.Model):
    """A film made from a cut. `plan` is the cut exactly as it was asked for: {clips: [{clip_id, asset_id, start, end, title, title_card,
    transition}], music_id, music_level, transition_seconds, loudness, captions, aspect}; `digest` its hash, so the same is made once."""

    class Status(models.TextChoices):
        RENDERING = "rendering", "Rendering"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="renders")
    plan: models.JSONField[Any, Any] = models.JSONField()
    digest = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RENDERING)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="renders")
    duration = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RenderQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"Film of {self.conversation}"


class ScriptExportQuerySet(OfConversationQuerySet["ScriptExport"]):
    def alive(self) -> ScriptExportQuerySet:
        return self.filter(expires_at__gt=Now())


class ScriptExport(models.Model):
    """A file made from the script or the cut. Gone, link and bytes, after `expires_at`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="exports")
    format = models.CharField(max_length=10)
    key = models.CharField(max_length=300, unique=True)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = ScriptExportQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.filename


class ScriptFeedbackQuerySet(models.QuerySet["ScriptFeedback"]):
    def visible_to(self, user: User) -> ScriptFeedbackQuerySet:
        """One's own; admins see all."""
        return self if user.is_platform_admin else self.filter(user=user)


class ScriptFeedback(models.Model):
    """What somebody thought of a script. `digest` names the script, so that ratings of the same one are counted together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.SET_NULL, related_name="feedback"
    )
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="script_feedback")
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    script_content = models.TextField()
    digest = models.CharField(max_length=64, db_index=True)
    feedback = models.TextField(blank=True)
    rating = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScriptFeedbackQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "script feedback"
        constraints = (
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__gte=1, rating__lte=5), name="script_rating_from_one_to_five"
            ),
        )

    def __str__(self) -> str:
        return f"{self.rating or '–'} of 5"


class ScriptExampleQuerySet(models.QuerySet["ScriptExample"]):
    def visible_to(self, user: User) -> ScriptExampleQuerySet:
        """Those of one's houses, one's own where one has none, and those that an admin gave to all."""
        houses = Organization.objects.visible_to(user).order_by().values("pk")
        return self.filter(is_active=True).filter(
            Q(organization__in=houses) | Q(organization=None, owner=user) | Q(organization=None, owner=None)
        )


class ScriptExample(models.Model):
    """A script worth learning from: of a house, of a person without one, or (neither set) given to all by an admin."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    title = models.CharField(max_length=255)
    content = models.TextField()
    style = models.CharField(max_length=100, blank=True)
    category = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64)
    # The mean of `ratings` ratings.
    rating = models.FloatField(default=0)
    ratings = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScriptExampleQuerySet.as_manager()

    class Meta:
        ordering = ("-rating", "-ratings", "-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "owner", "digest"], nulls_distinct=False, name="one_example_per_script"
            ),
        )

    def __str__(self) -> str:
        return self.title
