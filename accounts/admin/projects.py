"""Projects and whom they are shared with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.acting import ByServices
from accounts.models import Project, ProjectMember
from core.admin import ClosedByService


class MemberInline(admin.TabularInline[ProjectMember, Project]):
    model = ProjectMember
    verbose_name_plural = "shared with"
    extra = 0
    fields = ("user", "role", "created_at")
    readonly_fields = ("created_at",)
    autocomplete_fields = ("user",)


@admin.register(Project)
class ProjectAdmin(ByServices, ClosedByService, admin.ModelAdmin[Project]):
    list_display = ("name", "owner", "client", "status", "updated_at", "deleted_at")
    list_filter = (
        "status",
        ("client", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("owner", "client")
    search_fields = ("name", "owner__email", "owner__name", "client__name")
    date_hierarchy = "created_at"
    ordering = ("-updated_at", "-pk")
    fields = (
        "name", "owner", "client", "description", "color", "status", "created_at", "updated_at", "deleted_at",
    )  # fmt: skip
    readonly_fields = ("created_at", "updated_at", "deleted_at")
    autocomplete_fields = ("owner", "client")
    inlines = (MemberInline,)

    def get_fields(self, request: HttpRequest, obj: Project | None = None) -> Any:
        if obj is not None:
            return super().get_fields(request, obj)
        return ("name", "owner", "client", "description", "color")

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> Any:  # noqa: ARG002  (the framework's signature)
        return (*self.readonly_fields, "owner", "client") if obj is not None else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Project | None) -> Any:  # noqa: ARG002  (the framework's signature)
        return self.inlines if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.deleted_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.deleted_at is None)


@admin.register(ProjectMember)
class ProjectMemberAdmin(ByServices, admin.ModelAdmin[ProjectMember]):
    list_display = ("user", "project", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "project")
    search_fields = ("user__email", "user__name", "project__name")
    autocomplete_fields = ("user", "project")
    fields = ("user", "project", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: ProjectMember | None = None) -> Any:  # noqa: ARG002  (the framework's signature)
        return ("user", "project") if obj is not None else ()
