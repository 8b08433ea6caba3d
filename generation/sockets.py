"""Websocket routes of generation sessions."""

from __future__ import annotations

from django.urls import URLPattern, path

from generation.consumers import SessionSocket

urlpatterns: list[URLPattern] = [path("ws/<uuid:session_id>", SessionSocket.as_asgi())]
