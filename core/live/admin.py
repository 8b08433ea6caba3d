"""The event log, to look at."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from core.live.models import LiveEvent, LiveStream


@admin.register(LiveStream)
class LiveStreamAdmin(ReadOnly, admin.ModelAdmin[LiveStream]):
    list_display = ("name", "last_seq")
    search_fields = ("name",)


@admin.register(LiveEvent)
class LiveEventAdmin(ReadOnly, admin.ModelAdmin[LiveEvent]):
    list_display = ("stream", "seq", "type", "key", "created_at")
    list_filter = ("type",)
    list_select_related = ("stream",)
    search_fields = ("stream__name", "key", "type")
    date_hierarchy = "created_at"
    show_full_result_count = False
