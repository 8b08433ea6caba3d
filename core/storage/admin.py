"""Uploads, to look at: they change only through core.storage.uploads."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from core.storage.models import Removal, Upload


@admin.register(Upload)
class UploadAdmin(ReadOnly, admin.ModelAdmin[Upload]):
    list_display = ("filename", "owner", "status", "received", "size", "created_at", "expires_at")
    list_filter = ("status", "content_type")
    search_fields = ("filename", "key", "owner__email")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    # No link: whoever has it may write.
    fields = (
        "filename",
        "owner",
        "key",
        "content_type",
        "status",
        "received",
        "size",
        "sha256_expected",
        "sha256",
        "created_at",
        "updated_at",
        "expires_at",
    )


@admin.register(Removal)
class RemovalAdmin(ReadOnly, admin.ModelAdmin[Removal]):
    list_display = ("key", "due_at")
    search_fields = ("key",)
