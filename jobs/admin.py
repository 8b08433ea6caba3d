"""Jobs and their languages, to look at: a job is made by an upload and moves through its workflow."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from core.admin import ReadOnly, told
from core.errors import DomainError
from jobs import workflows
from jobs.models import Brief, Delivery, Job, LanguageOutput, PausePoint


class OutputInline(ReadOnly, admin.TabularInline[LanguageOutput, Job]):
    model = LanguageOutput
    extra = 0
    show_change_link = True
    fields = ("language", "is_source", "translation_status", "tts_status", "render_status", "needs_person")


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin[Job]):
    list_display = ("title", "status", "organization", "client", "created_by", "source_language", "created_at")
    list_filter = ("status", "source_language", ("organization", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("organization", "client", "created_by")
    search_fields = ("id", "title", "filename", "created_by__email", "client__name", "project__name")
    date_hierarchy = "created_at"
    inlines = (OutputInline,)
    actions = ("try_again", "cancel")

    # A name of its own, because the framework ties actions to the permissions that `ReadOnly` refuses.
    def has_move_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_platform_admin

    @admin.action(description="Try again what failed", permissions=["move"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        told(request, each(request, queryset, workflows.retry), "{n} jobs go on where they stopped.")

    @admin.action(description="Cancel", permissions=["move"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        told(request, each(request, queryset, workflows.cancel), "{n} jobs cancelled. What was made already is kept.")


def each(request: HttpRequest, jobs: QuerySet[Job], move: Callable[..., Job]) -> int:
    """Makes the move with every job and says of each that refuses why. How many moved."""
    done = 0
    for job in jobs:
        try:
            move(job, actor=request.user)
        except DomainError as error:
            messages.error(request, f"{job}: {error.message}")
        else:
            done += 1
    return done


@admin.register(LanguageOutput)
class LanguageOutputAdmin(ReadOnly, admin.ModelAdmin[LanguageOutput]):
    list_display = ("job", "language", "is_source", "translation_status", "tts_status", "render_status", "needs_person")
    list_filter = ("language", "translation_status", "tts_status", "render_status")
    list_select_related = ("job",)
    search_fields = ("job__title", "language")


@admin.register(Brief)
class BriefAdmin(ReadOnly, admin.ModelAdmin[Brief]):
    list_display = ("title", "status", "organization", "client", "created_by", "due_date", "created_at")
    list_filter = ("status", ("organization", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("organization", "client", "created_by")
    search_fields = ("id", "title", "client__name", "created_by__email")
    date_hierarchy = "created_at"


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin[Delivery]):
    list_display = ("filename", "status", "size", "created_by", "created_at", "expires_at")
    list_filter = ("status",)
    list_select_related = ("created_by",)
    search_fields = ("id", "filename", "created_by__email")
    date_hierarchy = "created_at"


@admin.register(PausePoint)
class PausePointAdmin(ReadOnly, admin.ModelAdmin[PausePoint]):
    list_display = ("output", "cue_index", "original", "at", "moved_by", "moved_at")
    list_select_related = ("output__job", "moved_by")
    search_fields = ("output__job__title", "text")
