"""Websocket routes of conversations and films."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.consumers import ConversationSocket

urlpatterns: list[URLPattern] = [path("ws/conversations/<uuid:conversation_id>", ConversationSocket.as_asgi())]
