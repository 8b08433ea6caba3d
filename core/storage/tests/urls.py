from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("core.rest.urls")), path("", include("core.storage.urls"))]
handler404 = "core.rest.errors.page_not_found"
handler500 = "core.rest.errors.server_error"
