from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from core.models import AuditEvent


class ReadOnly:
    """Rows to look at: they change through their services only, or never."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, admin.ModelAdmin[AuditEvent]):
    """A trail that can be edited proves nothing."""

    list_display = ("at", "action", "actor", "subject_type", "subject_id", "before", "after")
    list_filter = ("action", "subject_type")
    list_select_related = ("actor",)
    search_fields = ("subject_id", "actor__email", "action", "request_id")
    date_hierarchy = "at"
