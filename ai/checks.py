"""Start-up checks: a route that names an unknown engine stops the start instead of the first job."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from ai import routing


@register()
def check_routes(**_: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for capability in routing.CAPABILITIES:
        try:
            routing.routes(capability)
        except ImproperlyConfigured as error:
            problems.append(Error(str(error), id="ai.E001"))
    return problems
