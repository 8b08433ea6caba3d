"""People: found, opened and closed, their sign-ins ended. Nobody types a password for somebody else here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from accounts.admin.acting import ByServices, actor
from accounts.models import ApiKey, ClientManager, Membership, ProjectMember, TeamMember, User, UserSession
from accounts.services import api_keys, passwords, people, sign_in
from core.admin import ClosedByService, ReadOnly, told


class MembershipInline(admin.TabularInline[Membership, User]):
    model = Membership
    extra = 0
    fields = ("organization", "role", "created_at")
    readonly_fields = ("created_at",)
    autocomplete_fields = ("organization",)


class SignInInline(ReadOnly, admin.TabularInline[UserSession, User]):
    model = UserSession
    verbose_name_plural = "sign-ins"
    fields = ("kind", "ip_address", "user_agent", "last_seen_at", "expires_at", "is_revoked", "revoked_because")
    extra = 0
    max_num = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserSession]:
        return super().get_queryset(request).filter(is_revoked=False)


class KeyInline(ReadOnly, admin.TabularInline[ApiKey, User]):
    model = ApiKey
    fields = ("name", "prefix", "scopes", "last_used_at", "expires_at", "revoked_at")
    extra = 0


class ManagementInline(ReadOnly, admin.TabularInline[ClientManager, User]):
    model = ClientManager
    verbose_name_plural = "manages"
    fields = ("client", "assigned_at")
    extra = 0


class TeamInline(ReadOnly, admin.TabularInline[TeamMember, User]):
    model = TeamMember
    verbose_name_plural = "teams"
    fields = ("team", "created_at")
    extra = 0


class ProjectInline(ReadOnly, admin.TabularInline[ProjectMember, User]):
    model = ProjectMember
    verbose_name_plural = "projects of others"
    fields = ("project", "role", "created_at")
    extra = 0


class State(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  (the framework's signature)
        return [("active", "Active"), ("closed", "Closed"), ("unproved", "Address not proved"), ("deleted", "Deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:  # noqa: ARG002  (the framework's signature)
        match self.value():
            case "active":
                return queryset.filter(is_active=True, deleted_at=None)
            case "closed":
                return queryset.filter(is_active=False, deleted_at=None)
            case "unproved":
                return queryset.filter(email_verified_at=None, deleted_at=None)
            case "deleted":
                return queryset.exclude(deleted_at=None)
        return queryset


@admin.register(User)
class PersonAdmin(ByServices, ClosedByService, admin.ModelAdmin[User]):
    list_display = ("email", "name", "role", "houses", "tier", "is_active", "last_seen", "created_at")
    list_filter = (State, "role", "tier", ("memberships__organization", admin.RelatedOnlyFieldListFilter))
    search_fields = ("email", "name")
    date_hierarchy = "created_at"
    ordering = ("email", "pk")
    fieldsets = (
        (None, {"fields": ("email", "name")}),
        ("Work", {"fields": ("role", "tier")}),
        ("Access", {"fields": ("is_active", "is_staff", "email_verified_at", "deleted_at")}),
        ("Times", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    # Who may enter here follows from the role.
    readonly_fields = ("is_staff", "email_verified_at", "deleted_at", "last_login", "created_at", "updated_at")
    inlines = (MembershipInline, ManagementInline, TeamInline, ProjectInline, SignInInline, KeyInline)
    actions = ("end_sign_ins", "revoke_keys", "send_reset", "close", "open_again")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is not None:
            return super().get_fieldsets(request, obj)
        said = "They get a letter with a link that works once, for seven days, and choose their password themselves."
        return ((None, {"fields": ("email", "name", "role"), "description": said}),)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:  # noqa: ARG002  (the framework's signature)
        return self.inlines if obj is not None else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        seen = UserSession.objects.filter(user=OuterRef("pk")).order_by().values("user")
        return (
            super()
            .get_queryset(request)
            .annotate(seen=Subquery(seen.annotate(at=Max("last_seen_at")).values("at")))
            .prefetch_related("memberships__organization")
        )

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.deleted_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.deleted_at is None)

    @admin.display(description="organisations")
    def houses(self, obj: User) -> str:
        return ", ".join(str(membership.organization) for membership in obj.memberships.all())

    @admin.display(description="last seen", ordering="seen")
    def last_seen(self, obj: Any) -> Any:
        return obj.seen

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        sign_in.require_recent_sign_in(request)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        sign_in.require_recent_sign_in(request)
        super().delete_queryset(request, queryset)

    @admin.action(description="End all sign-ins", permissions=["change"])
    def end_sign_ins(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        ended = sum(people.end_sign_ins(user, because="ended by an admin", actor=actor(request)) for user in queryset)
        told(request, ended, "{n} sign-ins ended.")

    @admin.action(description="Revoke all API keys", permissions=["change"])
    def revoke_keys(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        keys = ApiKey.objects.filter(user__in=queryset, revoked_at=None).select_related("user")
        told(request, sum(api_keys.revoke(key, actor=actor(request)) for key in keys), "{n} API keys revoked.")

    @admin.action(description="Send a link to set a new password", permissions=["change"])
    def send_reset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        reached = queryset.filter(is_active=True, deleted_at=None)
        for user in reached:
            passwords.send_reset(user, actor=actor(request))
        told(request, len(reached), "{n} letters are on their way.")

    @admin.action(description="Close these accounts for now", permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        told(request, self.set_active(request, queryset, active=False), "{n} accounts closed and signed out.")

    @admin.action(description="Open these accounts again", permissions=["change"])
    def open_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        told(request, self.set_active(request, queryset, active=True), "{n} accounts opened again.")

    def set_active(self, request: HttpRequest, queryset: QuerySet[User], *, active: bool) -> int:
        chosen = list(queryset.filter(is_active=not active, deleted_at=None))
        for user in chosen:
            people.update_user(user, actor=actor(request), changes={"is_active": active})
        return len(chosen)
