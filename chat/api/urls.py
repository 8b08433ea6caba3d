"""JSON routes of conversations, scripts, films and webhooks. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.api import clips

CONVERSATION = "conversations/<uuid:conversation_id>"

app_name = "chat_api"
urlpatterns: list[URLPattern] = [
    # The cut.
    path(f"{CONVERSATION}/clips", clips.Clips.as_view(), name="clips"),
    path(f"{CONVERSATION}/clips/order", clips.ClipOrder.as_view(), name="clip_order"),
    path("clips/<uuid:clip_id>", clips.ClipDetail.as_view(), name="clip"),
    path("clips/<uuid:clip_id>/restore", clips.RestoreClip.as_view(), name="clip_restore"),
    path("clips/<uuid:clip_id>/alternatives", clips.Alternatives.as_view(), name="clip_alternatives"),
]
