"""Websocket routes of jobs."""

from __future__ import annotations

from django.urls import path

from jobs.consumers import JobStatus

urlpatterns = [path("api/v1/ws/status", JobStatus.as_asgi())]
