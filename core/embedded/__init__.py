"""Postgres and Valkey from packages when no URL is given, and the supervisor behind `manage.py up`.

Runs before settings exist, so nothing here knows Django. Who stops the services, and when: `services.py`.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path

from core.embedded.errors import EmbeddedError
from core.embedded.places import Home
from core.embedded.services import Services

__all__ = ["EmbeddedError", "ensure", "environment_without_embedded", "held", "name_services"]

VARIABLES = ("DATABASE_URL", "REDIS_URL")

_held: Services | None = None
_provided: set[str] = set()


def ensure(*, home: Path) -> None:
    """Sets DATABASE_URL and REDIS_URL where they are unset, with services that answer.

    They are started, or adopted when they already run on this state directory, and stay until this process and every other
    user of them has ended. With both set, nothing happens.
    """
    global _held  # noqa: PLW0603  (the services belong to the process, as its environment does)
    missing = _missing()
    if not missing:
        return
    services = Services(Home.at(home))
    services.open(*missing)
    atexit.register(services.close)
    _held = services
    _provide(services, missing)


def name_services(*, home: Path) -> None:
    """Sets the variables to where the services are or would be, and starts nothing: for commands that only load the settings."""
    missing = _missing()
    if missing:
        _provide(Services(Home.at(home)), missing)


def held() -> Services | None:
    """The services that `ensure` opened for this process; None when both come from outside."""
    return _held


def environment_without_embedded() -> dict[str, str]:
    """For a child that is to find its own services: our environment without what was set here."""
    return {name: value for name, value in os.environ.items() if name not in _provided}


def _missing() -> list[str]:
    # An empty value counts as unset, as it does in compose files.
    return [name for name in VARIABLES if not os.environ.get(name, "").strip()]


def _provide(services: Services, missing: list[str]) -> None:
    for service in services.all:
        if service.variable in missing:
            os.environ[service.variable] = service.url()
            _provided.add(service.variable)
