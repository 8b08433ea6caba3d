"""Websocket routes of people."""

from __future__ import annotations

from django.urls import path

from accounts.consumers import News

urlpatterns = [path("ws/news", News.as_asgi())]
