"""What people sign in with, and where they are signed in. Secrets are hashes, and even those are not shown."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.admin.acting import actor
from accounts.models import ApiKey, ExternalIdentity, OneTimeLink, RecoveryCode, RefreshToken, UserSession
from accounts.services import api_keys, second_factor, sign_in
from core.admin import ReadOnly, told


class MayEnd(ReadOnly):
    """Rows to look at, and an action that ends them. The framework ties actions to permissions that `ReadOnly` refuses."""

    def has_end_permission(self, request: HttpRequest) -> bool:
        return actor(request).is_platform_admin


@admin.register(UserSession)
class UserSessionAdmin(MayEnd, admin.ModelAdmin[UserSession]):
    list_display = ("user", "kind", "ip_address", "user_agent", "last_seen_at", "expires_at", "is_revoked")
    list_filter = ("kind", "is_revoked")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name", "ip_address", "user_agent")
    date_hierarchy = "created_at"
    fields = (
        "user", "kind", "methods", "ip_address", "user_agent", "created_at", "last_seen_at", "expires_at",
        "is_revoked", "revoked_at", "revoked_because",
    )  # fmt: skip
    actions = ("end",)

    @admin.action(description="End these sign-ins", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        live = list(queryset.filter(is_revoked=False).select_related("user"))
        for session in live:
            sign_in.revoke(session, because="ended by an admin", actor=actor(request))
        told(request, len(live), "{n} sign-ins ended.")


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnly, admin.ModelAdmin[RefreshToken]):
    list_display = ("session", "created_at", "replaced_at")
    list_select_related = ("session__user",)
    search_fields = ("session__user__email",)
    date_hierarchy = "created_at"
    fields = ("session", "created_at", "replaced_at")


@admin.register(ApiKey)
class ApiKeyAdmin(MayEnd, admin.ModelAdmin[ApiKey]):
    list_display = ("name", "user", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__email", "user__name")
    date_hierarchy = "created_at"
    fields = ("name", "user", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    actions = ("revoke",)

    @admin.action(description="Revoke these API keys", permissions=["end"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        live = list(queryset.filter(revoked_at=None).select_related("user"))
        for key in live:
            api_keys.revoke(key, actor=actor(request))
        told(request, len(live), "{n} API keys revoked.")


@admin.register(ExternalIdentity)
class ExternalIdentityAdmin(ReadOnly, admin.ModelAdmin[ExternalIdentity]):
    list_display = ("user", "issuer", "subject", "created_at")
    list_filter = ("issuer",)
    list_select_related = ("user",)
    search_fields = ("user__email", "subject")


@admin.register(OneTimeLink)
class OneTimeLinkAdmin(ReadOnly, admin.ModelAdmin[OneTimeLink]):
    list_display = ("user", "purpose", "email", "created_at", "expires_at", "used_at")
    list_filter = ("purpose", ("used_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("user__email", "email")
    date_hierarchy = "created_at"
    fields = ("user", "purpose", "email", "created_at", "expires_at", "used_at")


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(ReadOnly, admin.ModelAdmin[RecoveryCode]):
    list_display = ("user", "created_at", "used_at")
    list_filter = (("used_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "created_at", "used_at")


admin.site.unregister(TOTPDevice)


@admin.register(TOTPDevice)
class SecondFactorAdmin(MayEnd, admin.ModelAdmin[TOTPDevice]):
    """In place of the library's own, which shows the key."""

    list_display = ("user", "name", "confirmed", "created_at", "last_used_at")
    list_filter = ("confirmed",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    fields = ("user", "name", "confirmed", "created_at", "last_used_at")
    actions = ("remove",)

    @admin.action(description="Remove the second factor of these people", permissions=["end"])
    def remove(self, request: HttpRequest, queryset: QuerySet[TOTPDevice]) -> None:
        devices = list(queryset.select_related("user"))
        for device in devices:
            second_factor.remove(device.user, actor=actor(request))
        told(request, len(devices), "{n} second factors removed. Their owners set up a new one when they sign in.")
