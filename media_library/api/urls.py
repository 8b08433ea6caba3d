"""Routes of the library, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from media_library.api import glossaries

GLOSSARY = "glossaries/<uuid:glossary_id>"

app_name = "media_library_api"
urlpatterns = [
    path("glossaries", glossaries.Glossaries.as_view(), name="glossaries"),
    path(GLOSSARY, glossaries.GlossaryDetail.as_view(), name="glossary"),
    path(f"{GLOSSARY}/terms", glossaries.Terms.as_view(), name="glossary_terms"),
    path(f"{GLOSSARY}/versions", glossaries.Versions.as_view(), name="glossary_versions"),
    path(f"{GLOSSARY}/activate", glossaries.Activate.as_view(), name="glossary_activate"),
    path(f"{GLOSSARY}/versions/<uuid:version_id>/reembed", glossaries.Reembed.as_view(), name="glossary_reembed"),
]
