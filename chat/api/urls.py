"""JSON routes of conversations, scripts, films and webhooks. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "chat_api"
urlpatterns: list[URLPattern] = []
