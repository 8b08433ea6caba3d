"""JSON routes of dubs and voice jobs. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "dubbing_api"
urlpatterns: list[URLPattern] = []
