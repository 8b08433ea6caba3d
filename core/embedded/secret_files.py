"""Generated secrets, kept in the state directory and readable by their owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def stored_secret(path: Path) -> str:
    """Reads the secret in `path`, making it first if need be."""
    return made_once(path, lambda: secrets.token_urlsafe(48)).strip()


def made_once(path: Path, make: Callable[[], str]) -> str:
    """What is in the private file, which is made first if need be. Safe when two processes start at once: the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        write_private(fresh, make())
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """A file that was never readable by anybody else, not even for a moment. Replaces an older one."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
