"""Websocket routes of dubs."""

from __future__ import annotations

from django.urls import URLPattern, path

from dubbing.consumers import DubSocket

urlpatterns: list[URLPattern] = [path("ws/dubs/<uuid:dub_id>", DubSocket.as_asgi())]
