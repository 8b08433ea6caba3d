"""The way to Microsoft and back. The second name is the one allauth looks for."""

from __future__ import annotations

from django.urls import path

from accounts.pages import microsoft

urlpatterns = [
    path("account/identities/microsoft", microsoft.link, name="link-microsoft"),
    path("login/microsoft", microsoft.go, name="microsoft"),
    path(
        "login/microsoft/callback", microsoft.back, {"provider_id": microsoft.PROVIDER}, name="openid_connect_callback"
    ),
]
