"""Routes of the library, below /api/."""

from __future__ import annotations

from django.urls import path

from media_library.api import (
    assets,
    collections,
    film_media,
    glossaries,
    ingestion,
    media,
    personas,
    search,
    signed_upload,
    storage,
    suggestions,
    transcripts,
    uploads,
    voice_files,
)

ASSET = "library/assets/<uuid:asset_id>"
COLLECTION = "library/collections/<uuid:collection_id>"
GLOSSARY = "v1/glossaries/<uuid:glossary_id>"

TRANSCRIPT = "transcripts/<uuid:transcript_id>"
SPEAKER = f"{TRANSCRIPT}/speakers/<uuid:speaker_id>"

app_name = "media_library_api"
urlpatterns = [
    path("search", search.Search.as_view(), name="search"),
    path("personas", personas.Personas.as_view(), name="personas"),
    path("personas/<uuid:persona_id>", personas.PersonaDetail.as_view(), name="persona"),
    path("videos/<uuid:video_id>", media.Video.as_view(), name="video"),
    path("videos/<uuid:video_id>/autofill", suggestions.Autofill.as_view(), name="autofill"),
    path("library/assets/<uuid:asset_id>/clips", suggestions.Clips.as_view(), name="asset_clips"),
    path("library/assets/<uuid:asset_id>/suggestions", suggestions.Suggestions.as_view(), name="asset_suggestions"),
    path(
        "library/assets/<uuid:asset_id>/suggestions/<uuid:suggestion_id>",
        suggestions.Decision.as_view(),
        name="asset_suggestion",
    ),
    path("video-preview/<uuid:video_id>", media.VideoPreview.as_view(), name="video_preview"),
    path("video-thumbnail/<uuid:video_id>", media.VideoThumbnail.as_view(), name="video_thumbnail"),
    path("video-download/<uuid:video_id>", media.VideoDownload.as_view(), name="video_download"),
    path("clip-preview/<uuid:video_id>", media.ClipPreview.as_view(), name="clip_preview"),
    path("clip-download/<uuid:video_id>", media.ClipDownload.as_view(), name="clip_download"),
    path("audio", media.Recordings.as_view(), name="recordings"),
    path("audio-preview/<uuid:audio_id>", media.AudioPreview.as_view(), name="audio_preview"),
    path("audio-clip/<uuid:audio_id>", media.AudioClip.as_view(), name="audio_clip"),
    path("transcript-segment/update", transcripts.UpdateRange.as_view(), name="transcript_range"),
    path("segments/<uuid:segment_id>", transcripts.SegmentText.as_view(), name="segment"),
    path("segments/<uuid:segment_id>/speaker", transcripts.SegmentSpeaker.as_view(), name="segment_speaker"),
    path(TRANSCRIPT, transcripts.TranscriptDetail.as_view(), name="transcript"),
    path(f"{TRANSCRIPT}/identify-speakers", transcripts.IdentifySpeakers.as_view(), name="identify_speakers"),
    path(f"{TRANSCRIPT}/suggest-names", transcripts.SuggestNames.as_view(), name="suggest_names"),
    path(f"{TRANSCRIPT}/export", transcripts.Export.as_view(), name="transcript_export"),
    path(f"{TRANSCRIPT}/import", transcripts.Import.as_view(), name="transcript_import"),
    path(f"{TRANSCRIPT}/history", transcripts.History.as_view(), name="transcript_history"),
    path(f"{TRANSCRIPT}/undo", transcripts.Undo.as_view(), name="transcript_undo"),
    path(SPEAKER, transcripts.SpeakerName.as_view(), name="speaker"),
    path(f"{SPEAKER}/merge", transcripts.SpeakerMerge.as_view(), name="speaker_merge"),
    path("library/assets/<uuid:asset_id>/transcript", transcripts.AssetTranscript.as_view(), name="asset_transcript"),
    path("library/assets/<uuid:asset_id>/transcribe", transcripts.Transcribe.as_view(), name="asset_transcribe"),
    path("library/uploads", uploads.Uploads.as_view(), name="uploads"),
    path("library/uploads/<uuid:intake_id>", uploads.UploadDetail.as_view(), name="upload"),
    path("library/imports", uploads.Imports.as_view(), name="imports"),
    path("library/usage", uploads.StorageUsage.as_view(), name="usage"),
    path("library/assets", assets.Assets.as_view(), name="assets"),
    path("library/assets/facets", assets.Facets.as_view(), name="facets"),
    path("library/assets/bulk", assets.Bulk.as_view(), name="assets_bulk"),
    path(ASSET, assets.AssetDetail.as_view(), name="asset"),
    path(f"{ASSET}/archive", assets.Archive.as_view(), name="asset_archive"),
    path(f"{ASSET}/restore", assets.Restore.as_view(), name="asset_restore"),
    path(f"{ASSET}/versions", assets.Versions.as_view(), name="asset_versions"),
    path(f"{ASSET}/uses", assets.Uses.as_view(), name="asset_uses"),
    path(f"{ASSET}/duplicates", assets.Duplicates.as_view(), name="asset_duplicates"),
    path(f"{ASSET}/ingest", ingestion.Ingest.as_view(), name="asset_ingest"),
    path("library/collections", collections.Collections.as_view(), name="collections"),
    path(COLLECTION, collections.CollectionDetail.as_view(), name="collection"),
    path(f"{COLLECTION}/assets", collections.CollectionAssets.as_view(), name="collection_assets"),
    path(f"{COLLECTION}/assets/<uuid:asset_id>", collections.CollectionAsset.as_view(), name="collection_asset"),
    path("storage/upload-input", storage.UploadInput.as_view(), name="upload_input"),
    path("storage/upload-prompt-config", storage.UploadPromptConfig.as_view(), name="upload_prompt_config"),
    path("storage/files", storage.Files.as_view(), name="files"),
    path("storage/files/<path:file_key>/presigned-url", storage.FileLink.as_view(), name="file_link"),
    path("storage/files/<path:file_key>", storage.File.as_view(), name="file"),
    path("v1/files/signed-upload", signed_upload.SignedUpload.as_view(), name="signed_upload"),
    path("v1/files/upload", voice_files.Upload.as_view(), name="voice_upload"),
    path("v1/files/<uuid:file_id>", voice_files.File.as_view(), name="voice_file"),
    path("v1/media", film_media.Media.as_view(), name="film_media"),
    path("v1/media/upload", film_media.UploadMedia.as_view(), name="film_media_upload"),
    path("v1/media/search", film_media.SearchMedia.as_view(), name="film_media_search"),
    path("v1/media/<uuid:media_id>", film_media.MediaDetail.as_view(), name="film_media_detail"),
    path("v1/glossaries", glossaries.Glossaries.as_view(), name="glossaries"),
    path(GLOSSARY, glossaries.GlossaryDetail.as_view(), name="glossary"),
    path(f"{GLOSSARY}/terms", glossaries.Terms.as_view(), name="glossary_terms"),
    path(f"{GLOSSARY}/versions", glossaries.Versions.as_view(), name="glossary_versions"),
    path(f"{GLOSSARY}/activate", glossaries.Activate.as_view(), name="glossary_activate"),
    path(f"{GLOSSARY}/versions/<uuid:version_id>/reembed", glossaries.Reembed.as_view(), name="glossary_reembed"),
]
