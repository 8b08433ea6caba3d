"""JSON routes of dubs and voice jobs. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import path

from dubbing.api import processing

app_name = "dubbing_api"
urlpatterns = [
    path("v1/process/extract-audio", processing.ExtractAudio.as_view(), name="process_extract_audio"),
    path("v1/process/transcribe", processing.Transcribe.as_view(), name="process_transcribe"),
    path("v1/process/clone-voice", processing.CloneVoice.as_view(), name="process_clone_voice"),
    path("v1/process/generate-video", processing.GenerateVideo.as_view(), name="process_generate_video"),
    path("v1/process/status/<uuid:job_id>", processing.JobStatus.as_view(), name="process_status"),
    path("v1/process/result/<uuid:job_id>", processing.JobResult.as_view(), name="process_result"),
]
