"""The ledger: one row for each use of a model, and the limits on what such uses may cost."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import User

PLANNERS = (User.Role.PRODUCTION, User.Role.PROJECT_MANAGER, User.Role.ADMIN)


class CallQuerySet(models.QuerySet["Call"]):
    def visible_to(self, user: User) -> CallQuerySet:
        """One's own, and those of the houses whose work one plans; admins see all."""
        if user.is_platform_admin:
            return self
        return self.filter(Q(user=user) | Q(organization__in=user.houses_as(*PLANNERS)))

    def spent(self) -> Decimal:
        """US dollars: what finished calls cost plus what running ones have set aside."""
        total: Decimal = self.aggregate(total=Coalesce(Sum(F("cost") + F("reserved")), Decimal(0)))["total"]
        return total


class Call(models.Model):
    """One use of a model: written before the model is asked, completed afterwards.

    `key` names the work, not the attempt: at most one call per key is running or done, so that a retry replays the
    stored answer (`response`, or the file `response_key`) rather than paying again. A running call whose `lease_until`
    has passed belongs to a process that died; the next attempt closes it and takes its place.
    """

    class Outcome(models.TextChoices):
        RUNNING = "running", "Running"
        OK = "ok", "Done"
        BUSY = "busy", "Provider busy"
        REFUSED = "refused", "Refused"
        INVALID = "invalid", "Unusable answer"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    capability = models.CharField(max_length=40)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120)
    purpose = models.CharField(max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="ai_calls"
    )
    organization = models.ForeignKey(
        "accounts.Organization", null=True, blank=True, on_delete=models.SET_NULL, related_name="ai_calls"
    )
    run_id = models.UUIDField(null=True, blank=True, db_index=True)
    key = models.CharField(max_length=300, blank=True, db_index=True)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    characters = models.PositiveBigIntegerField(default=0)
    images = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(default=Decimal(0), max_digits=14, decimal_places=6)
    reserved = models.DecimalField(default=Decimal(0), max_digits=14, decimal_places=6)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.RUNNING)
    error = models.TextField(blank=True)
    # The route or page that asked, the conversation it was for, and what was asked, without what nobody may read later.
    endpoint = models.CharField(max_length=200, blank=True)
    conversation_id = models.UUIDField(null=True, blank=True, db_index=True)
    # The generation session or the dub that it was for: what its costs are added up by.
    subject_id = models.UUIDField(null=True, blank=True, db_index=True)
    request: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    provider_ref = models.CharField(max_length=200, blank=True)
    response: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    response_key = models.CharField(max_length=300, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(outcome__in=("running", "ok")) & ~Q(key=""),
                name="one_live_or_finished_call_per_key",
            ),
        )
        indexes = (
            models.Index(fields=["-created_at"], name="call_newest"),
            models.Index(fields=["user", "-created_at"], name="call_by_user"),
            models.Index(fields=["organization", "-created_at"], name="call_by_organization"),
            models.Index(fields=["provider", "-finished_at"], name="call_by_provider"),
            models.Index(fields=["lease_until"], condition=Q(outcome="running"), name="call_running"),
        )

    def __str__(self) -> str:
        return f"{self.capability} by {self.provider}:{self.model}"


class BudgetQuerySet(models.QuerySet["Budget"]):
    def visible_to(self, user: User) -> BudgetQuerySet:
        """One's own, and those of the houses whose work one plans; admins see all."""
        if user.is_platform_admin:
            return self
        return self.filter(Q(user=user) | Q(organization__in=user.houses_as(*PLANNERS)))


class Budget(models.Model):
    """What AI use may cost in a period: of one person, of one organisation, or (neither set) of the whole studio."""

    class Period(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="ai_budgets"
    )
    organization = models.ForeignKey(
        "accounts.Organization", null=True, blank=True, on_delete=models.CASCADE, related_name="ai_budgets"
    )
    period = models.CharField(max_length=8, choices=Period.choices, default=Period.MONTH)
    limit_usd = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(0))])
    alert_fraction = models.FloatField(
        default=0.8,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="The studio warns once in a period when this share is used.",
    )
    alerted_for = models.DateField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ("period", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(organization__isnull=True), name="budget_of_one_or_the_other"
            ),
            models.CheckConstraint(condition=Q(limit_usd__gte=0), name="budget_limit_not_negative"),
            models.UniqueConstraint(
                fields=["user", "organization", "period"], nulls_distinct=False, name="one_budget_per_holder_and_period"
            ),
        )

    def __str__(self) -> str:
        return f"{self.limit_usd} USD a {self.period} for {self.holder}"

    @property
    def holder(self) -> str:
        return str(self.user or self.organization or "the studio")
