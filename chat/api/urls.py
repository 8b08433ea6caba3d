"""JSON routes of conversations, scripts, films and webhooks. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.api import (
    attachments,
    chat,
    clips,
    comments,
    conversations,
    edges,
    exports,
    feedback,
    messages,
    participants,
    projects,
    records,
    regenerate,
    renders,
    webhooks,
)
from chat.api.films.urls import urlpatterns as film_urls
from chat.models import Webhook

CONVERSATION = "conversations/<uuid:conversation_id>"

app_name = "chat_api"
urlpatterns: list[URLPattern] = [
    path("projects", projects.Projects.as_view(), name="projects"),
    path("projects/<uuid:project_id>", projects.ProjectDetail.as_view(), name="project"),
    path("conversations", conversations.Conversations.as_view(), name="conversations"),
    path(CONVERSATION, conversations.ConversationDetail.as_view(), name="conversation"),
    path(f"{CONVERSATION}/star", conversations.StarConversation.as_view(), name="conversation_star"),
    path(f"{CONVERSATION}/generate-title", conversations.GenerateTitle.as_view(), name="generate_title"),
    path(f"{CONVERSATION}/project", conversations.AssignProject.as_view(), name="conversation_project"),
    path(f"{CONVERSATION}/participants", participants.Participants.as_view(), name="participants"),
    path(f"{CONVERSATION}/participants/<uuid:user_id>", participants.ParticipantDetail.as_view(), name="participant"),
    path(f"{CONVERSATION}/invite", participants.Invite.as_view(), name="invite"),
    path(f"{CONVERSATION}/leave", participants.Leave.as_view(), name="leave"),
    path(f"{CONVERSATION}/attachments", attachments.Attachments.as_view(), name="attachments"),
    path(f"{CONVERSATION}/attachments/from-library", attachments.FromLibrary.as_view(), name="attach_from_library"),
    path(f"{CONVERSATION}/attachments/<uuid:attachment_id>", attachments.AttachmentDetail.as_view(), name="attachment"),
    path(
        f"{CONVERSATION}/attachments/<uuid:attachment_id>/file",
        attachments.AttachmentFile.as_view(),
        name="attachment_file",
    ),
    # What is asked and answered.
    path("chat", chat.Chat.as_view(), name="chat"),
    path("chat/models", messages.Models.as_view(), name="chat_models"),
    path(f"{CONVERSATION}/messages", messages.Messages.as_view(), name="messages"),
    path(f"{CONVERSATION}/thread", messages.Thread.as_view(), name="thread"),
    path("messages/<uuid:message_id>/stop", messages.Stop.as_view(), name="message_stop"),
    path("messages/<uuid:message_id>/retry", messages.Retry.as_view(), name="message_retry"),
    path("messages/<uuid:message_id>/edit", messages.Edit.as_view(), name="message_edit"),
    path("messages/<uuid:message_id>/show", messages.Show.as_view(), name="message_show"),
    # The cut.
    path(f"{CONVERSATION}/clips", clips.Clips.as_view(), name="clips"),
    path(f"{CONVERSATION}/clips/order", clips.ClipOrder.as_view(), name="clip_order"),
    path("clips/<uuid:clip_id>", clips.ClipDetail.as_view(), name="clip"),
    path("clips/<uuid:clip_id>/restore", clips.RestoreClip.as_view(), name="clip_restore"),
    path("clips/<uuid:clip_id>/alternatives", clips.Alternatives.as_view(), name="clip_alternatives"),
    path("chat/create-video", renders.CreateVideo.as_view(), name="create_video"),
    path(f"{CONVERSATION}/renders", renders.Renders.as_view(), name="renders"),
    path("renders/<uuid:render_id>", renders.RenderDetail.as_view(), name="render"),
    path("renders/<uuid:render_id>/cancel", renders.CancelRender.as_view(), name="render_cancel"),
    path("renders/<uuid:render_id>/retry", renders.RetryRender.as_view(), name="render_retry"),
    path("clips/<uuid:clip_id>/edges", edges.ClipEdges.as_view(), name="clip_edges"),
    # The script, what is said of it, and both as files.
    path(f"{CONVERSATION}/records", records.Records.as_view(), name="records"),
    path(f"{CONVERSATION}/records/order", records.RecordOrder.as_view(), name="record_order"),
    path("records/<uuid:record_id>", records.RecordDetail.as_view(), name="record"),
    path("records/<uuid:record_id>/restore", records.RestoreRecord.as_view(), name="record_restore"),
    path(
        "records/<uuid:conversation_id>/<int:index>/comments", comments.RecordComments.as_view(), name="record_comments"
    ),
    path("clips/<uuid:conversation_id>/<int:index>/comments", comments.ClipComments.as_view(), name="clip_comments"),
    path(f"{CONVERSATION}/comments", comments.ScriptComments.as_view(), name="script_comments"),
    path("script-comments/<uuid:comment_id>", comments.ScriptCommentDetail.as_view(), name="script_comment"),
    path("clips/<uuid:conversation_id>/<int:index>/regenerate", regenerate.RegenerateClip.as_view(), name="clip_again"),
    path(
        "records/<uuid:conversation_id>/<int:index>/regenerate",
        regenerate.RegenerateRecord.as_view(),
        name="record_again",
    ),
    path("script-feedback", feedback.ScriptFeedback.as_view(), name="script_feedback"),
    path("script-examples", feedback.ScriptExamples.as_view(), name="script_examples"),
    path("chat/export-script", exports.ExportScript.as_view(), name="export_script"),
    path(f"{CONVERSATION}/exports", exports.Exports.as_view(), name="exports"),
    # Films developed in conversation.
    *film_urls,
    # Who is told over HTTP.
    path("v1/webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    *(
        path(f"v1/webhooks/{event}", webhooks.Subscribe.as_view(event=event), name=f"webhook_{event}")
        for event in Webhook.Event.values
    ),
    path("v1/webhooks/<uuid:webhook_id>", webhooks.WebhookDetail.as_view(), name="webhook"),
    path("v1/webhooks/<uuid:webhook_id>/deliveries", webhooks.Deliveries.as_view(), name="webhook_deliveries"),
    path("v1/webhooks/deliveries/<uuid:delivery_id>/redeliver", webhooks.Redeliver.as_view(), name="webhook_redeliver"),
]
