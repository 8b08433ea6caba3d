"""Pages of conversations."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

app_name = "chat"
urlpatterns = [
    # The studio's front door. Until conversations move in, it leads to the jobs.
    path("chat", RedirectView.as_view(pattern_name="jobs:list"), name="home"),
]
