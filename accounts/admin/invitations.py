"""Invitations: whom, to what, and what came of it. Sent from their pages; here they are sent again or withdrawn."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.acting import AsksAgain, actor
from accounts.models import Invitation
from accounts.services import invitations
from core.admin import ReadOnly, told


class State(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  (the framework's signature)
        return [("open", "Open"), ("accepted", "Accepted"), ("withdrawn", "Withdrawn"), ("expired", "Expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:  # noqa: ARG002  (the framework's signature)
        unanswered = queryset.filter(accepted_at=None, revoked_at=None)
        match self.value():
            case "open":
                return unanswered.filter(expires_at__gt=timezone.now())
            case "accepted":
                return queryset.exclude(accepted_at=None)
            case "withdrawn":
                return queryset.filter(accepted_at=None).exclude(revoked_at=None)
            case "expired":
                return unanswered.filter(expires_at__lte=timezone.now())
        return queryset


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, AsksAgain, admin.ModelAdmin[Invitation]):
    list_display = (
        "email", "organization", "project", "role", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at",
    )  # fmt: skip
    list_filter = (State, "role", ("organization", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("organization", "project", "invited_by")
    search_fields = ("email", "name", "organization__name", "project__name", "invited_by__email")
    date_hierarchy = "created_at"
    fields = (
        "email", "name", "role", "organization", "project", "project_role", "invited_by", "created_at", "expires_at",
        "accepted_at", "accepted_by", "revoked_at",
    )  # fmt: skip
    actions = ("send_again", "withdraw")

    # A name of its own, because the framework ties actions to the permissions that `ReadOnly` refuses.
    def has_end_permission(self, request: HttpRequest) -> bool:
        return actor(request).is_platform_admin

    @admin.action(description="Send again, with a new link", permissions=["end"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        waiting = list(queryset.filter(accepted_at=None, revoked_at=None).select_related("organization", "project"))
        for invitation in waiting:
            invitations.send_again(invitation, actor=actor(request))
        told(request, len(waiting), "{n} new letters are on their way. The old links do not work any more.")

    @admin.action(description="Withdraw", permissions=["end"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        waiting = list(queryset.filter(accepted_at=None, revoked_at=None))
        for invitation in waiting:
            invitations.revoke(invitation, actor=actor(request))
        told(request, len(waiting), "{n} invitations withdrawn.")
