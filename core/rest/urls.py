"""Health, the entrance, and the description of the API."""

from __future__ import annotations

from django.urls import path

from core.rest import docs, health, palette

urlpatterns = [
    path("", health.root, name="root"),
    path("health", health.health, name="health"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/palette", palette.Palette.as_view(), name="palette"),
    path("openapi.json", docs.openapi, name="openapi"),
    path("docs", docs.docs, name="docs"),
]
