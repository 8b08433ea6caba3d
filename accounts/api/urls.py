"""Routes of people, houses and credentials, below /api/. Literal routes come before the ids."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "accounts_api"
urlpatterns: list[URLPattern] = []
