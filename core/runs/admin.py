from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from core.runs.models import OutboxMessage, Run, Step


class StepInline(ReadOnly, admin.TabularInline[Step, Run]):
    model = Step
    fields = (
        "name",
        "item",
        "status",
        "attempt",
        "failures",
        "progress",
        "message",
        "error",
        "started_at",
        "finished_at",
    )
    extra = 0


@admin.register(Run)
class RunAdmin(ReadOnly, admin.ModelAdmin[Run]):
    list_display = ("id", "kind", "subject_id", "status", "stage", "progress", "created_at", "finished_at")
    list_filter = ("kind", "status", "stage")
    search_fields = ("id", "subject_id", "request_id")
    list_select_related = ("created_by",)
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = (StepInline,)


@admin.register(Step)
class StepAdmin(ReadOnly, admin.ModelAdmin[Step]):
    list_display = ("__str__", "run", "status", "attempt", "failures", "worker", "started_at", "finished_at")
    list_filter = ("status", "name", "queue")
    search_fields = ("id", "run__id", "run__subject_id")
    list_select_related = ("run",)
    date_hierarchy = "started_at"
    show_full_result_count = False


@admin.register(OutboxMessage)
class OutboxAdmin(ReadOnly, admin.ModelAdmin[OutboxMessage]):
    list_display = ("id", "task", "queue", "created_at", "sent_at")
    list_filter = ("queue", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("task",)
    date_hierarchy = "created_at"
    show_full_result_count = False
