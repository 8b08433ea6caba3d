"""Pages of what models are used for."""

from __future__ import annotations

from django.urls import path

from ai.pages import views

app_name = "ai"
urlpatterns = [
    path("usage", views.usage, name="usage"),
    path("usage/models.csv", views.models_csv, name="usage_models"),
    path("usage/requests.csv", views.requests_csv, name="usage_requests"),
]
