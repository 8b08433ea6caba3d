"""Letters: which went out, which wait, and why. Their text may hold a secret link and is shown to nobody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin import ReadOnly, told
from core.mail import outgoing
from core.mail.models import Letter


class State(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  (the framework's signature)
        return [("waiting", "Waiting"), ("sent", "Sent"), ("given_up", "Given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Letter]) -> QuerySet[Letter]:  # noqa: ARG002  (the framework's signature)
        match self.value():
            case "waiting":
                return queryset.filter(sent_at=None, given_up_at=None)
            case "sent":
                return queryset.exclude(sent_at=None)
            case "given_up":
                return queryset.exclude(given_up_at=None)
        return queryset


@admin.register(Letter)
class LetterAdmin(ReadOnly, admin.ModelAdmin[Letter]):
    list_display = ("created_at", "to", "template", "attempts", "sent_at", "next_attempt_at", "given_up_at", "error")
    list_filter = (State, "template")
    search_fields = ("to", "template")
    date_hierarchy = "created_at"
    # Neither the text nor the subject of what has not gone out yet: both may quote what only its reader may know.
    fields = ("to", "template", "attempts", "next_attempt_at", "sent_at", "given_up_at", "error", "created_at")
    actions = ("send_again",)

    # A name of its own, because the framework ties actions to the permissions that `ReadOnly` refuses.
    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.is_staff

    @admin.action(description="Try to send again now", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Letter]) -> None:
        told(request, outgoing.send_again(queryset), "{n} letters are due again. What was sent already stays sent.")
