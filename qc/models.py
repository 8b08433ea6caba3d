"""Who checks what: one review for each language of a job."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from jobs.models import LanguageOutput


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

    class Meta:
        ordering = ("output", "id")

    def __str__(self) -> str:
        return f"Review of {self.output}"
