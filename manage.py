#!/usr/bin/env python
"""The studio's commands. Those that need them get Postgres and Valkey first (core.embedded), unless URLs say where they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# These load the settings and ask no service anything.
WITHOUT_SERVICES = {"help", "version", "check", "collectstatic", "diffsettings", "down", "models"}


def needs_services(arguments: list[str]) -> bool:
    asks_for_help = not arguments or arguments[0].startswith("-") or not {"-h", "--help"}.isdisjoint(arguments)
    # The detached supervisor finds its own services.
    detaches = arguments[:1] == ["up"] and "--detach" in arguments
    return not asks_for_help and not detaches and arguments[0] not in WITHOUT_SERVICES


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415  (may be missing: see below)

        from core import embedded  # noqa: PLC0415  (only where a command needs them)
    except ImportError as error:
        sys.exit(f"{error}. Run `make setup` and use .venv/bin/python.")

    home = Path(os.environ.get("REELWRIGHT_HOME", "").strip() or ROOT / "var")
    try:
        if needs_services(sys.argv[1:]):
            embedded.ensure(home=home)
        else:
            embedded.name_services(home=home)
    except embedded.EmbeddedError as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
