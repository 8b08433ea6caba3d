"""Every websocket route of the studio."""

from __future__ import annotations

from channels.routing import URLRouter

from accounts.news_sockets import urlpatterns as news_sockets
from chat.sockets import urlpatterns as chat_sockets
from dubbing.sockets import urlpatterns as dubbing_sockets
from generation.sockets import urlpatterns as generation_sockets
from jobs.sockets import urlpatterns as jobs_sockets
from media_library.sockets import urlpatterns as library_sockets

websocket_urlpatterns: list[URLRouter] = [
    *news_sockets,
    *jobs_sockets,
    *library_sockets,
    *chat_sockets,
    *generation_sockets,
    *dubbing_sockets,
]
