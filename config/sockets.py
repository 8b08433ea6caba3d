"""Every websocket route of the studio."""

from __future__ import annotations

from channels.routing import URLRouter

from jobs.sockets import urlpatterns as jobs_sockets
from media_library.sockets import urlpatterns as library_sockets

websocket_urlpatterns: list[URLRouter] = [*jobs_sockets, *library_sockets]
