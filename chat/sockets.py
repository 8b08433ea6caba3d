"""Websocket routes of conversations and films."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.consumers import ConversationSocket
from chat.film_consumers import FilmSocket

urlpatterns: list[URLPattern] = [
    path("ws/conversations/<uuid:conversation_id>", ConversationSocket.as_asgi()),
    path("api/v1/websocket", FilmSocket.as_asgi()),
]
