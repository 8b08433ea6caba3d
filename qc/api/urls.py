"""Routes of accessible.md about checking, notes and links for guests. Literal routes come before the ids."""

from __future__ import annotations

from django.urls import path

from qc.api import comments, languages, notes, people, share

app_name = "qc_api"
JOB = "language-qc/jobs/<uuid:job_id>"
LANGUAGE = f"{JOB}/languages/<str:lang>"
urlpatterns = [
    path("language-qc/me/language-qc-queue", people.Queue.as_view(), name="queue"),
    path("language-qc/people/<uuid:user_id>/skills", people.Skills.as_view(), name="skills"),
    path(f"{JOB}/language-qc", languages.Languages.as_view(), name="languages"),
    path(f"{JOB}/languages/bulk-assign", languages.BulkAssign.as_view(), name="bulk_assign"),
    path(f"{JOB}/languages/auto-assign", languages.AutoAssign.as_view(), name="auto_assign"),
    path(f"{LANGUAGE}/assign", languages.Assign.as_view(), name="assign"),
    path(f"{LANGUAGE}/reassign", languages.Reassign.as_view(), name="reassign"),
    path(f"{LANGUAGE}/assign-reviewer", languages.AssignReviewer.as_view(), name="assign_reviewer"),
    path(f"{LANGUAGE}/reassign-reviewer", languages.ReassignReviewer.as_view(), name="reassign_reviewer"),
    path(f"{LANGUAGE}/candidates", languages.Candidates.as_view(), name="candidates"),
    path(f"{LANGUAGE}/start-work", languages.StartWork.as_view(), name="start_work"),
    path(f"{LANGUAGE}/submit", languages.Submit.as_view(), name="submit"),
    path(f"{LANGUAGE}/waive", languages.Waive.as_view(), name="waive"),
    path(f"{LANGUAGE}/open-review", languages.OpenReview.as_view(), name="open_review"),
    path(f"{LANGUAGE}/approve", languages.Approve.as_view(), name="approve"),
    path(f"{LANGUAGE}/reject", languages.Reject.as_view(), name="reject"),
    path(f"{LANGUAGE}/reopen", languages.Reopen.as_view(), name="reopen"),
    path(f"{LANGUAGE}/mark-cue-reviewed", languages.MarkCueReviewed.as_view(), name="mark_cue_reviewed"),
    path(f"{LANGUAGE}/comments", comments.Comments.as_view(), name="comments"),
    path(f"{LANGUAGE}/comments/<uuid:comment_id>", comments.CommentDetail.as_view(), name="comment"),
    path("jobs/<uuid:job_id>/review-notes", notes.Notes.as_view(), name="notes"),
    path("jobs/<uuid:job_id>/review-notes/<uuid:note_id>", notes.NoteDetail.as_view(), name="note"),
    path("share/jobs/<uuid:job_id>/share", share.Shares.as_view(), name="shares"),
    path("share/jobs/<uuid:job_id>/share/<uuid:token_id>", share.ShareDetail.as_view(), name="share"),
    path("share/public/share/<str:token>", share.PublicShare.as_view(), name="public_share"),
]
