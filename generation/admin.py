"""Generation sessions, to look at: they change through the studio's pages and routes only."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from generation.models import GenerationSession, Preset, Round, Take


@admin.register(GenerationSession)
class GenerationSessionAdmin(ReadOnly, admin.ModelAdmin[GenerationSession]):
    list_display = ("__str__", "owner", "status", "aspect_ratio", "created_at", "completed_at")
    list_filter = ("status",)
    list_select_related = ("owner",)
    search_fields = ("id", "prompt", "title", "owner__email")
    date_hierarchy = "created_at"


@admin.register(Round)
class RoundAdmin(ReadOnly, admin.ModelAdmin[Round]):
    list_display = ("session", "kind", "number", "status", "estimate_usd", "created_at", "finished_at")
    list_filter = ("kind", "status")
    list_select_related = ("session",)
    search_fields = ("id", "session__id", "prompt")
    date_hierarchy = "created_at"


@admin.register(Take)
class TakeAdmin(ReadOnly, admin.ModelAdmin[Take]):
    list_display = ("session", "kind", "index", "status", "approved", "order_index", "created_at")
    list_filter = ("kind", "status", "approved")
    list_select_related = ("session",)
    search_fields = ("id", "session__id", "prompt")
    date_hierarchy = "created_at"


@admin.register(Preset)
class PresetAdmin(ReadOnly, admin.ModelAdmin[Preset]):
    list_display = ("name", "owner", "updated_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email")
