"""What people were told of, to look at."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import Notification
from core.admin import ReadOnly


@admin.register(Notification)
class NotificationAdmin(ReadOnly, admin.ModelAdmin[Notification]):
    list_display = ("text", "user", "kind", "created_at", "read_at", "mailed_at")
    list_filter = ("kind", ("read_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("text", "user__email")
    date_hierarchy = "created_at"
