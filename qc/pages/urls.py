"""Pages about checking: one's queue, reviews of the picture, links for guests."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "qc"
urlpatterns: list[URLPattern] = []
