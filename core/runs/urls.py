"""Routes of runs, below /api/."""

from __future__ import annotations

from django.urls import path

from core.runs import api

urlpatterns = [path("runs/<uuid:run_id>", api.RunDetail.as_view(), name="run")]
