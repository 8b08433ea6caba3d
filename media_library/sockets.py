"""Websocket routes of the library."""

from __future__ import annotations

from django.urls import path

from media_library.consumers import LibraryStatus

urlpatterns = [path("ws/library", LibraryStatus.as_asgi())]
