"""Routes of the library, below /api/."""

from __future__ import annotations

from django.urls import path

from media_library.api import glossaries, personas

GLOSSARY = "v1/glossaries/<uuid:glossary_id>"

app_name = "media_library_api"
urlpatterns = [
    path("personas", personas.Personas.as_view(), name="personas"),
    path("personas/<uuid:persona_id>", personas.PersonaDetail.as_view(), name="persona"),
    path("v1/glossaries", glossaries.Glossaries.as_view(), name="glossaries"),
    path(GLOSSARY, glossaries.GlossaryDetail.as_view(), name="glossary"),
    path(f"{GLOSSARY}/terms", glossaries.Terms.as_view(), name="glossary_terms"),
    path(f"{GLOSSARY}/versions", glossaries.Versions.as_view(), name="glossary_versions"),
    path(f"{GLOSSARY}/activate", glossaries.Activate.as_view(), name="glossary_activate"),
    path(f"{GLOSSARY}/versions/<uuid:version_id>/reembed", glossaries.Reembed.as_view(), name="glossary_reembed"),
]
