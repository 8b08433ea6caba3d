"""JSON routes of conversations, scripts, films and webhooks. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.api import attachments, chat, clips, conversations, messages, participants, projects

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
]
