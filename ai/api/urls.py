"""Routes of the log of model use, below /api/."""

from __future__ import annotations

from django.urls import path

from ai.api import logs

app_name = "ai_api"
urlpatterns = [
    path("ai-logs", logs.Logs.as_view(), name="logs"),
    path("ai-logs/<uuid:log_id>", logs.Log.as_view(), name="log"),
]
