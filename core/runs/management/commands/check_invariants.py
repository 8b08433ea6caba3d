"""Looks whether everything that must always hold does. Exit code 1 and one line each for what does not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.runs import invariants


class Command(BaseCommand):
    help = "Checks runs, steps, leases, events and files for what must never be."

    def handle(self, *_args: Any, **_options: Any) -> None:
        found = invariants.violations(everything=True)
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise CommandError(f"{len(found)} {'thing is' if len(found) == 1 else 'things are'} not as they must be.")
        self.stdout.write("All is as it must be.")
