"""Who checks what: one review for each language of a job."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from accounts.models import User
from jobs.models import Job, LanguageOutput

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
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LanguageReviewQuerySet.as_manager()

    class Meta:
        ordering = ("output", "id")

    def __str__(self) -> str:
        return f"Review of {self.output}"
