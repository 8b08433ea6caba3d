"""Pages of dubs and voices. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "dubbing"
urlpatterns: list[URLPattern] = []
