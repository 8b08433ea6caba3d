"""Every websocket route of the studio."""

from __future__ import annotations

from channels.routing import URLRouter

from jobs.sockets import urlpatterns as jobs_sockets

websocket_urlpatterns: list[URLRouter] = [*jobs_sockets]
