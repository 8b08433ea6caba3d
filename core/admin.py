"""What every admin of this studio shares, and the audit trail.

The Django admin is one more thin door: rows that are history are looked at, rows that people own change through the same
services as everywhere else, and a refusal of such a service is shown as a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core.errors import DomainError
from core.models import AuditEvent, AuditHead, AuditTombstone


class ReadOnly:
    """Rows to look at: they change through their services only, or never."""

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:  # noqa: ARG002  (the framework's signature)
        # An inline builds its form from `fields` before it asks whether anything may change.
        return tuple(getattr(self, "fields", None) or ())

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  (the framework's signature)
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  (the framework's signature)
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  (the framework's signature)
        return False


class ThroughServices:
    """Saves and deletes call services. One that refuses rolls everything back and its sentence is shown on the form again."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            # Django wraps this in one transaction, which the error leaves behind.
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except DomainError as error:
            return self.refused(request, error)
        return response

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, *args, **kwargs)  # type: ignore[misc]
        except DomainError as error:
            return self.refused(request, error)
        return response

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]
        except DomainError as error:
            return self.refused(request, error)
        return response

    def refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        messages.error(request, error.message)
        return HttpResponseRedirect(request.get_full_path())


class ClosedByService(ThroughServices):
    """Deleting closes: the rows around it stay, so the question names what is closed and nothing else stands in the way."""

    def get_deleted_objects(
        self,
        objs: Iterable[Any],
        request: HttpRequest,  # noqa: ARG002  (the framework's signature)
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        rows = list(objs)
        names = {str(row._meta.verbose_name_plural): len(rows) for row in rows[:1]}  # noqa: SLF001  (the documented way to it)
        return [str(row) for row in rows], names, set(), []


def told(request: HttpRequest, done: int, sentence: str) -> None:
    """The outcome of an action: `{n}` in the sentence is how many."""
    level = messages.SUCCESS if done else messages.WARNING
    messages.add_message(request, level, sentence.format(n=done))


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, admin.ModelAdmin[AuditEvent]):
    """A trail that can be edited proves nothing."""

    list_display = (
        "at",
        "category",
        "action",
        "actor_email",
        "subject_type",
        "subject_id",
        "before",
        "after",
        "position",
    )
    list_filter = ("category", "subject_type")
    list_select_related = ("actor",)
    search_fields = ("subject_id", "actor_email", "action", "request_id", "ip_address")
    date_hierarchy = "at"
    show_full_result_count = False
    fields = (
        "at", "category", "action", "actor", "actor_email", "subject_type", "subject_id", "before", "after", "details",
        "request_id", "ip_address", "user_agent", "position", "hash",
    )  # fmt: skip


@admin.register(AuditHead)
class AuditHeadAdmin(ReadOnly, admin.ModelAdmin[AuditHead]):
    list_display = ("position", "hash")


@admin.register(AuditTombstone)
class AuditTombstoneAdmin(ReadOnly, admin.ModelAdmin[AuditTombstone]):
    list_display = ("first_position", "last_position", "count", "made_at")
    date_hierarchy = "made_at"
