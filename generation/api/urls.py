"""JSON routes of generation sessions. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "generation_api"
urlpatterns: list[URLPattern] = []
