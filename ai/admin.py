"""The ledger and the budgets in the Django admin. Calls are history: they are read, never edited."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from ai.models import Budget, Call


@admin.register(Call)
class CallAdmin(admin.ModelAdmin[Call]):
    list_display = ("created_at", "capability", "provider", "model", "purpose", "user", "outcome", "cost", "latency_ms")
    list_filter = ("outcome", "capability", "provider", "created_at")
    search_fields = ("=id", "purpose", "model", "key", "provider_ref", "user__email")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    # What people said and wrote; whoever needs an answer finds it where it was used.
    exclude = ("response",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin[Budget]):
    list_display = ("holder", "period", "limit_usd", "alert_fraction", "alerted_for")
    list_filter = ("period",)
    search_fields = ("user__email", "organization__name")
    autocomplete_fields = ("user", "organization")
    list_select_related = ("user", "organization")
