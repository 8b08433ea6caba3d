"""HTTP and websockets of the studio, for any ASGI server."""

from __future__ import annotations

import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Loads the apps; the routes below import models.
django.setup(set_prefix=False)

from accounts.sockets import SignedInSocket  # noqa: E402  (after the apps are loaded)
from config.sockets import websocket_urlpatterns  # noqa: E402  (after the apps are loaded)
from core.rest.body import BodyLimit  # noqa: E402  (after the apps are loaded)
from core.rest.waiting import PatientHandler  # noqa: E402  (after the apps are loaded)

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(PatientHandler()),
        # Each consumer checks the Origin of a cookie-authenticated handshake itself, so that it can answer with its close code.
        "websocket": SignedInSocket(URLRouter(websocket_urlpatterns)),
    }
)
