"""Where tus clients begin."""

from __future__ import annotations

from django.urls import path

from media_library.api.tus import Creation

app_name = "media_library_tus"
urlpatterns = [path("uploads", Creation.as_view(), name="create")]
