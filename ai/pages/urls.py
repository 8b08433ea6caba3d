"""Pages of what models are used for."""

from __future__ import annotations

from django.urls import path

from ai.pages import logs, views

app_name = "ai"
urlpatterns = [
    path("ai-logs", logs.log_list, name="logs"),
    path("ai-logs.csv", logs.taken_along, name="logs_csv"),
    path("ai-logs/<uuid:log_id>", logs.log_detail, name="log"),
    path("usage", views.usage, name="usage"),
    path("usage/models.csv", views.models_csv, name="usage_models"),
    path("usage/requests.csv", views.requests_csv, name="usage_requests"),
]
