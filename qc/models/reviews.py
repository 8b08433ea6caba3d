"""Who checks what: one review for each language of a job."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from accounts.models import User
from jobs.models import Job, LanguageOutput
from media_library.models import Track

STAFF = (User.Role.REVIEWER, User.Role.PRODUCTION, User.Role.PROJECT_MANAGER, User.Role.ADMIN)


class LanguageReviewQuerySet(models.QuerySet["LanguageReview"]):
    def visible_to(self, user: User) -> LanguageReviewQuerySet:
        """Those of the jobs one sees; a linguist sees the languages that are theirs."""
        reviews = self.filter(output__job__in=Job.objects.visible_to(user))
        if user.role == User.Role.LINGUIST and not user.has_role(*STAFF):
            return reviews.filter(linguist=user)
        return reviews


class LanguageReview(models.Model):
    class State(models.TextChoices):
        UNASSIGNED = "unassigned", "Unassigned"
        ASSIGNED = "assigned", "Assigned"
        IN_PROGRESS = "in_progress", "In progress"
        SUBMITTED = "submitted", "Submitted"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    output = models.OneToOneField(LanguageOutput, on_delete=models.CASCADE, related_name="review")
    state = models.CharField(max_length=12, choices=State.choices, default=State.UNASSIGNED)
    linguist = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="language_work"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="language_reviews"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    review_started_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    rejection_reason = models.TextField(blank=True)
    # Why the language may be submitted although its profile is broken, and who said so.
    waiver = models.TextField(blank=True)
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LanguageReviewQuerySet.as_manager()

    class Meta:
        ordering = ("output", "id")

    def __str__(self) -> str:
        return f"Review of {self.output}"


class CueReviewQuerySet(models.QuerySet["CueReview"]):
    def visible_to(self, user: User) -> CueReviewQuerySet:
        return self.filter(review__in=LanguageReview.objects.visible_to(user))


class CueReview(models.Model):
    """One cue that somebody has read and found right. `text_digest` is of the cue as it was then: a cue that changed is read again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    review = models.ForeignKey(LanguageReview, on_delete=models.CASCADE, related_name="cue_reviews")
    kind = models.CharField(max_length=20, choices=Track.Kind.choices)
    cue_index = models.PositiveIntegerField()
    text_digest = models.CharField(max_length=16, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now=True)

    objects = CueReviewQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "cue_index", "id")
        constraints = (models.UniqueConstraint(fields=["review", "kind", "cue_index"], name="one_review_per_cue"),)

    def __str__(self) -> str:
        return f"{self.review}, cue {self.cue_index + 1}"


class ReviewCommentQuerySet(models.QuerySet["ReviewComment"]):
    def visible_to(self, user: User) -> ReviewCommentQuerySet:
        return self.filter(review__in=LanguageReview.objects.visible_to(user))


class ReviewComment(models.Model):
    """What somebody says of a language or of one of its cues. With a `category` (MQM) and a `severity` it counts for the score."""

    class Category(models.TextChoices):
        MISTRANSLATION = "mistranslation", "Mistranslation"
        OMISSION = "omission", "Missing"
        GRAMMAR = "grammar", "Spelling, grammar, punctuation"
        STYLE = "style", "Style, formality"
        TERMINOLOGY = "terminology", "Terminology, consistency"
        TIMING = "timing", "Timing to sound"
        SHOTS = "shots", "Shot changes"
        FORMAT = "format", "Form of the captions"
        OFFENSIVE = "offensive", "Offensive"
        SUBJECTIVE = "subjective", "A matter of taste"

    class Severity(models.TextChoices):
        MINOR = "minor", "Minor"
        MAJOR = "major", "Major"
        CRITICAL = "critical", "Critical"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    review = models.ForeignKey(LanguageReview, on_delete=models.CASCADE, related_name="comments")
    kind = models.CharField(max_length=20, choices=Track.Kind.choices, blank=True)
    cue_index = models.PositiveIntegerField(null=True, blank=True)
    body = models.TextField()
    category = models.CharField(max_length=16, choices=Category.choices, blank=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, blank=True)
    # Whose work it is about: the linguist when it was written, because languages are reassigned.
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReviewCommentQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return self.body[:60]
