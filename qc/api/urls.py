"""Routes of accessible.md about checking, notes and links for guests. Literal routes come before the ids."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "qc_api"
urlpatterns: list[URLPattern] = []
