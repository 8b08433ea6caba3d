"""Websocket routes of conversations and films."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
