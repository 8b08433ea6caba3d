"""Pages of the library."""

from __future__ import annotations

from django.urls import path

from media_library.pages import (
    asset,
    clips,
    collections,
    files,
    glossaries,
    library,
    personas,
    pronunciations,
    search,
    suggested,
    transcripts,
    undo,
    voices,
)

ASSET = "library/<uuid:asset_id>"
COLLECTION = "library/collections/<uuid:collection_id>"
GLOSSARY = "glossaries/<uuid:glossary_id>"
VERSION = f"{GLOSSARY}/versions/<uuid:version_id>"
TRANSCRIPT = "transcripts/<uuid:transcript_id>"
VOICE = "voices/<uuid:voice_id>"

app_name = "media_library"
urlpatterns = [
    path("library", library.library_page, name="library"),
    path("videos", library.videos, name="videos"),
    path("audio", library.audio, name="audio"),
    path("library/upload", library.upload, name="upload"),
    path("library/import", library.fetch, name="import"),
    path("library/bulk", library.bulk, name="bulk"),
    path("library/undo", undo.undo, name="undo"),
    path("library/files", files.files, name="files"),
    path("library/collections", collections.collection_list, name="collections"),
    path(COLLECTION, collections.collection, name="collection"),
    path(f"{COLLECTION}/take-out", collections.take_out, name="collection_take_out"),
    path(f"{COLLECTION}/delete", collections.delete, name="collection_delete"),
    path(ASSET, asset.asset, name="asset"),
    path(f"{ASSET}/file", asset.file, name="asset_file"),
    path(f"{ASSET}/captions/<str:language>.vtt", asset.captions, name="asset_captions"),
    path(f"{ASSET}/details", asset.details, name="asset_details"),
    path(f"{ASSET}/place", asset.place, name="asset_place"),
    path(f"{ASSET}/collect", asset.collect, name="asset_collect"),
    path(f"{ASSET}/archive", asset.archive, name="asset_archive"),
    path(f"{ASSET}/restore", asset.restore, name="asset_restore"),
    path(f"{ASSET}/delete", asset.delete, name="asset_delete"),
    path(f"{ASSET}/versions", asset.version_add, name="asset_version"),
    path(f"{ASSET}/prepare", asset.prepare, name="asset_prepare"),
    path(f"{ASSET}/clip", clips.clip_download, name="clip_download"),
    path(f"{ASSET}/clips", asset.clip, name="asset_clip"),
    path(f"{ASSET}/suggest", suggested.suggest, name="asset_suggest"),
    path(f"{ASSET}/suggestions/<uuid:suggestion_id>", suggested.suggestion, name="asset_suggestion"),
    path("search", search.everything, name="search"),
    path("transcripts/search", search.transcripts, name="transcripts_search"),
    path("glossaries", glossaries.glossary_list, name="glossaries"),
    path(GLOSSARY, glossaries.glossary, name="glossary"),
    path(f"{GLOSSARY}/versions", glossaries.version_add, name="glossary_version_add"),
    path(f"{VERSION}/activate", glossaries.version_activate, name="glossary_version_activate"),
    path(f"{VERSION}/reembed", glossaries.version_reembed, name="glossary_version_reembed"),
    path(f"{GLOSSARY}/archive", glossaries.glossary_archive, name="glossary_archive"),
    path(f"{GLOSSARY}/terms.csv", glossaries.download, {"kind": "csv"}, name="glossary_csv"),
    path(f"{GLOSSARY}/terms.xlsx", glossaries.download, {"kind": "xlsx"}, name="glossary_xlsx"),
    path("transcripts", transcripts.transcript_list, name="transcripts"),
    path(TRANSCRIPT, transcripts.transcript, name="transcript"),
    path(f"{TRANSCRIPT}/segments/<uuid:segment_id>", transcripts.segment, name="segment"),
    path(f"{TRANSCRIPT}/speakers/<uuid:speaker_id>", transcripts.speaker_rename, name="speaker_rename"),
    path(f"{TRANSCRIPT}/speakers/<uuid:speaker_id>/merge", transcripts.speaker_merge, name="speaker_merge"),
    path(f"{TRANSCRIPT}/identify", transcripts.identify, name="transcript_identify"),
    path(f"{TRANSCRIPT}/names", transcripts.suggest_names, name="transcript_names"),
    path(f"{TRANSCRIPT}/listen", transcripts.listen, name="transcript_listen"),
    path(f"{TRANSCRIPT}/import", transcripts.take_in, name="transcript_import"),
    path(f"{TRANSCRIPT}/undo", transcripts.undo, name="transcript_undo"),
    path("personas", personas.persona_list, name="personas"),
    path("personas/<uuid:persona_id>", personas.persona, name="persona"),
    path("personas/<uuid:persona_id>/delete", personas.persona_delete, name="persona_delete"),
    path("pronunciations", pronunciations.pronunciation_list, name="pronunciations"),
    path("pronunciations/import", pronunciations.take_in, name="pronunciations_import"),
    path("pronunciations.csv", pronunciations.download, name="pronunciations_csv"),
    path("pronunciations/<uuid:pronunciation_id>", pronunciations.pronunciation, name="pronunciation"),
    path("pronunciations/<uuid:pronunciation_id>/remove", pronunciations.remove, name="pronunciation_remove"),
    path("voices", voices.voice_list, name="voices"),
    path(VOICE, voices.voice, name="voice"),
    path(f"{VOICE}/state", voices.voice_state, name="voice_state"),
    path(f"{VOICE}/match", voices.voice_match, name="voice_match"),
    path(f"{VOICE}/consent", voices.consent_record, name="voice_consent"),
    path(f"{VOICE}/revoke", voices.consent_revoke, name="voice_revoke"),
    path(f"{VOICE}/delete", voices.voice_delete, name="voice_delete"),
]
