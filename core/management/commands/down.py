"""Stops the studio of this state directory."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core.embedded import studio
from core.embedded.places import Home


class Command(BaseCommand):
    help = "Stops the studio that runs on this state directory, and its Postgres and Valkey when nobody else uses them."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        for line in studio.stop(Home.at(settings.HOME)):
            self.stdout.write(line)
