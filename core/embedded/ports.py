"""A port for each service: the one it had, else the preferred one, else the next free one. Remembered in the state directory."""

from __future__ import annotations

import socket
from pathlib import Path

from core.embedded.errors import EmbeddedError

TRIES = 200


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def remembered(folder: Path, name: str) -> int | None:
    file = folder / f"{name}.port"
    return int(file.read_text()) if file.exists() else None


def remember(folder: Path, name: str, port: int) -> None:
    fresh = folder / f".{name}.port.new"
    fresh.write_text(f"{port}\n")
    fresh.replace(folder / f"{name}.port")


def choose(folder: Path, name: str, preferred: int, *, host: str = "127.0.0.1") -> int:
    """Chooses and remembers. Somebody may still take the port before the service does: the caller then asks again."""
    before = remembered(folder, name)
    candidates = [before] if before else []
    candidates += range(preferred, min(preferred + TRIES, 65536))
    for port in candidates:
        if is_free(port, host):
            remember(folder, name, port)
            return port
    raise EmbeddedError(f"No free port for {name} between {preferred} and {preferred + TRIES}.")
