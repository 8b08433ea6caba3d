"""Start-up checks of the library."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from ai import routing
from ai.wire import Wire
from media_library.models.search import DIMENSIONS


@register()
def check_vectors(**_: Any) -> list[CheckMessage]:
    """Search has room for vectors of one length. A model of another stops the start instead of every ingestion."""
    try:
        routes = routing.routes("embed")
    except ImproperlyConfigured:
        return []  # ai.E001 says so
    return [
        Error(
            f"AI_EMBED names {route.engine}, whose vectors have {length} dimensions; search holds {DIMENSIONS}.",
            hint="Choose local:e5-small, or a hosted model that gives as many dimensions as it is asked for.",
            id="media_library.E001",
        )
        for route in routes
        if (length := route.build(Wire()).dimensions) != DIMENSIONS
    ]
