"""Clients, their project managers and teams."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.acting import ByServices
from accounts.models import Client, ClientManager, Project, Team, TeamMember
from core.admin import ClosedByService, ReadOnly


class PutInOrOut:
    """Somebody is in it or not; there is nothing to change about it."""

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  (the framework's signature)
        return False


class ManagerInline(PutInOrOut, admin.TabularInline[ClientManager, Client]):
    model = ClientManager
    verbose_name_plural = "project managers"
    extra = 0
    fields = ("user", "assigned_at")
    readonly_fields = ("assigned_at",)
    autocomplete_fields = ("user",)


class TeamInline(admin.TabularInline[Team, Client]):
    model = Team
    extra = 0
    fields = ("name", "created_at")
    readonly_fields = ("created_at",)
    show_change_link = True


class ProjectInline(ReadOnly, admin.TabularInline[Project, Client]):
    model = Project
    extra = 0
    fields = ("name", "owner", "status", "deleted_at")
    show_change_link = True


@admin.register(Client)
class ClientAdmin(ByServices, ClosedByService, admin.ModelAdmin[Client]):
    list_display = ("name", "organization", "contact_email", "created_at", "deleted_at")
    list_filter = (
        ("deleted_at", admin.EmptyFieldListFilter),
        ("organization", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name", "contact_email")
    date_hierarchy = "created_at"
    ordering = ("name", "pk")
    fields = ("name", "organization", "contact_email", "notes", "created_at", "updated_at", "deleted_at")
    readonly_fields = ("created_at", "updated_at", "deleted_at")
    autocomplete_fields = ("organization",)
    inlines = (ManagerInline, TeamInline, ProjectInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> Any:  # noqa: ARG002  (the framework's signature)
        return (*self.readonly_fields, "organization") if obj is not None else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Client | None) -> Any:  # noqa: ARG002  (the framework's signature)
        return self.inlines if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.deleted_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.deleted_at is None)


@admin.register(ClientManager)
class ClientManagerAdmin(PutInOrOut, ByServices, admin.ModelAdmin[ClientManager]):
    list_display = ("user", "client", "assigned_at")
    list_filter = (("client__organization", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("user", "client")
    search_fields = ("user__email", "user__name", "client__name")
    autocomplete_fields = ("user", "client")
    fields = ("user", "client")


class TeamMemberInline(PutInOrOut, admin.TabularInline[TeamMember, Team]):
    model = TeamMember
    verbose_name_plural = "people"
    extra = 0
    fields = ("user", "created_at")
    readonly_fields = ("created_at",)
    autocomplete_fields = ("user",)


@admin.register(Team)
class TeamAdmin(ByServices, ClosedByService, admin.ModelAdmin[Team]):
    list_display = ("name", "client", "created_at")
    list_filter = (("client__organization", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("client",)
    search_fields = ("name", "client__name")
    ordering = ("name", "pk")
    fields = ("name", "client", "created_at", "updated_at")
    readonly_fields = ("created_at", "updated_at")
    autocomplete_fields = ("client",)
    inlines = (TeamMemberInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> Any:  # noqa: ARG002  (the framework's signature)
        return (*self.readonly_fields, "client") if obj is not None else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Team | None) -> Any:  # noqa: ARG002  (the framework's signature)
        return self.inlines if obj is not None else ()


@admin.register(TeamMember)
class TeamMemberAdmin(PutInOrOut, ByServices, admin.ModelAdmin[TeamMember]):
    list_display = ("user", "team", "created_at")
    list_filter = (("team__client", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("user", "team")
    search_fields = ("user__email", "user__name", "team__name", "team__client__name")
    autocomplete_fields = ("user", "team")
    fields = ("user", "team")
