"""manage.py models: fetches, lists or checks the weights of the local engines."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ai.weights.fetch import fetch
from ai.weights.manifest import Model, damage, find, installed, models
from ai.weights.meter import Meter
from core.errors import DomainError


class Command(BaseCommand):
    help = "Fetches the weights of the local engines. Running it again costs nothing; what a broken run fetched is continued."
    requires_system_checks = []  # noqa: RUF012  the type is Django's

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help="only these models")
        parser.add_argument(
            "--list", action="store_true", help="say which models there are and which are on this machine"
        )
        parser.add_argument(
            "--check", action="store_true", help="read every file and compare its SHA-256; fetches nothing"
        )
        parser.add_argument("--repair", action="store_true", help="check like --check and fetch damaged models anew")

    def handle(self, *, names: list[str], list: bool, check: bool, repair: bool, **_: Any) -> None:  # noqa: A002  the option's name
        root = Path(settings.MODELS_ROOT)
        try:
            wanted = [find(name) for name in names] or [*models()]
            if list:
                self._list(wanted, root)
            elif check:
                self._check(wanted, root)
            else:
                fetch(wanted, root=root, meter=Meter(sys.stderr), repair=repair)
                self.stdout.write(f"{len(wanted)} of {len(wanted)} models are in {root}.")
        except DomainError as error:
            raise CommandError(error.message) from error

    def _list(self, wanted: list[Model], root: Path) -> None:
        for model in wanted:
            state = (
                "here" if installed(model, root) else f"missing, {model.source[0].download_size / 1e6:.0f} MB to fetch"
            )
            self.stdout.write(f"{model.name}: {model.purpose}. {model.license}. {state[0].upper()}{state[1:]}.")

    def _check(self, wanted: list[Model], root: Path) -> None:
        wrong = []
        for model in wanted:
            problem = damage(model, root)
            self.stdout.write(f"{model.name}: {problem or 'right.'}")
            wrong += [model.name] if problem else []
        if wrong:
            raise CommandError(f"Fetch what is missing or damaged with: manage.py models --repair {' '.join(wrong)}")
