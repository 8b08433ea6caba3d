"""Routes of accessible.md that the main job needs. Literal routes come before the ids."""

from __future__ import annotations

from django.urls import path

from jobs.api import accessible_video, back_office, briefs, tracks, tts, views

app_name = "jobs_api"
urlpatterns = [
    path("briefs", briefs.Briefs.as_view(), name="briefs"),
    path("briefs/<uuid:brief_id>", briefs.BriefDetail.as_view(), name="brief"),
    path("briefs/<uuid:brief_id>/submit", briefs.BriefSubmit.as_view(), name="brief_submit"),
    path("briefs/<uuid:brief_id>/approve", briefs.BriefApprove.as_view(), name="brief_approve"),
    path("jobs", views.Jobs.as_view(), name="jobs"),
    path("jobs/upload/init", views.UploadInit.as_view(), name="upload_init"),
    path("jobs/upload/complete", views.UploadComplete.as_view(), name="upload_complete"),
    path("jobs/<uuid:job_id>", views.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:job_id>/cancel", views.Cancel.as_view(), name="cancel"),
    path("jobs/<uuid:job_id>/retry", views.Retry.as_view(), name="retry"),
    path("jobs/<uuid:job_id>/actions/approve_source", views.ApproveSource.as_view(), name="approve_source"),
    path("jobs/<uuid:job_id>/actions/complete", views.Complete.as_view(), name="complete"),
    path("jobs/<uuid:job_id>/vtt", tracks.JobTrack.as_view(), name="track"),
    path("jobs/<uuid:job_id>/vtt/drafts/<uuid:draft_id>", tracks.JobDraft.as_view(), name="draft"),
    path("jobs/<uuid:job_id>/downloads", views.Downloads.as_view(), name="downloads"),
    path("tts/voices", tts.Voices.as_view(), name="tts_voices"),
    path("tts/languages", tts.Languages.as_view(), name="tts_languages"),
    path("tts/options", tts.Options.as_view(), name="tts_options"),
    path("tts/preview", tts.Preview.as_view(), name="tts_preview"),
    path(
        "jobs/<uuid:job_id>/accessible-video/<str:language>/edit-state",
        accessible_video.EditState.as_view(),
        name="edit_state",
    ),
    path(
        "jobs/<uuid:job_id>/accessible-video/<str:language>/pause-points/<int:cue_index>",
        accessible_video.PausePoint.as_view(),
        name="pause_point",
    ),
    path(
        "jobs/<uuid:job_id>/accessible-video/<str:language>/render",
        accessible_video.RenderAgain.as_view(),
        name="render_again",
    ),
    path(
        "jobs/<uuid:job_id>/languages/<str:language>/description",
        accessible_video.DescriptionMode.as_view(),
        name="description_mode",
    ),
    path("ws/status", views.StatusSocket.as_view(), name="status_socket"),
    path("admin/stats", back_office.Stats.as_view(), name="admin_stats"),
    path("admin/jobs/stats", back_office.JobStats.as_view(), name="admin_job_stats"),
    path("admin/health/detailed", back_office.DetailedHealth.as_view(), name="admin_health"),
    path(
        "admin/maintenance/reprocess-job/<uuid:job_id>", back_office.ReprocessJob.as_view(), name="admin_reprocess_job"
    ),
]
