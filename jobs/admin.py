from __future__ import annotations

from django.contrib import admin

from jobs.models import Job, LanguageOutput


class OutputInline(admin.TabularInline[LanguageOutput, Job]):
    model = LanguageOutput
    extra = 0
    can_delete = False
    show_change_link = True
    fields = ("language", "is_source", "translation_status", "tts_status", "render_status", "needs_person")
    readonly_fields = fields


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Job]):
    list_display = ("title", "status", "organization", "created_by", "source_language", "created_at")
    list_filter = ("status", "source_language", "organization")
    list_select_related = ("organization", "created_by")
    search_fields = ("id", "title", "filename", "created_by__email")
    date_hierarchy = "created_at"
    # Status and files change through the workflow only; a job is made by an upload.
    readonly_fields = (
        "status", "created_by", "source", "run", "cloned_from", "filename", "content_type", "size_bytes", "failed_step", "error",
        "rejection", "blocked_reason", "approved_source_by", "approved_source_at", "completed_at", "created_at", "updated_at",
    )  # fmt: skip
    inlines = (OutputInline,)

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002
        return False


@admin.register(LanguageOutput)
class LanguageOutputAdmin(admin.ModelAdmin[LanguageOutput]):
    list_display = ("job", "language", "is_source", "translation_status", "tts_status", "render_status", "needs_person")
    list_filter = ("language", "translation_status", "tts_status", "render_status")
    list_select_related = ("job",)
    search_fields = ("job__title", "language")
    readonly_fields = (
        "job", "language", "is_source", "captions", "description", "description_audio", "accessible_video",
        "accessible_captions", "translation_status", "tts_status", "render_status", "engines", "checks",
    )  # fmt: skip

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002
        return False
