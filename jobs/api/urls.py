"""Routes of accessible.md that the main job needs. Literal routes come before the ids."""

from __future__ import annotations

from django.urls import path

from jobs.api import accessible_video, actions, back_office, briefs, bulk, checks, languages, production, tracks, tts, views

app_name = "jobs_api"
urlpatterns = [
    path("briefs", briefs.Briefs.as_view(), name="briefs"),
    path("briefs/<uuid:brief_id>", briefs.BriefDetail.as_view(), name="brief"),
    path("briefs/<uuid:brief_id>/submit", briefs.BriefSubmit.as_view(), name="brief_submit"),
    path("briefs/<uuid:brief_id>/approve", briefs.BriefApprove.as_view(), name="brief_approve"),
    path("jobs", views.Jobs.as_view(), name="jobs"),
    path("jobs/upload/init", views.UploadInit.as_view(), name="upload_init"),
    path("jobs/upload/complete", views.UploadComplete.as_view(), name="upload_complete"),
    path("jobs/bulk", bulk.DeleteMany.as_view(), name="bulk_delete"),
    path("jobs/bulk/approve", bulk.ApproveMany.as_view(), name="bulk_approve"),
    path("jobs/bulk/return-to-qc", bulk.ReturnMany.as_view(), name="bulk_return_to_qc"),
    path("jobs/<uuid:job_id>", views.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:job_id>/clone", views.Clone.as_view(), name="clone"),
    path("jobs/<uuid:job_id>/validate", views.Validate.as_view(), name="validate"),
    path("jobs/<uuid:job_id>/cancel", actions.Cancel.as_view(), name="cancel"),
    path("jobs/<uuid:job_id>/retry", actions.Retry.as_view(), name="retry"),
    path("jobs/<uuid:job_id>/actions/approve_source", actions.ApproveSource.as_view(), name="approve_source"),
    path("jobs/<uuid:job_id>/actions/approve_english", actions.ApproveEnglish.as_view(), name="approve_english"),
    path("jobs/<uuid:job_id>/actions/reject", actions.Reject.as_view(), name="reject"),
    path("jobs/<uuid:job_id>/actions/complete", actions.Complete.as_view(), name="complete"),
    path("jobs/<uuid:job_id>/actions/reject_final", actions.RejectFinal.as_view(), name="reject_final"),
    path("jobs/<uuid:job_id>/actions/return_to_qc", actions.ReturnToQc.as_view(), name="return_to_qc"),
    path("jobs/<uuid:job_id>/actions/blocked_on_source", actions.BlockedOnSource.as_view(), name="blocked_on_source"),
    path("jobs/<uuid:job_id>/actions/promote_to_qc", actions.PromoteToQc.as_view(), name="promote_to_qc"),
    path("jobs/<uuid:job_id>/actions/retry_tts", actions.RetryTts.as_view(), name="retry_tts"),
    path("jobs/<uuid:job_id>/vtt", tracks.JobTrack.as_view(), name="track"),
    path("jobs/<uuid:job_id>/vtt/adjust-timing", tracks.AdjustTiming.as_view(), name="timing"),
    path("jobs/<uuid:job_id>/vtt/versions", tracks.Versions.as_view(), name="versions"),
    path("jobs/<uuid:job_id>/vtt/versions/diff", tracks.Diff.as_view(), name="version_diff"),
    path("jobs/<uuid:job_id>/vtt/versions/restore", tracks.Restore.as_view(), name="version_restore"),
    path("jobs/<uuid:job_id>/vtt/versions/<int:version>", tracks.Version.as_view(), name="version"),
    path("jobs/<uuid:job_id>/vtt/merge", tracks.Merge.as_view(), name="merge"),
    path("jobs/<uuid:job_id>/vtt/draft", tracks.CurrentDraft.as_view(), name="current_draft"),
    path("jobs/<uuid:job_id>/vtt/drafts", tracks.Drafts.as_view(), name="drafts"),
    path("jobs/<uuid:job_id>/vtt/drafts/<uuid:draft_id>", tracks.JobDraft.as_view(), name="draft"),
    path("jobs/<uuid:job_id>/vtt/checks", checks.Checks.as_view(), name="checks"),
    path("jobs/<uuid:job_id>/vtt/fixes", checks.Fixes.as_view(), name="fixes"),
    path("jobs/<uuid:job_id>/vtt/terms", checks.Terms.as_view(), name="terms"),
    path("jobs/<uuid:job_id>/quality", checks.JobQuality.as_view(), name="quality"),
    path("quality/profiles", checks.Profiles.as_view(), name="quality_profiles"),
    path("jobs/<uuid:job_id>/downloads", views.Downloads.as_view(), name="downloads"),
    path("jobs/<uuid:job_id>/languages/<str:lang>/translate", languages.Translate.as_view(), name="translate"),
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
    path("production/failures", production.Failures.as_view(), name="production_failures"),
    path("production/bulk-retry", production.RetryMany.as_view(), name="production_bulk_retry"),
    path("production/queue-stats", production.QueueStats.as_view(), name="production_queue_stats"),
    path("production/jobs/<uuid:job_id>/upload-final-vtt", tracks.UploadFinal.as_view(), name="upload_final"),
    path("ws/status", views.StatusSocket.as_view(), name="status_socket"),
    path("admin/stats", back_office.Stats.as_view(), name="admin_stats"),
    path("admin/jobs/stats", back_office.JobStats.as_view(), name="admin_job_stats"),
    path("admin/health/detailed", back_office.DetailedHealth.as_view(), name="admin_health"),
    path(
        "admin/maintenance/reprocess-job/<uuid:job_id>", back_office.ReprocessJob.as_view(), name="admin_reprocess_job"
    ),
]
