"""What was asked of the API, and which answers may be given again. Both are history; bodies are shown to nobody."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from core.rest.models import IdempotentAnswer, RequestLog


@admin.register(RequestLog)
class RequestLogAdmin(ReadOnly, admin.ModelAdmin[RequestLog]):
    list_display = ("created_at", "method", "endpoint", "response_status", "response_time_ms", "user", "ip_address")
    list_filter = ("method", "response_status")
    list_select_related = ("user",)
    search_fields = ("endpoint", "user__email", "ip_address")
    date_hierarchy = "created_at"
    show_full_result_count = False


@admin.register(IdempotentAnswer)
class IdempotentAnswerAdmin(ReadOnly, admin.ModelAdmin[IdempotentAnswer]):
    list_display = ("created_at", "method", "path", "state", "status", "expires_at")
    list_filter = ("state", "method")
    search_fields = ("path", "scope")
    date_hierarchy = "created_at"
    # Keys are the caller's secret as long as they live; the body may hold a signed link.
    fields = ("scope", "method", "path", "state", "claimed_until", "status", "content_type", "created_at", "expires_at")
