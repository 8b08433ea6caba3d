"""The ledger and the budgets in the Django admin. Calls are history: they are read, never edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from ai.models import Budget, Call
from core import audit
from core.admin import ReadOnly


@admin.register(Call)
class CallAdmin(ReadOnly, admin.ModelAdmin[Call]):
    list_display = ("created_at", "capability", "provider", "model", "purpose", "user", "outcome", "cost", "latency_ms")
    list_filter = ("outcome", "capability", "provider", "created_at")
    search_fields = ("=id", "purpose", "model", "key", "provider_ref", "user__email")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    show_full_result_count = False
    # What people said and wrote; whoever needs an answer finds it where it was used.
    exclude = ("response",)


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin[Budget]):
    list_display = ("holder", "period", "limit_usd", "alert_fraction", "alerted_for")
    list_filter = ("period",)
    search_fields = ("user__email", "organization__name")
    autocomplete_fields = ("user", "organization")
    list_select_related = ("user", "organization")

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self.note(request, obj, "change" if change else "set")

    def delete_model(self, request: HttpRequest, obj: Budget) -> None:
        self.note(request, obj, "remove")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Budget]) -> None:
        for budget in queryset:
            self.delete_model(request, budget)

    def note(self, request: HttpRequest, budget: Budget, verb: str) -> None:
        """Money is a change that matters: the trail says who allowed whom how much."""
        user = request.user if isinstance(request.user, User) else None
        audit.record(
            f"ai.budget.{verb}",
            budget,
            actor=user,
            holder=str(budget.holder),
            limit_usd=str(budget.limit_usd),
            period=budget.period,
        )
