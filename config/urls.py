"""Every HTTP route of the studio."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("core.rest.urls")),
    path("", include("core.storage.urls")),
    path("", include("media_library.api.tus_urls")),
    path("", include("accounts.pages.microsoft_urls")),
    path("", include("accounts.pages.urls")),
    path("", include("media_library.pages.urls")),
    path("", include("jobs.pages.urls")),
    path("", include("generation.pages.urls")),
    path("", include("dubbing.pages.urls")),
    path("", include("qc.pages.urls")),
    path("", include("ai.pages.urls")),
    path("", include("chat.pages.urls")),
    path("api/", include("accounts.api.urls")),
    path("api/", include("core.runs.urls")),
    path("api/", include("media_library.api.urls")),
    path("api/", include("ai.api.urls")),
    path("api/", include("generation.api.urls")),
    path("api/", include("dubbing.api.urls")),
    path("api/", include("chat.api.urls")),
    path("api/v1/", include("jobs.api.urls")),
    path("api/v1/", include("qc.api.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "core.rest.errors.bad_request"
handler403 = "core.rest.errors.permission_denied"
handler404 = "core.rest.errors.page_not_found"
handler500 = "core.rest.errors.server_error"
