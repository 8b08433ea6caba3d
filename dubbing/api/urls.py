"""JSON routes of dubs and voice jobs. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import path

from dubbing.api import dubs, lines, processing

DUB = "dubs/<uuid:dub_id>"
LINE = f"{DUB}/lines/<uuid:line_id>"

app_name = "dubbing_api"
urlpatterns = [
    path("dubs", dubs.Dubs.as_view(), name="dubs"),
    path(DUB, dubs.DubDetail.as_view(), name="dub"),
    path(f"{DUB}/desk", dubs.DubDesk.as_view(), name="dub_desk"),
    path(f"{DUB}/speak", dubs.DubSpeak.as_view(), name="dub_speak"),
    path(f"{DUB}/film", dubs.DubFilm.as_view(), name="dub_film"),
    path(f"{DUB}/cancel", dubs.DubCancel.as_view(), name="dub_cancel"),
    path(f"{DUB}/retry", dubs.DubRetry.as_view(), name="dub_retry"),
    path(f"{DUB}/export", dubs.DubExport.as_view(), name="dub_export"),
    path(f"{DUB}/cast/<uuid:role_id>", lines.DubRole.as_view(), name="dub_role"),
    path(LINE, lines.DubLineDetail.as_view(), name="dub_line"),
    path(f"{LINE}/speak", lines.DubLineSpeak.as_view(), name="dub_line_speak"),
    path(f"{LINE}/split", lines.DubLineSplit.as_view(), name="dub_line_split"),
    path(f"{LINE}/merge", lines.DubLineMerge.as_view(), name="dub_line_merge"),
    path(f"{LINE}/suggest", lines.DubLineSuggest.as_view(), name="dub_line_suggest"),
    path("v1/process/extract-audio", processing.ExtractAudio.as_view(), name="process_extract_audio"),
    path("v1/process/transcribe", processing.Transcribe.as_view(), name="process_transcribe"),
    path("v1/process/clone-voice", processing.CloneVoice.as_view(), name="process_clone_voice"),
    path("v1/process/generate-video", processing.GenerateVideo.as_view(), name="process_generate_video"),
    path("v1/process/status/<uuid:job_id>", processing.JobStatus.as_view(), name="process_status"),
    path("v1/process/result/<uuid:job_id>", processing.JobResult.as_view(), name="process_result"),
]
