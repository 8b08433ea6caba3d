"""Pages of the library."""

from __future__ import annotations

from django.urls import path

from media_library.pages import glossaries, personas, voices

GLOSSARY = "glossaries/<uuid:glossary_id>"
VERSION = f"{GLOSSARY}/versions/<uuid:version_id>"
VOICE = "voices/<uuid:voice_id>"

app_name = "media_library"
urlpatterns = [
    path("glossaries", glossaries.glossary_list, name="glossaries"),
    path(GLOSSARY, glossaries.glossary, name="glossary"),
    path(f"{GLOSSARY}/versions", glossaries.version_add, name="glossary_version_add"),
    path(f"{VERSION}/activate", glossaries.version_activate, name="glossary_version_activate"),
    path(f"{VERSION}/reembed", glossaries.version_reembed, name="glossary_version_reembed"),
    path(f"{GLOSSARY}/archive", glossaries.glossary_archive, name="glossary_archive"),
    path(f"{GLOSSARY}/terms.csv", glossaries.download, {"kind": "csv"}, name="glossary_csv"),
    path(f"{GLOSSARY}/terms.xlsx", glossaries.download, {"kind": "xlsx"}, name="glossary_xlsx"),
    path("personas", personas.persona_list, name="personas"),
    path("personas/<uuid:persona_id>", personas.persona, name="persona"),
    path("personas/<uuid:persona_id>/delete", personas.persona_delete, name="persona_delete"),
    path("voices", voices.voice_list, name="voices"),
    path(VOICE, voices.voice, name="voice"),
    path(f"{VOICE}/consent", voices.consent_record, name="voice_consent"),
    path(f"{VOICE}/revoke", voices.consent_revoke, name="voice_revoke"),
    path(f"{VOICE}/delete", voices.voice_delete, name="voice_delete"),
]
