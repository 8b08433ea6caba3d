"""Organisations and who belongs to them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from accounts.admin.acting import ByServices
from accounts.models import Client, Membership, Organization
from core.admin import ReadOnly


class MemberInline(admin.TabularInline[Membership, Organization]):
    model = Membership
    extra = 0
    fields = ("user", "role", "created_at")
    readonly_fields = ("created_at",)
    autocomplete_fields = ("user",)


class ClientInline(ReadOnly, admin.TabularInline[Client, Organization]):
    model = Client
    fields = ("name", "contact_email", "created_at", "deleted_at")
    extra = 0
    show_change_link = True


@admin.register(Organization)
class OrganizationAdmin(ByServices, admin.ModelAdmin[Organization]):
    """Houses are closed, never deleted: their people's work stays."""

    list_display = ("name", "slug", "is_active", "people", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name", "slug")
    date_hierarchy = "created_at"
    ordering = ("name", "pk")
    fields = ("name", "slug", "is_active", "created_at", "updated_at")
    readonly_fields = ("created_at", "updated_at")
    inlines = (MemberInline, ClientInline)

    def get_fields(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        return super().get_fields(request, obj) if obj is not None else ("name", "slug")

    def get_inlines(self, request: HttpRequest, obj: Organization | None) -> Any:  # noqa: ARG002  (the framework's signature)
        return self.inlines if obj is not None else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        there = Membership.objects.filter(organization=OuterRef("pk")).order_by().values("organization")
        return super().get_queryset(request).annotate(people_count=Subquery(there.annotate(n=Count("pk")).values("n")))

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  (the framework's signature)
        return False

    @admin.display(ordering="people_count")
    def people(self, obj: Any) -> int:
        return obj.people_count or 0


@admin.register(Membership)
class MembershipAdmin(ByServices, admin.ModelAdmin[Membership]):
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role", ("organization", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "user__name", "organization__name")
    autocomplete_fields = ("user", "organization")
    fields = ("user", "organization", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:  # noqa: ARG002  (the framework's signature)
        return ("user", "organization") if obj is not None else ()
